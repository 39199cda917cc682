"""Local times without a zone: what the clocks of the place showed, also in the nights in which they change."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from carriers.base.errors import BadCarrierResponse
from carriers.base.moments import maybe_moment, moment, wall_clock
from carriers.base.reading import Reading
from gateway.domain.honest_time import FUTURE_TOLERANCE, clamp

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(written: object) -> Reading:
    return Reading({"at": written}, "$")


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00"),  # the gap: as if the clocks had not been put forward yet
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00"),  # twice that night: the first of them
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00"),
        ("2026-07-01T12:00:00", "2026-07-01T10:00:00"),
    ],
)
def test_a_time_without_a_zone_is_what_the_clocks_there_showed_and_says_so(written: str, at: str) -> None:
    found = moment(read(written), "at", OSLO)
    assert found.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert (found.local, found.tz_source) == (written, "assumed")


def test_a_time_with_an_offset_is_the_carriers_own() -> None:
    found = moment(read("2026-03-29T02:30:00+01:00"), "at", OSLO)
    assert (found.at.astimezone(UTC).hour, found.local, found.tz_source) == (1, "", "carrier")


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59"),
        ("9999-12-31T23:59:59", "9999-12-31T23:59:59"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00"),
        ("2200-06-01T00:00:00+02:00", "2200-05-31T22:00:00"),
        ("1969-12-31T23:00:00Z", "1969-12-31T23:00:00"),
    ],
)
def test_an_impossible_time_is_that_of_a_scan_all_the_same(written: str, at: str) -> None:
    found = moment(read(written), "at", OSLO).at
    assert found.astimezone(UTC) == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert clamp(found, NOW) in (NOW, NOW + FUTURE_TOLERANCE)
    assert maybe_moment(read(written), "at", OSLO) is None, "no estimate is made of it"
    assert read(written).maybe_time("at") is None


@pytest.mark.parametrize("written", ["2026-03-29", "26-03-29T10:00:00", "yesterday", "10000-01-01T00:00:00", 5, None])
def test_what_is_no_moment_is_none(written: object) -> None:
    assert maybe_moment(read(written), "at", OSLO) is None
    with pytest.raises(BadCarrierResponse, match="is not a"):
        moment(read(written), "at", OSLO)


def test_a_leap_day_and_the_last_minute_of_a_year_are_days_like_others() -> None:
    assert wall_clock(date(2028, 2, 29), time(12), OSLO) == datetime(2028, 2, 29, 11, tzinfo=UTC)
    assert wall_clock(date(2026, 12, 31), time(23, 59), OSLO) == datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
