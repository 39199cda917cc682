"""What happened, as backtests read it: shipments that a carrier took, with the offers of their quotes as they lie."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    def shipments(self, period: Period, after: tuple[datetime, str] | None = None) -> Iterator[PastShipment]:
        """In order of booking, then of ids, those behind `after`; a page at a time, so it may take its time."""

    def kept(self, period: Period) -> Mapping[tuple[str, str], Kept]:
        """By account id and service level, of the shipments that were delivered."""
