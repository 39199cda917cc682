"""What is made of times that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

FUTURE_TOLERANCE = timedelta(minutes=10)
EARLIEST_PLAUSIBLE = datetime(2000, 1, 1, tzinfo=UTC)


def clamp(occurred_at: datetime, received_at: datetime) -> datetime:
    """The time an event is stored and sorted with, decided once, when it is ingested.

    A clock may run ahead by ten minutes; what claims to be later is taken as of then, or one wrong year would
    hold the shipment for ever. What claims to be older than any parcel we follow (epoch 0, year 1, a
    spreadsheet's zero) is a missing time in disguise and is taken as of its receipt.
    Source: the tolerance and the limits are this project's own decision; no carrier states any.
    """
    if occurred_at < EARLIEST_PLAUSIBLE:
        return received_at
    return min(occurred_at, received_at + FUTURE_TOLERANCE)


def possible(moment: datetime | None, now: datetime) -> datetime | None:
    """A moment that is told beside an event, such as that of a proof; None where `clamp` would not believe it."""
    return moment if moment is not None and clamp(moment, now) == moment else None
