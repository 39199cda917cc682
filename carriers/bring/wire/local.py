"""Local times of the countries Bring serves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from carriers.base import Reading, clock_at

OSLO = ZoneInfo("Europe/Oslo")
END_OF_DAY = time(23, 59)


def zone(country: str) -> ZoneInfo:
    """The wall clock of a country; Norway's, where Bring sits, for one that is not known."""
    return clock_at(country, "", OSLO)[0]


def at(day: date, clock_time: time, country: str) -> datetime:
    """A local day and time of a country, aware."""
    return datetime.combine(day, clock_time, zone(country))


def written_day(text: str) -> date | None:
    """A day as Bring writes it for people, "14.01.2021"; None for anything else."""
    day, _, rest = text.partition(".")
    month, _, year = rest.partition(".")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def moment(body: Reading, key: str) -> datetime | None:
    """An optional moment: epoch milliseconds in JSON, ISO 8601 with offset in the XML twin; None for anything
    else.

    Source: Bring Booking API, `dateAndTimes.expectedDelivery` of the JSON and of the XML example response.
    """
    value = body.maybe(key)
    if value is None:
        return None
    if isinstance(value.raw, int | Decimal) and not isinstance(value.raw, bool):
        try:
            return datetime.fromtimestamp(int(value.raw) / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    return body.maybe_time(key)
