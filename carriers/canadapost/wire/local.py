"""Canada's clocks: Canada Post tells local times, with an abbreviation where there is a zone at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from carriers.base import Address, clock_at, table

END_OF_DAY = time(23, 59)
# Minutes from UTC of the abbreviations seen in events. An abbreviation is believed as it stands: it names an offset.
# Source: National Research Council Canada, time zones and daylight saving time.
OFFSETS_MIN = {
    **{"NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300},
    **{"MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "UTC": 0, "GMT": 0},
}
# No parcel is older or later; an empty date is written as year 1 or 9999 in many systems.
_DAY = re.compile(r"(?:19[7-9]|20\d|21\d)\d-?\d\d-?\d\d", re.ASCII)
_ANY_DAY = re.compile(r"\d{4}-?\d\d-?\d\d", re.ASCII)


@cache
def _provinces() -> Mapping[str, str]:
    """Provinces by the first letter of postal codes. Source: Canada Post addressing guidelines."""
    rows = table("carriers.canadapost", "postal_letters.csv")
    return {letter: row["subdivision"] for row in rows for letter in row["postal_letters"].split()}


def zone_of(address: Address, otherwise: ZoneInfo) -> ZoneInfo:
    """The clock of an address: its province's, else that of its postal code."""
    province = _provinces().get(address.postal_code.strip()[:1].upper(), "")
    return clock_in(address.subdivision, clock_in(province, otherwise)[0])[0]


def clock_in(province: str, otherwise: ZoneInfo) -> tuple[ZoneInfo, str]:
    """The clock of most people of a province; another one, assumed, where there is no such province."""
    clock, sure = clock_at("CA", province, otherwise)
    return (clock, sure) if sure == "location" else (otherwise, "assumed")


def written_day(text: str) -> date | None:
    """A day: plain, or with midnight UTC behind it, which says nothing about the zone. None for anything else.

    Source: official example of Tracking 2.0.0 (`2023-12-11T00:00:00.000Z`); recorded answers (`2026-09-24`);
    `eventDateTime` of summaries (`20260924:101500`).
    """
    found = _DAY.match(text)
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def happened_on(text: str) -> date | None:
    """The day of a scan: as `written_day`, but of any year that there is, since a scan of an impossible time is one."""
    found = _ANY_DAY.match(text)
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def moment(day: date, clock: str, zone: str, province: str, otherwise: ZoneInfo) -> tuple[datetime, str]:
    """A local day and time with its offset, and how that was found: told by the carrier, by the place, or assumed.

    A time that cannot be read is midnight: the day is all that is known.
    """
    if not MINYEAR < day.year < MAXYEAR:  # no zone can be told of it
        return datetime.combine(day, time(), UTC), "assumed"
    try:
        at = datetime.combine(day, time.fromisoformat(clock).replace(tzinfo=None))
    except ValueError:
        at = datetime.combine(day, time())
    known: tzinfo
    known, source = clock_in(province, otherwise)
    if zone.upper() in OFFSETS_MIN:
        known, source = timezone(timedelta(minutes=OFFSETS_MIN[zone.upper()])), "carrier"
    # Through UTC, so that an hour that the clocks skip becomes one that exists.
    return at.replace(tzinfo=known).astimezone(UTC).astimezone(known), source
