"""Ports of what a merchant says about places, zones and facilities, and of what is known of places anyway."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from carriers.base import Calendar as WorkingDays
from gateway.domain.facilities import FacilityRecord
from gateway.domain.values import Address
from gateway.domain.zones import Polygon, ShapeIndex, ZoneSetRecord


class ZoneSets(Protocol):
    """Versions of merchants' zones."""

    def latest(self, merchant_id: str) -> ZoneSetRecord | None: ...
    def version(self, merchant_id: str, version: int) -> ZoneSetRecord | None: ...
    def text(self, merchant_id: str, version: int) -> str:
        """The areas of a version as GeoJSON."""

    def add(self, record: ZoneSetRecord, text: str) -> bool:
        """False when that version exists already (somebody else was first)."""


class Facilities(Protocol):
    """Merchants' places of origin."""

    def add(self, facility: FacilityRecord) -> bool:
        """False when the merchant has one of that code."""

    def get(self, merchant_id: str, facility_id: str) -> FacilityRecord | None: ...
    def list(self, merchant_id: str) -> Sequence[FacilityRecord]:
        """By code."""

    def replace(self, facility: FacilityRecord) -> None: ...
    def delete(self, merchant_id: str, facility_id: str) -> bool: ...


class Calendar(WorkingDays, Protocol):
    """Public holidays, and which days are worked where."""

    def holiday(self, place: Address, day: date) -> str | None:
        """The name of the holiday there; None on any other day."""


class Geometry(Protocol):
    """What needs a geometry library."""

    def index(self, polygons: Sequence[Polygon]) -> ShapeIndex: ...
    def fault(self, polygon: Polygon) -> str | None:
        """Why an outline with holes is no area: it crosses itself, a hole lies outside."""

    def overlaps(self, polygons: Sequence[Polygon]) -> Sequence[tuple[int, int]]:
        """Pairs of polygons that share more than an edge, by place in the list, the smaller one first."""


class Towns(Protocol):
    """Where countries' towns are, roughly."""

    def away_m(self, country: str, latitude: float, longitude: float) -> float | None:
        """How far the nearest one of a country is; None where none is known."""
