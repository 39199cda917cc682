from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.plausibility import longest_silence, stuck
from gateway.domain.stages import STAGES, Stage, silences, stages
from gateway.domain.tracking import TrackingEvent, statuses
from tests.domain.test_fold import ENOUGH, NOON, event, histories, story


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (["booked", "assigned", "picked_up", "in_transit", "out_for_delivery", "delivered"], "booked moving out"),
        (
            ["booked", "out_for_delivery", "attempt_failed", "in_transit", "out_for_delivery"],
            "booked out attempted out",
        ),
        (["picked_up", "exception", "in_transit"], "moving"),
        (["picked_up", "booked"], "moving"),
        (["in_transit", "available_for_pickup"], "moving waiting"),
        (["in_transit", "returning", "returned"], "moving back"),
        (["unknown"], ""),
        (["exception"], ""),
    ],
)
def test_the_stages_of_a_way(told: list[str], names: str) -> None:
    assert " ".join(stage.name for stage in stages(story(*told))) == names


def test_a_stage_knows_when_it_began_and_when_it_was_heard_of_last() -> None:
    (stage,) = stages([event("in_transit", 0), event("exception", 30, "damaged"), event("in_transit", 90)])
    assert (stage.began, stage.heard) == (NOON, NOON + timedelta(minutes=90))


def test_silences_lie_in_the_stage_that_was_silent() -> None:
    told = [event("booked"), event("picked_up", 60), event("in_transit", 180), event("delivered", 300)]
    assert silences(told) == [("booked", 1.0), ("moving", 2.0), ("moving", 2.0)]


@ENOUGH
@given(histories, st.data())
def test_neither_depends_on_the_order_of_arrival(events: list[TrackingEvent], data: st.DataObject) -> None:
    events = list({each.event_id: each for each in events}.values())
    mixed = data.draw(st.permutations(events))
    assert stages(mixed) == stages(events)
    assert silences(mixed) == silences(events)


def test_every_stage_has_a_longest_silence_and_what_is_learnt_moves_it_within_limits() -> None:
    assert set(STAGES) <= set(statuses())
    for name in set(STAGES.values()):
        usual = longest_silence(name, None)
        assert longest_silence(name, usual / timedelta(hours=1)) == usual
        assert longest_silence(name, 0.01) < usual < longest_silence(name, 10_000) <= 4 * usual


def test_it_is_stuck_from_the_end_of_the_longest_silence_on() -> None:
    stage, longest = Stage("moving", NOON, NOON), timedelta(hours=72)
    assert stuck(stage, longest, NOON + longest - timedelta(seconds=1)) == ""
    assert stuck(stage, longest, NOON + longest).startswith("no event for 72 h; 19 of 20")
