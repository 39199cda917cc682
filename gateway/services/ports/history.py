"""What happened, as backtests read it: shipments that a carrier took, with the offers of their quotes as they lie."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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


class DayColumns(NamedTuple):
    """A day in columns, as the engine that reads them writes them; and the first and the last moment of its quotes."""

    asked: bytes
    offers: bytes
    lanes: bytes
    quoted_from: datetime
    quoted_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDay:
    """A day of booking, in UTC, and what is written of it in columns: when, `made_of` what besides shipments (see
    `DayWriter`), and what there was then; `written` is None where nothing is. `version` rises with every change.
    """

    day: date
    extent: Extent
    version: int = 0
    written_at: datetime | None = None
    made_of: str = ""
    written: Extent | None = None

    def holds(self, made_of: str) -> bool:
        """Whether the columns tell what rows would."""
        return self.written == self.extent and self.made_of == made_of


def day_of(merchant_id: str, mode: Mode, day: date) -> Period:
    """A day of booking as a period."""
    since = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Period(merchant_id=merchant_id, mode=mode, since=since, until=since + timedelta(days=1))


def whole(days: Iterable[PastDay]) -> Extent:
    """Of several days together."""
    extents = [each.extent for each in days]
    changed = [each.changed_at for each in extents if each.changed_at is not None]
    return Extent(sum(each.shipments for each in extents), max(changed, default=None))


class DayWriter(Protocol):
    """Makes columns of days. `installed`: whether the libraries that it needs are."""

    @property
    def installed(self) -> bool: ...
    def made_of(self, merchant_id: str) -> str:
        """Tells what else columns depend on: other abilities of carriers or facilities make another one."""

    def write(self, merchant_id: str, mode: Mode, days: Sequence[PastDay]) -> Iterator[tuple[date, DayColumns | str]]:
        """The columns of each, or why it has none."""


class PastDays(Protocol):
    """Days in columns, as they are written. Who forgets somebody empties them."""

    def begin(self, merchant_id: str, mode: Mode, day: date, now: datetime) -> int:
        """Empty it, for it is read; a number that tells whether somebody was forgotten meanwhile."""

    def finish(self, period: Period, begun: int, told: PastDay, columns: DayColumns) -> bool:
        """Keep the columns; False where another has begun, or somebody was forgotten."""

    def prune(self, merchant_id: str, before: datetime) -> int:
        """Forget those with quotes of before; how many."""


class History(Protocol):
    """Reads the past without making nouns of it."""

    def days(self, period: Period) -> Sequence[PastDay]:
        """Those with booked shipments, in their order; the first and the last as far as they are in the period."""

    def columns(self, period: Period, days: Sequence[PastDay]) -> Sequence[DayColumns]:
        """Those of days as they were told of: what was written or emptied since is left out."""

    def marks(self, period: Period, every: int) -> Sequence[Mark]:
        """Of every so many booked shipments, in order of booking, then of ids, the last one."""

    def shipments(self, period: Period, after: Mark | None, until: Mark | None) -> Iterator[PastShipment]:
        """In that order, those behind `after` up to `until`, whose quotes are not forgotten; a page at a time."""

    def kept(self, period: Period) -> Mapping[tuple[str, str], Kept]:
        """By account id and service level, of the shipments that were delivered."""
