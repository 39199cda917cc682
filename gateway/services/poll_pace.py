"""When trackers are due again: after a poll, after a push, and after a carrier that was down comes back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base import CarrierError, Polling, RateLimited
from gateway.domain.poll_schedule import PollBounds, next_poll
from gateway.domain.records import TrackerRecord
from gateway.settings import Tracking as TrackingSettings

LIMITED_PAUSE = timedelta(seconds=5)
QUEUE = timedelta(seconds=1)
"""Within how long after a rest the trackers that waited are due, in the order in which they should have been asked."""


def bounds(polling: Polling | None, settings: TrackingSettings) -> PollBounds:
    """The bounds that a carrier's profile (None: it is not to be asked) and the settings set together."""
    return PollBounds(
        min_interval=timedelta(seconds=polling.min_interval_s if polling else 0),
        grace=timedelta(hours=settings.grace_h),
        window=timedelta(days=settings.expire_days),
    )


def after_poll(
    tracker: TrackerRecord, polling: Polling, settings: TrackingSettings, now: datetime, error: CarrierError | None
) -> datetime | None:
    """When to ask again; None when there is nothing left to learn. What failed is repeated sooner than planned."""
    if isinstance(error, RateLimited):
        return now + max(timedelta(seconds=error.retry_after_s or 0), LIMITED_PAUSE)
    limits = bounds(polling, settings)
    planned = next_poll(tracker, limits, now)
    if error is None:
        return planned
    again = now + max(timedelta(minutes=settings.retry_min), limits.min_interval)
    return again if planned is None else min(planned, again)


def after_push(tracker: TrackerRecord, limits: PollBounds, now: datetime) -> TrackerRecord:
    """A tracker whose carrier has just told by itself: the next poll is pushed out, never brought forward.

    One that was finished and is not any more is polled again. As planned goes what was never polled, for a push does
    not tell what was before it, and what was delivered, for its proof.
    """
    told = replace(tracker, pushed_at=now)
    as_planned = tracker.polled_at is None or tracker.status == "delivered"
    if (as_planned and tracker.due_at is not None) or tracker.finished:
        return told
    planned = next_poll(told, limits, now)
    return replace(told, due_at=planned and max(planned, tracker.due_at or planned))


def still_pushed(before: TrackerRecord, after: TrackerRecord) -> datetime | None:
    """`pushed_at` after a poll: none when the poll found what should have been pushed, for pushes get lost then."""
    lost = after.version > before.version and after.pushed_at == before.pushed_at
    return None if lost else after.pushed_at


def longest_waiting_first(trackers: Iterable[TrackerRecord]) -> Sequence[TrackerRecord]:
    """Those asked longest ago first; never asked counts from when they were followed."""
    return sorted(trackers, key=_asked_at)


def queued(trackers: Iterable[TrackerRecord], until: datetime) -> Sequence[TrackerRecord]:
    """Trackers that cannot be asked before then, due in the order in which they have waited.

    Each moment is computed from the tracker alone, so that the order holds among many claims and workers.
    """
    hour = timedelta(hours=1)
    return [replace(each, due_at=until + QUEUE / (1 + max(0.0, (until - _asked_at(each)) / hour))) for each in trackers]


def _asked_at(tracker: TrackerRecord) -> datetime:
    return tracker.polled_at or tracker.created_at
