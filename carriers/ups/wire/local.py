"""UPS's times: days and clock times apart, local without a zone, sometimes with their GMT twins."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from carriers.base import BadCarrierResponse, Moment, Place, Reading, clock_at, clocks_of, wall_clock

END_OF_DAY = time(23, 59)
# No wall clock is further from GMT. Source: IANA time zone database (Baker Island, Line Islands).
WESTMOST, EASTMOST = timedelta(hours=-12), timedelta(hours=14)
QUARTER = timedelta(minutes=15)


def day(text: str) -> date | None:
    """A day as UPS writes it, YYYYMMDD."""
    if not re.fullmatch("(19[7-9]|20|21)[0-9]{5,6}", text) or len(text) != len("YYYYMMDD"):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def clock(text: str) -> time | None:
    """A time of day as UPS writes it, HHMMSS or HHMM."""
    if not re.fullmatch("[0-9]{4}([0-9]{2})?", text):
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def moment(
    said: Reading, local: tuple[str, str], gmt: tuple[str, str], place: Place, state: str, assumed: ZoneInfo
) -> Moment:
    """When something happened. `local` and `gmt` name the members for day and time.

    GMT counts where it can be true of that place, then the offset where that can; the official example of a manifest
    message has the sign of its offset wrong. At last the place's own clock counts. Without a clock time it is midnight.

    Raises:
        BadCarrierResponse: no day can be read.
    """
    local_day, local_time = day(said.maybe_text(local[0])), clock(said.maybe_text(local[1])) or time()
    gmt_day, gmt_time = day(said.maybe_text(gmt[0])), clock(said.maybe_text(gmt[1]))
    written = f"{said.maybe_text(local[0])} {said.maybe_text(local[1])}".strip() if local_day else ""
    in_gmt = datetime.combine(gmt_day, gmt_time, UTC) if gmt_day and gmt_time else None
    if local_day is None:
        return Moment(at=in_gmt) if in_gmt else _of_any_year(said, local[0], gmt[0])
    shown, offset = datetime.combine(local_day, local_time, UTC), _offset(said.maybe_text("gmtOffset"))
    for told in (in_gmt, None if offset is None else shown - offset):
        if told and _credible(shown, told, place.country):
            return Moment(at=told, local=written)
    where, tz_source = clock_at(place.country, state, assumed)
    return Moment(at=wall_clock(local_day, local_time, where), local=written, tz_source=tz_source)


def _of_any_year(said: Reading, *names: str) -> Moment:
    """A day that cannot be is a day all the same, as of `Reading.happened`. Raises BadCarrierResponse."""
    for written in map(said.maybe_text, names):
        try:
            told = date.fromisoformat(written) if len(written) == len("YYYYMMDD") else None
        except ValueError:
            continue
        if told is not None:
            return Moment(at=datetime.combine(told, time(), UTC), local=written, tz_source="assumed")
    raise BadCarrierResponse(f"{said.path} has no day that can be read")


def _credible(local: datetime, in_gmt: datetime, country: str) -> bool:
    """Whether a place can be that far from GMT; an hour's leeway for summer time that was got wrong."""
    ahead = local - in_gmt
    if not WESTMOST <= ahead <= EASTMOST or ahead % QUARTER:
        return False
    offsets = [offset for each in clocks_of(country) if (offset := in_gmt.astimezone(each).utcoffset()) is not None]
    hour = timedelta(hours=1)
    return not offsets or min(offsets) - hour <= ahead <= max(offsets) + hour


def _offset(text: str) -> timedelta | None:
    """How far ahead of GMT: "-05:00" in Track API, "-04.00" in Track Alert."""
    if not re.fullmatch("[+-][0-9]{2}[:.][0-9]{2}", text):
        return None
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[4:]))
    return -ahead if text[0] == "-" else ahead
