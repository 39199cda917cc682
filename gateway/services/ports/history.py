"""What happened, as backtests read it: shipments that a carrier took, with the offers of their quotes as they lie."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from gateway.services.ports.answers import Mode


class PastShipment(NamedTuple):
    """A booked shipment and its quote. Texts are JSON in the form of `gateway.domain.codec`, not read yet."""

    shipment_id: str
    booked_at: datetime
    quote_id: str
    offer_id: str
    paid_minor: int | None
    paid_currency: str | None
    shipment: str
    quoted_at: datetime
    ready_at: datetime | None
    window: str | None
    services: str
    zone: str | None
    offers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whose shipments, of what mode, booked from `since` on and before `until`."""

    merchant_id: str
    mode: Mode
    since: datetime
    until: datetime


Mark = tuple[datetime, str]
"""A place in the past: when a shipment was booked, and its id."""


class Extent(NamedTuple):
    """How many shipments there are, and when one of them was changed last: what was read of them holds until then."""

    shipments: int
    changed_at: datetime | None


class Kept(NamedTuple):
    """How promises were kept: deliveries whose promise is known, and how many of them were late."""

    deliveries: int
    late: int


class History(Protocol):
    """Reads the past without making nouns of it."""

    def extent(self, period: Period) -> Extent: ...
    def marks(self, period: Period, every: int) -> Sequence[Mark]:
        """Of every so many booked shipments, in order of booking, then of ids, the last one."""

    def shipments(self, period: Period, after: Mark | None, until: Mark | None) -> Iterator[PastShipment]:
        """In that order, those behind `after` up to `until`, whose quotes are not forgotten; a page at a time."""

    def kept(self, period: Period) -> Mapping[tuple[str, str], Kept]:
        """By account id and service level, of the shipments that were delivered."""
