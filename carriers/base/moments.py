"""When something happened, where a carrier may tell the local time without its zone.

Such a time is kept as written, and how its zone was found is said: `carrier`, `location` or `assumed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from carriers.base.reading import Reading
from carriers.base.scalars import FIRST_YEAR, LAST_YEAR

DAY_CHARS = len("2025-01-02")  # a day alone is not a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment, the local time as written ("" where its offset stood with it), and how its zone was found."""

    at: datetime
    local: str = ""
    tz_source: str = "carrier"


def wall_clock(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show, as a moment in UTC: a time that they skip in spring is the moment they would
    have shown it, one that they repeat in autumn is the first.
    """
    return datetime.combine(day, clock.replace(tzinfo=None), zone).astimezone(UTC)


def maybe_moment(said: Reading, key: str, assumed: ZoneInfo) -> Moment | None:
    """A day with its time, in the assumed zone where it has none of its own; None for anything else."""
    found = said.maybe_time(key)
    if found is not None:
        return Moment(at=found)
    local = _local(said.maybe_text(key))
    if local is None or not FIRST_YEAR < local.year < LAST_YEAR:
        return None
    return Moment(at=wall_clock(local.date(), local.time(), assumed), local=said.maybe_text(key), tz_source="assumed")


def _local(written: str) -> datetime | None:
    """A day with its time and no zone."""
    try:
        local = datetime.fromisoformat(written) if len(written) > DAY_CHARS else None
    except ValueError:
        return None
    return local if local is not None and local.tzinfo is None else None


def moment(said: Reading, key: str, assumed: ZoneInfo) -> Moment:
    """As `maybe_moment`, but of any year, as `Reading.happened`. Raises BadCarrierResponse: there is none."""
    found = maybe_moment(said, key, assumed)
    if found is not None:
        return found
    written = said.maybe_text(key)
    local = _local(written)
    if local is not None:
        return Moment(at=local.replace(tzinfo=UTC), local=written, tz_source="assumed")
    return Moment(at=said.happened(key))
