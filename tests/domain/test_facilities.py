"""From when a parcel waits for its carrier: cut-offs, weekends, holidays and closing days, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.errors import InvalidValue, Unprocessable
from gateway.domain.facilities import ClosingDay, Facility, Handover
from gateway.domain.values import Address

OSLO = ZoneInfo("Europe/Oslo")
NEW_YORK = ZoneInfo("America/New_York")
EASTER = {date(2026, 4, day): "Easter" for day in (2, 3, 6)}


def facility(timezone: str = "Europe/Oslo", **more: Any) -> Facility:
    given: dict[str, Any] = {"handover": Handover(cut_off=time(16)), **more}
    return Facility(code="f", address=Address(country="NO"), timezone=timezone, **given)


def waits(place: Facility, ready_at: datetime, account: str = "bring") -> datetime:
    return place.handed_over(ready_at, account, EASTER.get)


@pytest.mark.parametrize(
    ("ready_at", "expected"),
    [
        (datetime(2026, 3, 2, 15, 59, tzinfo=OSLO), None),
        (datetime(2026, 3, 2, 16, 0, tzinfo=OSLO), None),
        (datetime(2026, 3, 2, 16, 0, 1, tzinfo=OSLO), datetime(2026, 3, 3, 8, tzinfo=OSLO)),
        (datetime(2026, 3, 2, 3, 0, tzinfo=OSLO), None),  # lies there until somebody comes, but is ready
        (datetime(2026, 3, 6, 17, 0, tzinfo=OSLO), datetime(2026, 3, 9, 8, tzinfo=OSLO)),
        (datetime(2026, 3, 7, 9, 0, tzinfo=OSLO), datetime(2026, 3, 9, 8, tzinfo=OSLO)),
        (datetime(2026, 4, 1, 17, 0, tzinfo=OSLO), datetime(2026, 4, 7, 8, tzinfo=OSLO)),
        (datetime(2026, 3, 6, 23, 30, tzinfo=UTC), datetime(2026, 3, 9, 8, tzinfo=OSLO)),  # Saturday in Oslo
    ],
)
def test_what_misses_the_cut_off_waits_for_the_next_working_day(ready_at: datetime, expected: datetime | None) -> None:
    assert waits(facility(), ready_at) == (expected or ready_at)


@pytest.mark.parametrize(
    ("ready_at", "late"),
    [
        (datetime(2026, 3, 27, 14, 59, tzinfo=UTC), False),  # 15:59, winter
        (datetime(2026, 3, 27, 15, 1, tzinfo=UTC), True),  # 16:01
        (datetime(2026, 3, 30, 13, 59, tzinfo=UTC), False),  # 15:59, summer: the clock went forward on the 29th
        (datetime(2026, 3, 30, 14, 1, tzinfo=UTC), True),  # 16:01
        (datetime(2026, 10, 26, 14, 59, tzinfo=UTC), False),  # 15:59, winter again
    ],
)
def test_the_cut_off_is_on_the_clock_of_the_wall(ready_at: datetime, late: bool) -> None:
    assert (waits(facility(), ready_at) != ready_at) is late


def test_a_day_begins_when_the_clock_says_so_also_after_it_was_changed() -> None:
    saturday = datetime(2026, 3, 7, 12, tzinfo=NEW_YORK)  # clocks go forward on Sunday the 8th
    found = waits(facility("America/New_York", opens=time(2, 30), handover=Handover()), saturday)
    assert found.astimezone(UTC) == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
    sundays = facility("America/New_York", opens=time(2, 30), handover=Handover(working_days=(6,)))
    never_was = waits(sundays, saturday)  # 02:30 on the 8th does not exist: it is an hour later, not earlier
    assert never_was.astimezone(UTC) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_an_account_may_have_hours_of_its_own() -> None:
    christmas = (ClosingDay(day=date(2026, 3, 4), why="stocktaking"),)
    place = facility(
        handover=Handover(cut_off=time(16), closing_days=christmas),
        accounts={
            "late": Handover(cut_off=time(20), working_days=(0, 1, 2, 3, 4, 5)),
            "always": Handover(working_days=(0, 1, 2, 3, 4, 5, 6)),
            "away": Handover(closing_days=(ClosingDay(day=date(2026, 3, 3)),)),
        },
    )
    tuesday_evening = datetime(2026, 3, 3, 19, tzinfo=OSLO)
    thursday = datetime(2026, 3, 5, 8, tzinfo=OSLO)
    assert waits(place, tuesday_evening) == thursday, "the house is closed on Wednesday"
    assert waits(place, tuesday_evening, "late") == tuesday_evening
    assert waits(place, tuesday_evening, "away") == thursday
    saturday = datetime(2026, 3, 7, 23, tzinfo=OSLO)
    assert waits(place, saturday, "always") == saturday
    assert waits(place, saturday, "late") == datetime(2026, 3, 9, 8, tzinfo=OSLO)


def test_a_half_day_ends_earlier_for_all_and_begins_as_any_other() -> None:
    eve = datetime(2026, 12, 24, tzinfo=OSLO)
    half = ClosingDay(day=eve.date(), why="Christmas Eve", closes_at=time(12))
    earlier = Handover(cut_off=time(18), closing_days=(ClosingDay(day=eve.date(), closes_at=time(10)),))
    place = facility(handover=Handover(cut_off=time(16), closing_days=(half,)), accounts={"early": earlier})
    assert place.closed(eve.date(), "bring", EASTER.get) is None
    assert waits(place, eve.replace(hour=12)) == eve.replace(hour=12)
    assert waits(place, eve.replace(hour=12, second=1)) == datetime(2026, 12, 25, 8, tzinfo=OSLO)
    assert waits(place, eve.replace(hour=11), "early") == datetime(2026, 12, 25, 8, tzinfo=OSLO)
    assert waits(place, eve.replace(day=23, hour=17)) == eve.replace(hour=8)
    with pytest.raises(Unprocessable) as refused:
        facility(handover=Handover(closing_days=(ClosingDay(day=eve.date(), closes_at=time(7)),)))
    assert refused.value.pointer == "/handover/closing_days/0/closes_at"


def test_the_reasons_for_a_closed_day_are_said() -> None:
    place = facility(handover=Handover(closing_days=(ClosingDay(day=date(2026, 3, 4), why="stocktaking"),)))
    days = (date(2026, 3, 4), date(2026, 3, 7), date(2026, 4, 3), date(2026, 3, 5))
    why = [place.closed(day, "any", EASTER.get) for day in days]
    assert why == ["stocktaking", "Saturday is no working day", "Easter", None]
    assert facility(observes_holidays=False).closed(date(2026, 4, 3), "any", EASTER.get) is None


def test_a_house_that_never_opens_again_keeps_nobody_waiting() -> None:
    at = datetime(2026, 3, 2, 17, tzinfo=OSLO)
    assert facility().handed_over(at, "any", lambda day: "always") == at


def test_nonsense_is_refused() -> None:
    with pytest.raises(Unprocessable, match="not an IANA time zone"):
        facility("Mars/Olympus")
    with pytest.raises(Unprocessable, match="before the facility opens"):
        facility(opens=time(17))
    for days in ((), (7,), (-1, 0)):
        with pytest.raises(InvalidValue):
            Handover(working_days=days)
