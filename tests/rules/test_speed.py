from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Effect
from gateway.domain.values import TimeWindow
from tests.rules.bench import NOON, candidate, context, decided, policy, said, short

VALUE = short("fastest", value_per_hour_minor=400, without_promise_minor=5000)
EVENING = TimeWindow(start=NOON + timedelta(hours=6), end=NOON + timedelta(hours=8))


def test_every_hour_until_the_promise_costs_its_value() -> None:
    soon, later, never = decided(VALUE, candidate("b", hours=30), candidate("c"), candidate("a", hours=2.5))
    assert [one.candidate.account for one in (soon, later, never)] == ["a", "c", "b"] or later.score == 5000
    assert (soon.score, later.score, never.score) == (1000, 5000, 12000)
    assert said(soon, "time").why == "promised by 2026-03-02 14:30+00:00, a wait of 2 h 30 min: counts as 10.00 USD"
    assert said(later, "time").why == "no promise: counts as 50.00 USD"


def test_fractions_of_a_minor_unit_are_rounded_up_and_the_past_is_no_bonus() -> None:
    judged = decided(VALUE, candidate("a", hours=1 / 3600), candidate("b", hours=-5))
    assert [(one.candidate.account, one.score) for one in judged] == [("b", 0), ("a", 1)]


def test_waiting_starts_when_it_is_ready_or_wanted() -> None:
    ready = replace(context(), ready_at=NOON + timedelta(hours=1))
    assert decided(VALUE, candidate(hours=3), within=ready)[0].score == 800
    wanted = replace(context(), window=EVENING)
    assert [one.score for one in decided(VALUE, candidate(hours=5), candidate(hours=7), within=wanted)] == [
        0,
        400,
    ]


def test_a_promise_after_the_wanted_window_is_dropped() -> None:
    wanted = replace(context(), window=EVENING)
    judged = decided(
        short("deliver_by"), candidate("a", hours=8), candidate("b", hours=8.5), candidate("c"), within=wanted
    )
    assert [(one.candidate.account, one.rank) for one in judged] == [("a", 1), ("b", None), ("c", None)]
    assert [said(one, "deliver_by").why for one in judged] == [
        "does not apply: lateness after the asked window 0 h is not above 0 h and time to the promise is known",
        "dropped, because lateness after the asked window 30 min is above 0 h",
        "dropped, because end of the asked window is known and no time is promised",
    ]


def test_a_missing_promise_may_pass_where_the_policy_says_so() -> None:
    lenient = short("deliver_by", within_hours=4, without_promise="pass")
    judged = decided(lenient, candidate("a"), candidate("b", hours=5))
    assert [(one.candidate.account, one.rank) for one in judged] == [("a", 1), ("b", None)]
    assert said(judged[0], "deliver_by").effect is Effect.PASS


def test_the_earlier_of_window_and_hours_binds() -> None:
    wanted = replace(context(), window=EVENING)
    judged = decided(short("deliver_by", within_hours=4), candidate(hours=5), within=wanted)
    assert said(judged[0], "deliver_by").why == "dropped, because time to the promise 5 h is above 4 h"


def test_without_a_time_asked_for_any_promise_will_do() -> None:
    judged = decided(short("deliver_by"), candidate())
    assert (judged[0].rank, said(judged[0], "deliver_by").effect) == (1, Effect.PASS)


def test_values_out_of_range_are_refused() -> None:
    with pytest.raises(Unprocessable) as refused:
        policy(short("fastest", value_per_hour_minor=-1, without_promise_minor=0))
    assert refused.value.pointer == "/rules/0/value_per_hour_minor"
    with pytest.raises(Unprocessable) as refused:
        policy(short("deliver_by", within_hours=0))
    assert refused.value.pointer == "/rules/0/within_hours"
