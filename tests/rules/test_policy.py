from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.bootstrap import shipped_policies
from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Effect
from gateway.domain.values import Requirements
from gateway.rules.gate import GATE
from gateway.rules.policy import Candidate, Judged, Policy
from gateway.rules.shorthand import KINDS
from tests.rules.bench import Can, candidate, check, context, decided, known, policy, priced, said, short

SHIPPED = shipped_policies()
BALANCED = (short("cheapest"), short("fastest", value_per_hour_minor=20, without_promise_minor=1500))
ANYBODY = st.builds(
    candidate,
    account=st.sampled_from(["a", "b", "c", "d"]),
    price=st.sampled_from(["1", "2", "3"]),
    currency=st.sampled_from(["USD", "USD", "NOK", "EUR"]),
    hours=st.sampled_from([None, 1, 2]),
).map(lambda one: replace(one, features=Can(signature=one.account != "b")))


def parse(data: dict[str, Any]) -> Policy:
    return Policy.parse("test", 1, data)


def rules(*data: Any) -> dict[str, Any]:
    return {"currency": "USD", "rules": list(data)}


def test_penalties_add_up_and_the_lowest_sum_wins() -> None:
    slow, fast = candidate("slow", "7.40", hours=48), candidate("fast", "8.99", hours=2)
    first, second = decided(BALANCED, slow, fast)
    assert (first.candidate, first.rank, first.score) == (fast, 1, 899 + 40)
    assert (second.candidate, second.rank, second.score) == (slow, 2, 740 + 960)


def test_ties_go_to_the_lower_price_then_the_earlier_promise_then_the_name() -> None:
    deny = short("deny_accounts", accounts=("nobody",))
    names = [
        candidate("d", "2"),
        candidate("b", "1", hours=2),
        candidate("c", "1"),
        candidate("z", "1", hours=1),
        candidate("a", "2"),
    ]
    assert [one.candidate.account for one in decided(deny, *names)] == ["z", "b", "c", "a", "d"]


@settings(max_examples=200, deadline=None)
@given(st.lists(ANYBODY, max_size=6), st.data())
def test_the_order_of_the_candidates_never_matters(candidates: list[Candidate], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(candidates))
    within = context(needs=Requirements(signature=True))
    assert policy(*BALANCED).decide(shuffled, within) == policy(*BALANCED).decide(candidates, within)


@settings(max_examples=200, deadline=None)
@given(st.lists(ANYBODY, max_size=6))
def test_every_candidate_keeps_every_rules_verdict(candidates: list[Candidate]) -> None:
    judged = policy(*BALANCED).decide(candidates, context(needs=Requirements(signature=True)))
    assert len(judged) == len(candidates)
    for one in judged:
        assert [verdict.rule for verdict in one.verdicts] == [*GATE, "price", "time"]
        assert all(verdict.why for verdict in one.verdicts)
        dropped = [verdict for verdict in one.verdicts if verdict.effect is Effect.DROP]
        assert (one.rank is None) == (one.score is None) == bool(dropped)
        assert all(verdict.penalty is None for verdict in dropped)
    ranks = [one.rank for one in judged if one.rank is not None]
    assert ranks == list(range(1, len(ranks) + 1))
    assert [one.rank for one in judged[len(ranks) :]] == [None] * (len(judged) - len(ranks))


def test_whatever_a_policy_lists_no_carrier_is_asked_for_what_it_cannot_do() -> None:
    judged = decided(short("cheapest"), candidate("a", "1"), within=context(needs=Requirements(min_age=18)))
    assert judged[0].rank is None
    assert said(judged[0], "requirements").why == "cannot do an age check (18)"


def test_nobody_standing_is_no_error() -> None:
    assert decided(short("cheapest")) == []
    assert [one.rank for one in decided(short("max_price", limit_minor=0), candidate())] == [None]


def test_a_cheaper_price_never_makes_an_offer_worse() -> None:
    rivals = [candidate("b", "5", hours=3), candidate("c", "7", hours=1)]

    def place(price: str) -> int:
        judged = decided(BALANCED, priced(candidate("a", hours=2), price), *rivals)
        return next(one.rank or 0 for one in judged if one.candidate.account == "a")

    places = [place(price) for price in ("1", "5", "6", "9")]
    assert places == sorted(places)


