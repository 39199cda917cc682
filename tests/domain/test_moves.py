"""The moves of a fold: they lead to where it ends, and claim nothing that it refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.fold import current_status, parcels_of
from gateway.domain.late import late
from gateway.domain.moves import moves, standing
from gateway.domain.tracking import Leg, TrackingEvent
from tests.domain.test_fold import ENOUGH, event, histories, story

PIECES = st.sampled_from([(), ("A",), ("A", "B")])


@ENOUGH
@given(histories, PIECES, st.integers(1, 3), st.data())
def test_the_last_move_leads_to_where_the_shipment_is(
    events: list[TrackingEvent], pieces: tuple[str, ...], parcels: int, data: st.DataObject
) -> None:
    found = moves(data.draw(st.permutations(events)), pieces, parcels)
    assert found == moves(events, pieces, parcels)
    current = current_status(events, pieces, parcels)
    last = (found[-1].status, found[-1].reason, found[-1].leg) if found else ("unknown", "none", Leg.OUTBOUND)
    assert last == (current.status, current.reason, current.leg)
    assert all(one.at <= other.at for one, other in pairwise(found))


@ENOUGH
@given(histories, PIECES)
def test_each_move_is_what_the_shipment_was_after_its_event(
    events: list[TrackingEvent], pieces: tuple[str, ...]
) -> None:
    told = [replace(each, event_id=str(number)) for number, each in enumerate(events)]
    known = tuple(piece for piece in parcels_of(told, pieces, 1) if piece)
    ordered = standing(told)
    for move in moves(told, pieces):
        until = [each for each in ordered if ordered.index(each) <= ordered.index(move.made_by)]
        assert current_status(until, known).status == move.status


def test_a_parcel_ahead_of_the_others_and_a_word_after_the_last_one_move_nothing() -> None:
    told = [
        event("out_for_delivery", 0),
        event("delivered", 1, piece="A"),
        event("delivered", 3, piece="B"),
        event("booked", 4),
    ]
    assert [(each.status, each.at.minute) for each in moves(told, ("A", "B"))] == [
        ("out_for_delivery", 0),
        ("delivered", 3),
    ]


def test_scans_on_the_way_back_are_told_as_such() -> None:
    told = story("picked_up", "returning", "in_transit", "out_for_delivery", "returned")
    assert [each.status for each in moves(told)] == ["picked_up", *["returning"] * 3, "returned"]


def test_what_a_person_took_back_does_not_stand_nor_does_its_taking_back() -> None:
    word = event("delivered", 1, event_id="word", correction=True)
    back = replace(event("unknown", 2, event_id="back"), withdraws="word")
    assert [each.status for each in standing([event("picked_up"), word, back])] == ["picked_up"]
    assert standing([event("picked_up"), word]) == [event("picked_up"), word]


@ENOUGH
@given(histories, PIECES, st.integers(1, 3))
def test_what_made_a_move_is_never_late(events: list[TrackingEvent], pieces: tuple[str, ...], parcels: int) -> None:
    told = [replace(each, event_id=str(number)) for number, each in enumerate(events)]
    behind = late(told, pieces, parcels)
    assert {move.event.event_id for move in moves(told, pieces, parcels)}.isdisjoint(behind)


def test_a_scan_of_all_is_not_late_for_those_that_have_not_arrived() -> None:
    told = [event("delivered", 60, piece="A"), event("in_transit", 90)]
    assert late(told, ["A", "B"], 2) == frozenset()
    assert late(told, ["A"], 2) == frozenset(), "one of two has no number"
    assert late(told, ["A"]) == {told[1].event_id}
