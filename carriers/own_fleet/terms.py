"""The terms on which an account sells its vans: zones, cut-offs and prices, from the account's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carriers.base import Address, InvalidValue, RateCard, ServiceLevel

HORIZON_DAYS = 7
# Days between order and window; for standard at least so many.
LEAD_DAYS = {ServiceLevel.SAME_DAY: 0, ServiceLevel.NEXT_DAY: 1, ServiceLevel.STANDARD: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Where, until when and for how much. `prefixes` maps country and postcode prefix to a zone."""

    prefixes: Mapping[str, str]
    timezone: ZoneInfo
    cut_offs: Mapping[ServiceLevel, time]
    rate_card: RateCard
    horizon: timedelta

    @classmethod
    def read(cls, options: Mapping[str, object]) -> Self:
        """From an account's options. Raises InvalidValue naming the option."""
        days = options.get("horizon_days", HORIZON_DAYS)
        if not isinstance(days, int):
            raise InvalidValue(f"horizon_days: {days!r} is not a number of days")
        return cls(
            prefixes=_prefixes(_table(options, "zones")),
            timezone=_timezone(options.get("timezone")),
            cut_offs={_level(name): _time(at) for name, at in _table(options, "cut_offs").items()},
            rate_card=RateCard.load(str(options.get("rate_card", "")), "rate_card"),
            horizon=timedelta(days=days),
        )

    def zone(self, address: Address) -> str | None:
        """The zone of the longest prefix that fits; None outside all zones."""
        whole = _squeezed(f"{address.country}-{address.postal_code}")
        fitting = (whole[:length] for length in range(len(whole), 0, -1))
        return next((self.prefixes[prefix] for prefix in fitting if prefix in self.prefixes), None)

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


def _prefixes(zones: Mapping[str, object]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for zone, prefixes in zones.items():
        if not isinstance(prefixes, list | tuple):
            raise InvalidValue(f"zones.{zone}: is not a list of prefixes such as NO-01")
        for prefix in prefixes:
            if found.setdefault(_squeezed(str(prefix)), zone) != zone:
                raise InvalidValue(f"zones.{zone}: {prefix} belongs to zone {found[_squeezed(str(prefix))]}")
    return found


def _squeezed(prefix: str) -> str:
    return "".join(prefix.split()).upper()


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