@pytest.mark.parametrize("name", list(SHIPPED))
def test_the_shipped_policies_are_whole(name: str) -> None:
    shipped = Policy.parse(name, 0, SHIPPED[name])
    judged = shipped.decide([candidate("a", hours=2), candidate("b", "89", "NOK")], context())
    assert all(one.rank for one in judged)


def test_the_shipped_policies_choose_what_their_names_say() -> None:
    slow, fast = candidate("slow", "7.40", hours=30), candidate("fast", "20.00", hours=1)
    middle = candidate("middle", "8.00", hours=6)
    clean = known(candidate("clean", "9.00", hours=30), co2e_g=10)
    trusty = known(candidate("trusty", "9.00", hours=30), p_on_time=0.99, p_first_attempt=0.97)

    def choice(name: str) -> str:
        judged = Policy.parse(name, 0, SHIPPED[name]).decide([slow, fast, middle, clean, trusty], context())
        return judged[0].candidate.account

    assert {name: choice(name) for name in SHIPPED} == {
        "default": "middle",
        "cheapest": "slow",
        "fastest": "fast",
        "greenest": "clean",
        "reliable": "trusty",
        "balanced": "middle",
    }


def test_every_short_form_is_a_rule_or_a_weight_of_the_full_form() -> None:
    short_forms = [
        {"kind": "max_price", "limit_minor": 900},
        {"kind": "deliver_by", "within_hours": 4, "without_promise": "pass"},
        {"kind": "zone", "carrier_kinds": ["own"], "only": ["oslo"]},
        {"kind": "allow_accounts", "accounts": ["a", "b"]},
        {"kind": "deny_accounts", "accounts": ["c"]},
        {"kind": "prefer_accounts", "accounts": ["a"], "bonus_minor": 5},
        {"kind": "fastest", "value_per_hour_minor": 1, "without_promise_minor": 2},
        {"kind": "cheapest"},
    ]
    assert {form["kind"] for form in short_forms} == set(KINDS)
    read = parse(rules(*short_forms))
    assert [rule.name for rule in read.rules] == [form["kind"] for form in short_forms[:6]]
    assert (read.score.price_percent, read.score.value_per_hour_minor, read.score.without_promise_minor) == (100, 1, 2)


EXCHANGE = {"NOK": {"rate": "0.1", "source": "the bank"}}


