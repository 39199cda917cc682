"""What a history would have cost in polls: by the schedule, and at a fixed interval that finds out as fast.

Every parcel is asked alone, as most carriers want it (a batch is one number there), and nothing is pushed. The first
poll is at booking, both ways. A fixed interval stops when it has seen the parcel's end; what the schedule asks in the
grace after it is counted against the schedule all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median, quantiles

from carriers.base import Polling
from gateway.domain.fold import current_status
from gateway.domain.poll_schedule import next_poll
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import Source, TrackingEvent, statuses
from gateway.services.poll_pace import bounds
from gateway.services.ports import Store
from gateway.settings import Tracking as TrackingSettings

HALVINGS = 14
LONGEST_INTERVAL = timedelta(hours=24)
Next = Callable[[TrackerRecord, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Followed:
    """A delivered parcel: its tracker on the day it was booked, and the carrier's scans by time."""

    tracker: TrackerRecord
    scans: tuple[TrackingEvent, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """What following parcels came to: calls, and how late each scan was seen."""

    parcels: int
    calls: int
    delays: tuple[timedelta, ...]

    @property
    def calls_each(self) -> float:
        """Calls per delivered parcel."""
        return self.calls / self.parcels

    @property
    def median(self) -> timedelta:
        """Half of the scans are seen within this."""
        return timedelta(seconds=median(each.total_seconds() for each in self.delays))

    @property
    def p90(self) -> timedelta:
        """Nine of ten scans are seen within this."""
        return timedelta(seconds=quantiles((each.total_seconds() for each in self.delays), n=10)[-1])


@dataclass(frozen=True, slots=True)
class Comparison:
    """The schedule beside two fixed intervals: one as fast at the median, one as fast for nine scans of ten."""

    adaptive: Effort
    fixed: Effort
    interval: timedelta
    fixed_at_p90: Effort

    @property
    def ratio(self) -> float:
        """The schedule's calls ÷ those of the fixed interval with the same median delay."""
        return self.adaptive.calls / self.fixed.calls

    @property
    def ratio_at_p90(self) -> float:
        """The schedule's calls ÷ those of the fixed interval with the same p90 of the delay."""
        return self.adaptive.calls / self.fixed_at_p90.calls


def delivered(store: Store, polled: Mapping[str, Polling]) -> Iterator[Followed]:
    """Every delivered parcel of all merchants whose carrier is polled (code: facts), newest first."""
    with store.look() as uow:
        for merchant_id, _ in uow.keys.merchants():
            for mode in ("live", "test"):
                cursor: str | None = None
                while True:
                    page = uow.trackers.list(merchant_id, mode, 200, cursor)
                    for tracker in page.items:
                        if tracker.status == "delivered" and tracker.carrier in polled:
                            events = uow.trackers.events(merchant_id, tracker.id)
                            yield _followed(tracker, events)
                    cursor = page.next_cursor
                    if cursor is None:
                        break


def compare(parcels: Sequence[Followed], polled: Mapping[str, Polling], settings: TrackingSettings) -> Comparison:
    """Follow these parcels by the schedule, then at the longest fixed intervals that are as fast."""
    adaptive = _follow(parcels, _by_schedule(polled, settings))
    at_median = _longest(parcels, lambda effort: effort.median <= adaptive.median)
    at_p90 = _longest(parcels, lambda effort: effort.p90 <= adaptive.p90)
    return Comparison(adaptive, _follow(parcels, _every(at_median)), at_median, _follow(parcels, _every(at_p90)))


def _longest(parcels: Sequence[Followed], fast_enough: Callable[[Effort], bool]) -> timedelta:
    """The longest fixed interval that is fast enough, by halving."""
    shortest, longest = timedelta(minutes=1), LONGEST_INTERVAL
    for _ in range(HALVINGS):
        middle = (shortest + longest) / 2
        if fast_enough(_follow(parcels, _every(middle))):
            shortest = middle
        else:
            longest = middle
    return shortest


def _followed(tracker: TrackerRecord, events: Sequence[TrackingEvent]) -> Followed:
    scans = sorted((each for each in events if each.source is not Source.GATEWAY), key=lambda each: each.occurred_at)
    begun = replace(tracker, status="booked", status_at=tracker.created_at, pushed_at=None, estimated_delivery_at=None)
    return Followed(begun, tuple(scans))


def _by_schedule(polled: Mapping[str, Polling], settings: TrackingSettings) -> Next:
    limits = {code: bounds(polling, settings) for code, polling in polled.items()}
    return lambda tracker, now: next_poll(tracker, limits[tracker.carrier], now)


def _every(interval: timedelta) -> Next:
    return lambda tracker, now: None if statuses()[tracker.status].terminal else now + interval


def _follow(parcels: Sequence[Followed], following: Next) -> Effort:
    calls = 0
    delays: list[timedelta] = []
    for parcel in parcels:
        tracker, seen = parcel.tracker, 0
        due: datetime | None = tracker.created_at
        while due is not None:
            calls += 1
            before = seen
            while seen < len(parcel.scans) and parcel.scans[seen].occurred_at <= due:
                delays.append(due - parcel.scans[seen].occurred_at)
                seen += 1
            if seen > before:
                current = current_status(parcel.scans[:seen])
                tracker = replace(tracker, status=current.status, status_at=current.occurred_at)
            due = following(tracker, due)
    return Effort(len(parcels), calls, tuple(delays))
