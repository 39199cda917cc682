"""Working days, and what a promise of so many of them is on a calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Protocol

from gateway.domain.values import Address

END_OF_DAY = time(23, 59)
"""Until when a working day's delivery is promised: a card names a day, home deliveries run into the evening."""

SATURDAY = 5
LONGEST_REST_DAYS = 100
"""No country rests longer; a calendar without working days is no calendar."""


class Calendar(Protocol):
    """Which days are worked where."""

    def works(self, place: Address, day: date) -> bool:
        """Whether couriers collect and deliver there on that day."""


class MondayToFriday:
    """The calendar where nobody gives a better one."""

    def works(self, place: Address, day: date) -> bool:
        """Monday to Friday, wherever."""
        return day.weekday() < SATURDAY


def promise(
    ready_at: datetime,
    transit_days: int | None,
    cut_off: time | None,
    origin: Address,
    destination: Address,
    calendar: Calendar,
) -> datetime | None:
    """The end of the day by which it is delivered, by the clock of `ready_at`; None without a number of days.

    What is ready after the cut-off, or on no working day of the origin, is handed over on the next one. Then a day
    counts when it is worked at both ends, as couriers count them.

    Source: UPS, Time in Transit: business days exclude weekends and holidays of origin and destination.
    """
    if transit_days is None:
        return None

    def at_both(day: date) -> bool:
        return calendar.works(origin, day) and calendar.works(destination, day)

    day = ready_at.date()
    if not calendar.works(origin, day) or (cut_off is not None and ready_at.time() > cut_off):
        day = _next(day, lambda each: calendar.works(origin, each))
    for _ in range(transit_days):
        day = _next(day, at_both)
    if not transit_days and not calendar.works(destination, day):
        day = _next(day, at_both)
    return datetime.combine(day, END_OF_DAY, ready_at.tzinfo)


def _next(day: date, works: Callable[[date], bool]) -> date:
    for ahead in range(1, LONGEST_REST_DAYS):
        if works(day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    return day + timedelta(days=1)