@pytest.mark.parametrize(
    ("data", "pointer", "code"),
    [
        ({"rules": [{"kind": "cheapest"}]}, "/currency", "unknown_currency"),
        ({"currency": "usd", "rules": [{"kind": "cheapest"}]}, "/currency", "unknown_currency"),
        ({"currency": "USD"}, "/rules", "missing_parameter"),
        ({"currency": "USD", "rules": {}}, "/rules", "missing_parameter"),
        (rules(), "/rules", "missing_parameter"),
        (rules("cheapest"), "/rules/0", "invalid"),
        (rules({"kind": "cheapest"}, {}), "/rules/1/name", "missing_parameter"),
        (rules({"kind": "fairest"}), "/rules/0/kind", "unknown_rule"),
        (rules({"kind": "limits"}), "/rules/0/kind", "unknown_rule"),
        (rules({"kind": "cheapest", "weight": 2}), "/rules/0/weight", "unknown_parameter"),
        (rules({"kind": "cheapest", "a/b~": 2}), "/rules/0/a~1b~0", "unknown_parameter"),
        (rules({"kind": "max_price"}), "/rules/0/limit_minor", "missing_parameter"),
        (rules({"kind": "max_price", "limit_minor": 8.99}), "/rules/0/limit_minor", "invalid"),
        (rules({"kind": "max_price", "limit_minor": True}), "/rules/0/limit_minor", "invalid"),
        (rules({"kind": "max_price", "limit_minor": -1}), "/rules/0/limit_minor", "out_of_range"),
        (rules({"kind": "max_price", "limit_minor": 10**15}), "/rules/0/limit_minor", "out_of_range"),
        (rules({"kind": "deliver_by", "without_promise": "wait"}), "/rules/0/without_promise", "invalid"),
        (rules({"kind": "deliver_by", "within_hours": 0}), "/rules/0/within_hours", "out_of_range"),
        (rules({"kind": "allow_accounts", "accounts": "a"}), "/rules/0/accounts", "invalid"),
        (rules({"kind": "allow_accounts", "accounts": [1]}), "/rules/0/accounts", "invalid"),
        (rules({"kind": "allow_accounts"}), "/rules/0/accounts", "missing_parameter"),
        (rules({"kind": "zone"}), "/rules/0/only", "missing_parameter"),
        ({**rules({"kind": "cheapest"}), "name": "x"}, "/name", "unknown_parameter"),
        ({**rules({"kind": "cheapest"}), "exchange": []}, "/exchange", "invalid"),
        ({**rules({"kind": "cheapest"}), "exchange": {"XXZ": {}}}, "/exchange/XXZ", "unknown_currency"),
        ({**rules({"kind": "cheapest"}), "exchange": {"USD": EXCHANGE["NOK"]}}, "/exchange/USD", "invalid"),
        ({**rules({"kind": "cheapest"}), "exchange": {"NOK": "0.1"}}, "/exchange/NOK", "invalid"),
    ],
)
def test_what_is_wrong_in_a_policy_is_pointed_at(data: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        parse(data)
    assert (refused.value.pointer, refused.value.code) == (pointer, code)
    assert str(refused.value)


@pytest.mark.parametrize("rate", ["", "ten", "0", "-1", "NaN", "Infinity", "1e30", 0.1, 1, None])
def test_an_exchange_rate_is_an_exact_positive_decimal(rate: object) -> None:
    data = {**rules({"kind": "cheapest"}), "exchange": {"NOK": {"rate": rate, "source": "the bank"}}}
    with pytest.raises(Unprocessable) as refused:
        parse(data)
    assert refused.value.pointer == "/exchange/NOK/rate"


def test_an_exchange_rate_says_whose_it_is() -> None:
    with pytest.raises(Unprocessable) as refused:
        parse({**rules({"kind": "cheapest"}), "exchange": {"NOK": {"rate": "0.1"}}})
    assert refused.value.pointer == "/exchange/NOK/source"


def test_a_verdict_that_drops_has_no_penalty_and_one_that_passes_costs_nothing() -> None:
    judged: list[Judged] = decided(short("max_price", limit_minor=800), candidate("a", "8"), candidate("b", "9"))
    assert {said(one, "max_price").penalty for one in judged} == {0, None}
    assert {field.name for field in fields(judged[0])} == {"candidate", "rank", "score", "verdicts", "shown_minor"}
    assert replace(judged[0], rank=None) != judged[0]


def test_a_policy_without_amounts_compares_in_the_one_currency_that_all_offers_share() -> None:
    more = {"name": "more", "then": {"do": "markup", "percent": 10}}
    plain = Policy.parse("x", 1, {"currency": "USD", "rules": [more]})
    dear, cheap = candidate("a", "90", "NOK"), candidate("b", "80", "NOK")
    first, second = plain.decide([dear, cheap], context())
    assert (first.candidate, first.score, first.shown_minor) == (cheap, 8000, 8800)
    assert plain.compared_in([dear, cheap]).currency == "NOK"
    assert said(first, "one_currency").why == "priced in NOK"
    assert said(second, "price").why == "second cheapest of 2: 90.00 NOK against 80.00 NOK"
    assert [each.rank for each in plain.decide([dear, candidate("b", "8")], context())] == [1, None]
    assert plain.compared_in([dear, candidate("b", "8", "EUR")]).currency == "USD"


@pytest.mark.parametrize(
    "amount",
    [
        {"score": {"late_minor": 1}},
        {"rules": [{"name": "x", "then": {"do": "prefer", "minor": 1}}]},
        {"rules": [{"name": "x", "when": check("rate.price", "above", 1), "then": {"do": "drop"}}]},
        {"score": {}, "cover": {"a": 1}},
    ],
)
def test_amounts_are_of_their_currency(amount: dict[str, Any]) -> None:
    stated = Policy.parse("x", 1, {"currency": "USD", **amount})
    (only,) = stated.decide([candidate("a", "90", "NOK")], context())
    assert only.rank is None
    assert "has no exchange.NOK" in said(only, "one_currency").why
