"""Events that came too late to matter: shown, so that nobody wonders why they moved nothing."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.domain.fold import Course, in_order, parcels_of, step
from gateway.domain.tracking import TrackingEvent, statuses


def late(events: Iterable[TrackingEvent]) -> frozenset[str]:
    """Ids of the events that lie behind a final status of every parcel they are about, and moved none of them."""
    told = in_order(events)
    behind: set[str] = set()
    mattered: set[str] = set()
    for piece in parcels_of(told, (), 1):
        course = Course()
        for event in told:
            if event.piece not in ("", piece):
                continue
            before, course = course, step(course, event)
            ended = statuses()[before.status].terminal and course.event is not event
            (behind if ended else mattered).add(event.event_id)
    return frozenset(behind - mattered)
