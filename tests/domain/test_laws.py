"""The laws of the status model, and which test proves each. What is not proven elsewhere is proven here.

1. Convergence: any permutation, repetition or delay of the same events gives the same result.
   `test_fold.test_order_and_repetition_of_the_same_events_never_matter`,
   `test_fold.test_of_two_copies_of_one_event_only_the_smaller_counts`,
   `test_any_order.test_any_order_and_any_repetition_of_webhooks_tells_the_same_story` (over HTTP).
2. Totality: every value of 15 models has a meaning; an unlisted one moves nothing.
   `test_statuses.test_all_fifteen_models_are_carried_over_whole`,
   `test_statuses.test_our_words_can_say_whatever_another_model_says`,
   `test_fold.test_an_unknown_event_changes_nothing`.
3. Terminal holds: `test_fold.test_a_final_status_holds_but_for_the_documented_ways_on`,
   `test_what_contradicts_a_final_word_is_a_conflict_and_moves_nothing`.
4. Legal steps back: `test_before_custody_the_later_event_decides`,
   `test_once_held_a_parcel_is_never_merely_booked_again`, `test_a_position_that_comes_late_moves_nothing`.
5. Attempts stay countable:
   `test_fold.test_attempts_can_be_counted_from_the_events_whatever_else_is_reported`,
   `test_statuses.test_failed_attempts_are_never_folded_into_delays`, `test_every_attempt_has_its_moment`.
6. Honest time: `test_fold.test_impossible_times_are_put_right_once_at_receipt`,
   `test_a_clamped_time_is_within_what_can_be_and_stays_when_clamped_again`; zones: `carriers/base/test_moments.py`.
7. Nothing is lost: `test_quarantine` and `test_hostile_bodies` (journeys).
8. Problems do not reset progress: `test_problems_never_take_progress_away`.
9. Export views: `test_tracking_views`.
Legs: `test_a_return_once_begun_never_becomes_a_delivery`.
Pieces: `test_fold.test_a_shipment_is_delivered_only_when_every_known_piece_is`,
   `test_the_shipment_is_where_its_least_advanced_parcel_is`,
   `test_parcels_without_a_number_are_where_words_on_all_say`.
Corrections: `test_a_correction_counts_whatever_was_told_before_it`, `test_a_withdrawn_correction_was_never_made`,
   `test_nothing_but_a_correction_can_be_withdrawn`.
Monotonicity: `test_more_events_never_make_it_forget_an_attempt_or_a_conflict`.
"""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.fold import ONE_VISIT, current_status
from gateway.domain.honest_time import FUTURE_TOLERANCE, clamp
from gateway.domain.tracking import Leg, TrackingEvent, statuses
from tests.domain.test_fold import ENOUGH, NOON, anything, event, histories, reported

BEFORE_CUSTODY = ["booked", "assigned", "pickup_in_progress"]
HELD = ["picked_up", "in_transit", "out_for_delivery", "available_for_pickup"]
FINAL = ["delivered", "returned", "failed", "cancelled"]
CORRECTABLE = sorted(set(statuses()) - {"unknown", "created"})
one_way = reported.map(lambda events: [replace(e, piece="", leg=Leg.OUTBOUND) for e in events])


def after(events: Iterable[TrackingEvent]) -> datetime:
    return max((e.occurred_at for e in events), default=NOON) + timedelta(minutes=1)


@ENOUGH
@given(one_way, st.sampled_from(FINAL), st.sampled_from(FINAL))
def test_what_contradicts_a_final_word_is_a_conflict_and_moves_nothing(
    events: list[TrackingEvent], final: str, word: str
) -> None:
    events = [*events, replace(event(final, event_id="final"), occurred_at=after(events))]
    before = current_status(events)
    assume(before.status in FINAL and before.status != word)
    assume((before.status, word) not in (("delivered", "returned"), ("returned", "cancelled")))  # the way back's own
    told = current_status([*events, replace(event(word, event_id="last"), occurred_at=after(events))])
    if told.status == before.status:
        assert told.status_conflict
    else:
        assert before.status in ("failed", "cancelled")  # found after all; a cancelled one that moves is a conflict
        assert told.status_conflict or before.status == "failed"


@ENOUGH
@given(st.lists(st.sampled_from(BEFORE_CUSTODY), min_size=1, max_size=8))
def test_before_custody_the_later_event_decides(told: list[str]) -> None:
    events = [event(status, minute) for minute, status in enumerate(told)]
    assert current_status(events).status == told[-1]


@ENOUGH
@given(st.sampled_from(HELD), st.lists(st.sampled_from(BEFORE_CUSTODY), max_size=5))
def test_once_held_a_parcel_is_never_merely_booked_again(held: str, later: list[str]) -> None:
    events = [event(held), *(event(status, minute) for minute, status in enumerate(later, 1))]
    assert current_status(events).status == held


@ENOUGH
@given(one_way, st.sampled_from(["courier_nearby", "courier_at_pickup", "courier_at_dropoff", "carrier_message"]))
def test_a_position_that_comes_late_moves_nothing(events: list[TrackingEvent], reason: str) -> None:
    before = current_status(events)
    assume(not before.terminal and before.status != "unknown")
    for status in ("pickup_in_progress", "in_transit", "out_for_delivery"):
        late = replace(event(status, reason=reason, event_id="late"), occurred_at=after(events))
        told = current_status([*events, late])
        assert statuses()[told.status].rank >= statuses()[before.status].rank


