"""Handing parcels over: pickups at the merchant, service points for the recipient, manifests at day's end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from gateway.domain.values import Address

DAY_MIN = 24 * 60
WEEK_DAYS = 7


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
class CollectionPoint:
    """A service point and whose it is: ids are each carrier's own."""

    carrier: str
    point: ServicePoint

    @property
    def id(self) -> str:
        """What `service_point` of a quote or booking takes."""
        return f"{self.carrier}:{self.point.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was handed over on one day."""

    carrier_reference: str
    day: date
    tracking_numbers: tuple[str, ...]
    document: bytes = field(default=b"", repr=False)
    carrier_data: Mapping[str, str] = field(default_factory=dict)


def normal_hours(hours: Iterable[OpeningHours]) -> tuple[OpeningHours, ...]:
    """Opening hours in one form: by weekday and time, touching spans as one, none beyond midnight.

    A span that closes after midnight (1500 min, or before it opens) is cut into today's and tomorrow's. One that means
    nothing (a weekday that is none, a moment beyond two days) is left out: wrong hours send people to a closed door.
    """
    spans = sorted(part for span in hours for part in _days(span))
    return tuple(
        OpeningHours(weekday=weekday, opens_min=opens, closes_min=closes)
        for weekday, of_day in groupby(spans, key=lambda span: span[0])
        for opens, closes in _joined((opens, closes) for _, opens, closes in of_day)
    )


def _days(span: OpeningHours) -> Iterator[tuple[int, int, int]]:
    opens, closes = span.opens_min, span.closes_min
    if not (0 <= span.weekday < WEEK_DAYS and 0 <= opens < DAY_MIN and 0 <= closes <= 2 * DAY_MIN) or opens == closes:
        return
    closes += DAY_MIN if closes < opens else 0
    yield span.weekday, opens, min(closes, DAY_MIN)
    if closes > DAY_MIN:
        yield (span.weekday + 1) % WEEK_DAYS, 0, closes - DAY_MIN


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans of one day, sorted: those that touch or overlap as one."""
    last: tuple[int, int] | None = None
    for opens, closes in spans:
        if last is not None and opens <= last[1]:
            last = (last[0], max(last[1], closes))
            continue
        if last is not None:
            yield last
        last = (opens, closes)
    if last is not None:
        yield last
