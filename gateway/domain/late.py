"""Events that came too late to matter: shown, so that nobody wonders why they moved nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.domain.fold import Course, in_order, is_about, parcels_of, step
from gateway.domain.tracking import TrackingEvent, statuses


def late(events: Iterable[TrackingEvent], pieces: Sequence[str] = (), parcels: int = 1) -> frozenset[str]:
    """Ids of the events that lie behind a final status of every parcel they are about, and moved none of them.

    `pieces` and `parcels` as for `current_status`.
    """
    told = in_order(events)
    behind: set[str] = set()
    mattered: set[str] = set()
    told_apart = parcels_of(told, pieces, parcels)
    for piece in told_apart:
        course = Course()
        for event in told:
            if not is_about(event, piece, told_apart):
                continue
            before, course = course, step(course, event)
            ended = statuses()[before.status].terminal and course.event is not event
            (behind if ended else mattered).add(event.event_id)
    return frozenset(behind - mattered)