@ENOUGH
@given(histories)
def test_every_attempt_has_its_moment(events: list[TrackingEvent]) -> None:
    told = current_status(events)
    assert len(told.visits) == told.attempts
    assert all(later - earlier >= ONE_VISIT for earlier, later in zip(told.visits, told.visits[1:], strict=False))
    assert set(told.visits) <= {e.occurred_at for e in events}


@ENOUGH
@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 (hypothesis wants them so)
def test_a_clamped_time_is_within_what_can_be_and_stays_when_clamped_again(claimed: datetime, naive: datetime) -> None:
    received = naive.replace(tzinfo=UTC)
    stored = clamp(claimed, received)
    assert stored <= received + FUTURE_TOLERANCE
    assert stored.year >= 2000
    assert clamp(stored, received) == stored


@ENOUGH
@given(one_way, st.sampled_from(["exception", "attempt_failed"]))
def test_problems_never_take_progress_away(events: list[TrackingEvent], problem: str) -> None:
    before = current_status(events)
    told = current_status([*events, replace(event(problem, event_id="trouble"), occurred_at=after(events))])
    assert told.last_progress_status == before.last_progress_status


@ENOUGH
@given(reported.map(lambda events: [replace(e, piece="") for e in events]), anything)
def test_a_return_once_begun_never_becomes_a_delivery(events: list[TrackingEvent], later: TrackingEvent) -> None:
    begun = [*events, replace(event("returning", event_id="back", leg=Leg.RETURN), occurred_at=after(events))]
    assume(current_status(begun).leg is Leg.RETURN)
    last = replace(later, event_id="last", piece="", correction=False, occurred_at=after(begun))
    told = current_status([*begun, last])
    assert told.leg is Leg.RETURN
    assert told.status != "delivered"


@ENOUGH
@given(histories)
def test_the_shipment_is_where_its_least_advanced_parcel_is(events: list[TrackingEvent]) -> None:
    told = current_status(events, ["A", "B", "C"])
    assert told.status in told.pieces.values()
    assert statuses()[told.status].rank == min(statuses()[status].rank for status in told.pieces.values())


@ENOUGH
@given(histories, st.integers(1, 4))
def test_parcels_without_a_number_are_where_words_on_all_say(events: list[TrackingEvent], parcels: int) -> None:
    told = [replace(e, event_id=str(number)) for number, e in enumerate(events)]
    named = [replace(event("delivered", piece=piece), occurred_at=after(told)) for piece in ("A", "B")]
    fewest = current_status([*told, *named], parcels=parcels)
    of_all = current_status([e for e in told if not e.piece])
    if parcels > len(named):
        assert statuses()[fewest.status].rank <= statuses()[of_all.status].rank
    else:
        assert fewest == current_status([*told, *named], ["A", "B"])


@ENOUGH
@given(histories, st.sampled_from(CORRECTABLE))
def test_a_correction_counts_whatever_was_told_before_it(events: list[TrackingEvent], status: str) -> None:
    word = replace(event(status, event_id="desk", correction=True), occurred_at=after(events))
    told = current_status([*events, word], ["A", "B"])
    assert (told.status, told.status_conflict) == (status, False)
    assert set(told.pieces.values()) == {status}


@ENOUGH
@given(histories, st.sampled_from(CORRECTABLE), st.sampled_from(["", "A"]), st.data())
def test_a_withdrawn_correction_was_never_made(
    events: list[TrackingEvent], status: str, piece: str, data: st.DataObject
) -> None:
    word = replace(event(status, event_id="desk", correction=True, piece=piece), occurred_at=after(events))
    back = replace(event("unknown", event_id="back"), occurred_at=after([*events, word]), withdraws="desk")
    told = data.draw(st.permutations([*events, word, back, back]))
    assert current_status(told, ["A"]) == current_status(events, ["A"])


@ENOUGH
@given(reported, st.data())
def test_nothing_but_a_correction_can_be_withdrawn(events: list[TrackingEvent], data: st.DataObject) -> None:
    assume(events)
    name = data.draw(st.sampled_from([e.event_id for e in events]))
    back = replace(event("unknown", event_id="back"), withdraws=name)
    assert current_status([*events, back]) == current_status(events)


@ENOUGH
@given(one_way, anything)
def test_more_events_never_make_it_forget_an_attempt_or_a_conflict(
    events: list[TrackingEvent], later: TrackingEvent
) -> None:
    before = current_status(events)
    last = replace(later, event_id="last", piece="", leg=Leg.OUTBOUND, correction=False, occurred_at=after(events))
    told = current_status([*events, last])
    assert told.attempts >= before.attempts
    assert told.status_conflict >= before.status_conflict
    if before.delivered_at:
        assert told.delivered_at == before.delivered_at


def test_every_test_that_the_list_names_exists() -> None:
    here = Path(__file__).parents[1]
    named = set(re.findall(r"`(?:\w+\.)?(test_\w+)`", __doc__ or ""))
    found = {path.stem for path in here.rglob("test_*.py")}
    for path in here.rglob("test_*.py"):
        found |= {
            node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
        }
    assert named - found == set()
    assert len(named) > 20
    files: Sequence[str] = re.findall(r"`([\w/]+\.py)`", __doc__ or "")
    assert [name for name in files if not (here / name).exists()] == []
