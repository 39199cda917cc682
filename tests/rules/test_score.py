"""The score: its parts, its sentences, and that nothing better ever counts worse."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.quotes import Effect, Outlook
from gateway.domain.values import Money
from gateway.rules.policy import Candidate, Policy
from gateway.rules.score import PARTS
from tests.rules.bench import NOON, Can, candidate, check, context, drop, known, policy, said

WHOLE = {
    "value_per_hour_minor": 20,
    "without_promise_minor": 1500,
    "late_minor": 500,
    "redelivery_minor": 400,
    "co2e_per_kg_minor": 10,
}
WEIGHT = st.integers(0, 10_000)
SCORES = st.fixed_dictionaries({}, optional={name: WEIGHT for name in ("price_percent", *WHOLE)})
CHANCE = st.one_of(st.none(), st.floats(0, 1))
ANYBODY = st.builds(
    lambda account, price, hours, outlook: known(
        candidate(account, str(price), hours=hours, can=Can(signature=account in "ac")), **outlook
    ),
    st.sampled_from("abcd"),
    st.integers(0, 30),
    st.one_of(st.none(), st.integers(1, 50)),
    st.fixed_dictionaries(
        {}, optional={"p_on_time": CHANCE, "p_first_attempt": CHANCE, "co2e_g": st.integers(0, 5000)}
    ),
)
RULES = st.lists(
    st.sampled_from(
        [
            drop("no b", check("rate.account", "is", "b")),
            drop("late", check("rate.promise", "above", 20)),
            drop("doubtful", check("rate.on_time", "below", 50)),
            {"name": "like a", "when": check("rate.account", "is", "a"), "then": {"do": "prefer", "minor": 300}},
            {"name": "dear", "when": check("rate.price", "above", 1500), "then": {"do": "penalise", "minor": 70}},
            {"name": "limit", "then": {"do": "max_price", "minor": 2500}},
            {"name": "sign", "then": {"do": "require", "needs": ["signature"]}},
        ]
    ),
    max_size=5,
    unique_by=lambda rule: rule["name"],
)
POLICIES = st.builds(lambda score, rules: policy(*rules, score=score), SCORES, RULES)


def test_every_part_is_a_line_with_a_sentence() -> None:
    outlook = {"p_on_time": 0.9, "p_first_attempt": 0.75, "co2e_g": 1500, "deliveries": 412}
    one = known(candidate("a", "7.40", hours=10), **outlook, since=date(2026, 1, 1), until=date(2026, 3, 1))
    judged = policy(score=WHOLE).decide([one], context())[0]
    assert [(part, said(judged, part).penalty) for part in PARTS] == [
        ("price", 740),
        ("time", 200),
        ("lateness", 50),
        ("redelivery", 100),
        ("co2e", 15),
    ]
    assert judged.score == 740 + 200 + 50 + 100 + 15
    behind = "(412 deliveries, 2026-01-01 to 2026-03-01)"
    assert said(judged, "lateness").why == f"on time in 90 % of deliveries {behind}: counts 0.50 USD"
    assert said(judged, "redelivery").why.startswith("the first attempt succeeds in 75 % of deliveries (412 ")
    assert said(judged, "co2e").why == "1500 g CO2e: counts 0.15 USD"


def test_what_is_not_known_is_assumed_and_said() -> None:
    judged = policy(score={**WHOLE, "assumed_on_time_percent": 80}).decide([candidate("a", "1")], context())[0]
    assert said(judged, "lateness").why == "on time in 80 % of deliveries (no history, assumed): counts 1.00 USD"
    assert said(judged, "co2e").why == "300 g CO2e (not known, assumed): counts 0.03 USD"
    assert said(judged, "time").penalty == 1500


def test_what_the_carrier_states_stands_before_a_model() -> None:
    one = known(candidate("a", "1"), co2e_g=9000)
    judged = policy(score=WHOLE).decide([replace(one, rate=replace(one.rate, co2e_g=100))], context())[0]
    assert said(judged, "co2e").why.startswith("100 g")


def test_a_part_without_weight_is_left_out_and_a_percentage_is_told() -> None:
    judged = policy(score={"price_percent": 50}).decide([candidate("a", "7.41")], context())[0]
    assert [each.rule for each in judged.verdicts if each.effect is Effect.RANK] == ["price"]
    assert said(judged, "price").why == "the only price: 7.41 USD, counts 50 %: 3.71 USD"
    assert policy(score={"price_percent": 0}).decide([candidate("a", "7.41")], context())[0].score == 0


def better(one: Candidate, how: str) -> Candidate:
    """The same candidate, a little better in one thing."""
    rate, outlook = one.rate, one.outlook
    if how == "price":
        return replace(one, rate=replace(rate, price=Money.from_minor(max(rate.price.minor - 150, 0), "USD")))
    if how == "promise":
        sooner = NOON + timedelta(hours=1) if rate.deliver_by is None else rate.deliver_by - timedelta(minutes=50)
        return one if rate.deliver_by is None else replace(one, rate=replace(rate, deliver_by=sooner))
    changes: dict[str, Any] = {
        "on time": {"p_on_time": min((outlook.p_on_time or 0) + 0.07, 1.0)} if outlook.p_on_time is not None else {},
        "attempt": {"p_first_attempt": min((outlook.p_first_attempt or 0) + 0.07, 1.0)}
        if outlook.p_first_attempt is not None
        else {},
        "co2e": {"co2e_g": outlook.co2e_g // 2} if outlook.co2e_g is not None else {},
    }[how]
    return replace(one, outlook=replace(outlook, **changes))


@settings(max_examples=300, deadline=None)
@given(
    SCORES, st.lists(ANYBODY, max_size=4), ANYBODY, st.sampled_from(["price", "promise", "on time", "attempt", "co2e"])
)
def test_nothing_better_ever_counts_or_ranks_worse(
    score: dict[str, int], rivals: list[Candidate], one: Candidate, how: str
) -> None:
    rivals = [replace(rival, account=f"rival {rival.account}") for rival in rivals]
    decide = policy(score=score).decide

    def place(of: Candidate) -> tuple[int, int]:
        judged = next(each for each in decide([*rivals, of], context()) if each.candidate is of)
        assert judged.rank is not None
        assert judged.score is not None
        return judged.score, judged.rank

    before, after = place(one), place(better(one, how))
    assert after[0] <= before[0]
    assert after[1] <= before[1]


@settings(max_examples=300, deadline=None)
@given(POLICIES, st.lists(ANYBODY, max_size=6), st.data())
def test_the_order_of_candidates_never_matters(judge: Policy, candidates: list[Candidate], data: st.DataObject) -> None:
    candidates = [
        replace(one, rate=replace(one.rate, carrier_service=f"service {n}")) for n, one in enumerate(candidates)
    ]
    shuffled = data.draw(st.permutations(candidates))
    assert judge.decide(shuffled, context()) == judge.decide(candidates, context())


@settings(max_examples=300, deadline=None)
@given(POLICIES, st.lists(ANYBODY, max_size=6))
def test_a_dropped_offer_never_wins(judge: Policy, candidates: list[Candidate]) -> None:
    judged = judge.decide(candidates, context())
    assert len(judged) == len(candidates)
    for one in judged:
        dropped = any(verdict.effect is Effect.DROP for verdict in one.verdicts)
        assert dropped == (one.rank is None) == (one.score is None)
    scores = [one.score for one in judged if one.score is not None]
    assert scores == sorted(scores)
    assert [one.rank for one in judged[: len(scores)]] == list(range(1, len(scores) + 1))


@settings(max_examples=300, deadline=None)
@given(POLICIES, st.lists(ANYBODY, min_size=2, max_size=6))
def test_one_sentence_for_many_is_the_sentence_of_each_alone(judge: Policy, candidates: list[Candidate]) -> None:
    """Memos change no verdict. (The price's words name the other prices, so those are left out.)"""
    candidates = [replace(one, account_id=f"{one.account_id}-{n}") for n, one in enumerate(candidates)]
    for one in judge.decide(candidates, context()):
        alone = judge.decide([one.candidate], context())[0]
        assert alone.score == one.score
        assert [each for each in alone.verdicts if each.rule != "price"] == [
            each for each in one.verdicts if each.rule != "price"
        ]


def test_an_outlook_is_a_probability() -> None:
    assert Outlook(p_on_time=1.0).p_on_time == 1
