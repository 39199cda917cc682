"""Holidays and towns of places, against what is known of them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from carriers.base import MondayToFriday, promise
from gateway.domain.values import Address
from gateway.engines.holidays import PublicHolidays
from gateway.engines.towns import TimezoneTowns

OSLO = ZoneInfo("Europe/Oslo")
CALENDAR = PublicHolidays()


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "name", "works"),
    [
        ("NO", "", date(2026, 4, 2), "Maundy Thursday", False),
        ("NO", "", date(2026, 4, 7), None, True),
        ("NO", "03", date(2026, 5, 17), "Constitution Day", False),
        ("DE", "BY", date(2026, 1, 6), "Epiphany", False),
        ("DE", "BE", date(2026, 1, 6), None, True),
        ("DE", "XX", date(2026, 1, 6), None, True),  # a subdivision nobody knows: the country's days
        ("GB", "SCT", date(2026, 11, 30), "Saint Andrew's Day", False),
        ("US", "NY", date(2026, 11, 26), "Thanksgiving Day", False),
        ("SA", "", date(2026, 3, 6), None, False),  # the weekend is Friday and Saturday
        ("SA", "", date(2026, 3, 8), None, True),
        ("ZZ", "", date(2026, 1, 1), None, True),
        ("ZZ", "", date(2026, 1, 3), None, False),
        ("", "", date(2026, 1, 3), None, False),
    ],
)
def test_holidays_and_weekends(country: str, subdivision: str, day: date, name: str | None, works: bool) -> None:
    place = Address(country=country, subdivision=subdivision)
    assert CALENDAR.holiday(place, day) == name
    assert CALENDAR.works(place, day) is works


def test_a_promise_counts_days_that_are_worked_at_both_ends() -> None:
    norway, sweden = Address(country="NO"), Address(country="SE")
    wednesday = datetime(2026, 4, 1, 9, tzinfo=OSLO)
    by = {
        "norway": promise(wednesday, 2, None, norway, norway, CALENDAR),
        "sweden": promise(wednesday, 2, None, sweden, sweden, CALENDAR),
        "both": promise(wednesday, 2, None, norway, sweden, CALENDAR),
        "neither": promise(wednesday, 2, None, norway, sweden, MondayToFriday()),
    }
    days = {name: found.day if found else 0 for name, found in by.items()}
    assert days == {"norway": 8, "sweden": 7, "both": 8, "neither": 3}, "Thursday is a holiday only in Norway"
    assert promise(wednesday, None, None, norway, norway, CALENDAR) is None


def test_a_promise_of_the_same_day_waits_for_a_destination_at_rest() -> None:
    good_friday = datetime(2026, 4, 3, 9, tzinfo=OSLO)
    found = promise(good_friday, 0, None, Address(country="US"), Address(country="NO"), CALENDAR)
    assert found == datetime(2026, 4, 7, 23, 59, tzinfo=OSLO)


def test_a_town_is_never_far_in_its_own_country() -> None:
    assert (TimezoneTowns().away_m("NO", 59.9, 10.7) or 0) < 10_000
    assert (TimezoneTowns().away_m("NO", 10.7, 59.9) or 0) > 5_000_000
    assert TimezoneTowns().away_m("ZZ", 0, 0) is None
