"""Carriers give a number again once its parcel is long gone: what was told of that one says nothing of this one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from gateway.domain.tracking import TrackingEvent

BOOKED = "booked:"
"""How the event begins that says that a number is a booking's of ours."""
LONG_BEFORE = timedelta(days=30)
"""No clock is wrong by so much, and no carrier gives a number again sooner. Our own decision, no carrier states any."""


def of_this_parcel(events: Iterable[TrackingEvent]) -> Sequence[TrackingEvent]:
    """Events without those of long before the booking. Of a number that was not booked here all are of one parcel."""
    told = tuple(events)
    booked = min((each.occurred_at for each in told if each.event_id.startswith(BOOKED)), default=None)
    return told if booked is None else [each for each in told if each.occurred_at >= booked - LONG_BEFORE]
