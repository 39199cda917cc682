"""The terms on which an account sells its vans: time zone, cut-offs and horizon, from the account's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carriers.base import InvalidValue, ServiceLevel

HORIZON_DAYS = 7
# Days between order and window; for standard at least so many.
LEAD_DAYS = {ServiceLevel.SAME_DAY: 0, ServiceLevel.NEXT_DAY: 1, ServiceLevel.STANDARD: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Until when what is sold; where and for how much is in the rate card."""

    timezone: ZoneInfo
    cut_offs: Mapping[ServiceLevel, time]
    horizon: timedelta

    @classmethod
    def read(cls, options: Mapping[str, object]) -> Self:
        """From an account's options. Raises InvalidValue naming the option."""
        days = options.get("horizon_days", HORIZON_DAYS)
        if not isinstance(days, int):
            raise InvalidValue(f"horizon_days: {days!r} is not a number of days")
        return cls(
            timezone=_timezone(options.get("timezone")),
            cut_offs={_level(name): _time(at) for name, at in _table(options, "cut_offs").items()},
            horizon=timedelta(days=days),
        )

    def service(self, ordered_at: datetime, starts_at: datetime) -> tuple[ServiceLevel, datetime] | None:
        """As which service a window is sold and until when; None where it is not, or is no longer.

        Days are those of the depot's calendar.
        """
        day = self._day(starts_at)
        days = (day - self._day(ordered_at)).days
        level = next((level for level, lead in LEAD_DAYS.items() if lead == days), ServiceLevel.STANDARD)
        at = self.cut_offs.get(level)
        if at is None:
            return None
        cut_off = datetime.combine(day - timedelta(days=LEAD_DAYS[level]), at, self.timezone)
        return (level, cut_off) if ordered_at <= cut_off else None

    def _day(self, moment: datetime) -> datetime:
        """Midnight of its day, without zone: for counting days and naming times of day."""
        return moment.astimezone(self.timezone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _table(options: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = options.get(name)
    if not isinstance(table, Mapping):
        raise InvalidValue(f"{name}: is not a table")
    return table


def _timezone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidValue(f"timezone: {name!r} is not an IANA time zone") from None


def _level(name: str) -> ServiceLevel:
    if name not in tuple(LEAD_DAYS):
        raise InvalidValue(f"cut_offs: {name!r} is not one of {', '.join(LEAD_DAYS)}")
    return ServiceLevel(name)


def _time(text: object) -> time:
    try:
        at = time.fromisoformat(str(text))
    except ValueError:
        raise InvalidValue(f"cut_offs: {text!r} is not a time of day such as 13:00") from None
    if at.tzinfo is not None:
        raise InvalidValue(f"cut_offs: {text!r} is meant in the option timezone, without an offset of its own")
    return at
