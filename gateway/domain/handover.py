"""Handing parcels over: pickups at the merchant, service points for the recipient, manifests at day's end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.domain.values import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """A carrier's promise to collect from the merchant between two moments."""

    carrier_reference: str
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """One weekday's opening, 0 = Monday, local wall-clock minutes after midnight."""

    weekday: int
    opens_min: int
    closes_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePoint:
    """A shop or locker where a recipient collects. `address` is where people walk to, not the label's."""

    id: str
    name: str
    address: Address
    kind: str = "shop"
    distance_m: int | None = None
    opening_hours: tuple[OpeningHours, ...] = ()
    label_address: str = ""
    limits_mm: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was handed over on one day."""

    carrier_reference: str
    day: date
    tracking_numbers: tuple[str, ...]
    document: bytes = field(default=b"", repr=False)
    carrier_data: Mapping[str, str] = field(default_factory=dict)
