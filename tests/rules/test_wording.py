"""Policies in words, their short forms written out, their faults all at once, and what two versions differ in."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.rules.actions import ACTIONS
from gateway.rules.checking import Checked
from gateway.rules.differences import Difference, differences
from gateway.rules.lengthening import lengthened
from gateway.rules.policy import Policy
from gateway.rules.wording import action_told, fallback_told, rule_told, score_told
from gateway.shipped import shipped_policies
from tests.rules.test_policy_examples import EXAMPLES

POLICIES = {**shipped_policies(), **{name: each["policy"] for name, each in EXAMPLES.items()}}
SHORT: dict[str, Any] = {
    "currency": "EUR",
    "rules": [
        {"kind": "cheapest"},
        {"kind": "fastest", "value_per_hour_minor": 20, "without_promise_minor": 900},
        {"kind": "max_price", "limit_minor": 900},
        {"kind": "deliver_by", "within_hours": 4},
        {"kind": "zone", "only": ["oslo"], "accounts": ["van"]},
        {"kind": "prefer_accounts", "carrier_kinds": ["own"], "bonus_minor": 5},
        {"kind": "max_price", "limit_minor": 700},
    ],
}


def rule(when: Any, then: Any, currency: str = "EUR") -> str:
    data = {"currency": currency, "rules": [{"name": "one", **({"when": when} if when else {}), "then": then}]}
    policy = Policy.parse("told", 1, data, stored=True)
    return rule_told(policy.rules[0], policy.market)


@pytest.mark.parametrize("data", [SHORT, *POLICIES.values()])
def test_short_forms_written_out_are_the_same_policy(data: dict[str, Any]) -> None:
    short, long = Policy.parse("p", 1, data), Policy.parse("p", 1, lengthened(data))
    assert (long.steps, long.score, long.fallback, long.market) == (
        short.steps,
        short.score,
        short.fallback,
        short.market,
    )
    assert not any("kind" in each for each in lengthened(data).get("rules", ()))


def test_a_rule_is_a_sentence() -> None:
    heavy = {"field": "shipment.weight", "op": "above", "value": 20, "unit": "kg"}
    own = {"field": "rate.carrier_kind", "op": "in", "value": ["own"]}
    nested = {"all": [own, {"any": [heavy, {"not": {"field": "rate.promise", "op": "present"}}]}]}
    assert rule(heavy, {"do": "prefer", "minor": 1000}) == "When weight is above 20 kg: it counts 10.00 EUR less."
    assert rule(None, [{"do": "max_price", "minor": 500}, {"do": "markup", "percent": -10}]) == (
        "Always: it is not offered above 5.00 EUR; the buyer sees 10 % less."
    )
    assert rule(nested, {"do": "drop"}) == (
        "When carrier kind is own and (weight is above 20 kg or not (time to the promise is known)): it is not offered."
    )


def test_every_action_has_words() -> None:
    given = {"needs": ["signature", "age_check"], "minor": 100, "percent": 20, "bookings": 5}
    for name, made in ACTIONS.items():
        asked = {each: value for each, value in given.items() if each in made.__dataclass_fields__}
        policy = Policy.parse(
            "p", 1, {"currency": "EUR", "rules": [{"name": "r", "then": {"do": name, **asked}}]}, stored=True
        )
        assert action_told(policy.rules[0].then[0], policy.market), name


def test_weights_and_last_resorts_are_told() -> None:
    balanced = Policy.parse("balanced", 0, POLICIES["balanced"])
    told = " ".join(score_told(balanced.score, balanced.market))
    assert told.startswith("The price counts. Every hour until the promise counts 0.20 USD;")
    assert "A kilogram of CO2e counts 0.10 USD" in told
    rural = Policy.parse("rural", 1, POLICIES["rural"])
    assert fallback_told(rural.fallback[0], rural.market) == (
        "Always: the buyer is shown The weekly round at 19.00 EUR, standard, within 168 hours."
    )


def test_all_faults_are_told_at_once_each_at_its_place() -> None:
    bad = {"field": "shipment.wieght", "op": "is", "value": 1}
    data = {
        "currency": "EUR",
        "score": {"late_minor": "much"},
        "rules": [
            {"name": "one", "when": {"all": [bad]}, "then": {"do": "drop"}},
            {"name": "two", "then": {"do": "prefer", "minor": 5}},
            {"name": "two", "then": {"do": "max_price"}},
        ],
        "fallback": [{"name": "later", "minor": -1}],
    }
    checked = Checked(data)
    assert [pointer for pointer, _ in checked.faults] == [
        "/rules/0/when/all/0/field",
        "/rules/2/name",
        "/fallback/0/minor",
        "/score/late_minor",
    ]
    assert [each is None for each in checked.rules] == [True, False, True]


def test_what_only_the_whole_policy_tells_is_told_once_its_parts_are_right() -> None:
    impossible = [
        {"field": "shipment.weight", "op": "above", "value": 2},
        {"field": "shipment.weight", "op": "below", "value": 1},
    ]
    data = {"currency": "EUR", "rules": [{"name": "never", "when": {"all": impossible}, "then": {"do": "drop"}}]}
    assert Checked(data).faults == [("/rules/0/when", "'never' can never apply: its condition contradicts itself")]
    assert Checked({"currency": "EURO"}).faults[0][0] == "/currency"


def test_differences_are_told_by_name() -> None:
    before: dict[str, Any] = {
        "currency": "EUR",
        "score": {"late_minor": 100},
        "rules": [{"name": name, "then": {"do": "keep"}} for name in ("a", "b", "c")],
        "fallback": [{"name": "round", "minor": 900}],
    }
    after = {
        "currency": "EUR",
        "score": {"late_minor": 250},
        "rules": [
            {"name": "c", "then": {"do": "keep"}},
            {"name": "a", "then": {"do": "drop"}},
            {"name": "d", "then": {"do": "keep"}},
        ],
    }
    found = {(each.part, each.name): each for each in differences(before, after)}
    assert found[("weight", "late_minor")] == Difference(
        what="changed", part="weight", name="late_minor", before="1.00 EUR", after="2.50 EUR"
    )
    assert {key: each.what for key, each in found.items()} == {
        ("weight", "late_minor"): "changed",
        ("rule", "c"): "moved",
        ("rule", "a"): "changed",
        ("rule", "d"): "added",
        ("rule", "b"): "removed",
        ("fallback", "round"): "removed",
    }
    assert differences(before, before) == []
