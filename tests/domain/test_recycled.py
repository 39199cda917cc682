"""A carrier gives a number again: the story of the parcel that had it before is not that of the one that has it now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.fold import current_status
from gateway.domain.late import late
from gateway.domain.moves import moves
from gateway.domain.recycled import LONG_BEFORE, of_this_parcel
from gateway.domain.stages import stages
from gateway.domain.tracking import TrackingEvent
from tests.domain.test_fold import ENOUGH, NOON, event, histories

BOOKED = event("booked", event_id="booked:tnd_1")


@ENOUGH
@given(histories, histories, st.data())
def test_what_was_told_long_before_the_booking_says_nothing_of_it(
    before: list[TrackingEvent], since: list[TrackingEvent], data: st.DataObject
) -> None:
    past = timedelta(days=300)
    earlier = [replace(e, event_id=f"old/{e.event_id}", occurred_at=e.occurred_at - past) for e in before]
    told = data.draw(st.permutations([BOOKED, *since, *earlier]))
    assert current_status(told) == current_status([BOOKED, *since])
    assert stages(told) == stages([BOOKED, *since])


def test_a_wrong_clock_is_no_other_parcel() -> None:
    early = replace(event("delivered"), occurred_at=NOON - LONG_BEFORE)
    assert current_status([BOOKED, early]).status == "delivered"
    assert of_this_parcel([early, event("picked_up")]) == (early, event("picked_up")), "nothing was booked here"


def test_nothing_is_late_behind_the_end_of_another_parcel() -> None:
    told = [replace(event("delivered"), occurred_at=NOON - timedelta(days=300)), BOOKED, event("picked_up", 5)]
    assert late(told) == frozenset()
    assert [move.status for move in moves(told)] == ["booked", "picked_up"]
