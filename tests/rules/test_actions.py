"""What rules do: alone, in groups, with counted bookings, and to what buyers see."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Effect, ServiceLevel
from gateway.domain.values import Money, Parcel, Requirements
from gateway.rules.actions import ACTIONS
from gateway.rules.context import Context, Volumes
from tests.rules.bench import Can, candidate, check, context, decided, policy, said

A, B = candidate("a", "5.00"), candidate("b", "9.00")


def rule(name: str, *then: dict[str, Any], when: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "then": list(then), **({} if when is None else {"when": when})}


def group(name: str, match: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "match": match, "rules": list(rules)}


def counted(day: dict[str, int], week: dict[str, int] | None = None) -> Context:
    return replace(context(), volumes=Volumes(day=day, week=week or day, known=True))


def ranked(*rules: dict[str, Any], within: Context | None = None) -> list[tuple[str, int | None]]:
    return [(one.candidate.account, one.score) for one in decided(rules, A, B, within=within)]


def test_actions_of_one_rule_add_up_and_one_drop_is_enough() -> None:
    both = rule(
        "both", {"do": "penalise", "minor": 700}, {"do": "prefer", "minor": 100}, when=check("rate.account", "is", "a")
    )
    assert ranked(both) == [("b", 900), ("a", 1100)]
    out = rule("out", {"do": "prefer", "minor": 700}, {"do": "drop"}, when=check("rate.account", "is", "a"))
    assert ranked(out, rule("love", {"do": "prefer", "minor": 10**9})) == [("b", 900 - 10**9), ("a", None)]


def test_all_rules_count_but_in_a_first_match_group_only_the_first_that_applies() -> None:
    cheap = rule("cheap", {"do": "prefer", "minor": 10}, when=check("rate.price", "below", 600))
    any_ = rule("any", {"do": "prefer", "minor": 1})
    assert ranked(cheap, any_) == [("a", 489), ("b", 899)]
    assert ranked(group("g", "all", cheap, any_)) == [("a", 489), ("b", 899)]
    first = decided(group("g", "first", cheap, any_), A, B)
    assert [(one.candidate.account, one.score) for one in first] == [("a", 490), ("b", 899)]
    assert said(first[0], "any").why == "not looked at: cheap applied before"
    assert [said(one, name).applied for one in first for name in ("cheap", "any")] == [True, False, False, True]


def test_keep_keeps_the_later_rules_of_its_group_away() -> None:
    keep = rule("mine", {"do": "keep"}, when=check("rate.account", "is", "b"))
    assert ranked(group("g", "first", keep, rule("others", {"do": "drop"}))) == [("b", 900), ("a", None)]


@pytest.mark.parametrize(
    ("day", "score", "why"),
    [
        ({"a": 2, "b": 7}, 500, "with this one a has 3 of 10 bookings today, at most 30 %"),
        ({"a": 3, "b": 6}, None, "with this one a has 4 of 10 bookings today, more than 30 %"),
        ({"a": 8}, 500, "with this one a has 9 of 9 bookings today; its share is capped from 10 bookings on"),
    ],
)
def test_a_share_is_capped_with_this_booking_counted(day: dict[str, int], score: int | None, why: str) -> None:
    cap = {"do": "cap_share", "percent": 30, "from_bookings": 10}
    judged = decided(rule("cap", cap, when=check("rate.account", "is", "a")), A, B, within=counted(day))
    one = next(each for each in judged if each.candidate is A)
    assert (one.score, said(one, "cap").why) == (score, f"{why}, because account is a")


@pytest.mark.parametrize(("have", "score"), [(0, 400), (49, 400), (50, 900), (51, 900)])
def test_a_commitment_is_preferred_until_it_is_met(have: int, score: int) -> None:
    commit = rule("contract", {"do": "commit", "bookings": 50, "minor": 500}, when=check("rate.account", "is", "b"))
    judged = decided(commit, A, B, within=counted({"b": 99}, {"b": have}))
    assert next(one.score for one in judged if one.candidate is B) == score


def test_without_counts_neither_shares_nor_commitments_do_anything() -> None:
    rules = (
        rule("cap", {"do": "cap_share", "percent": 1, "from_bookings": 1}),
        rule("contract", {"do": "commit", "bookings": 5, "minor": 5}),
    )
    judged = decided(rules, A)
    assert (judged[0].score, said(judged[0], "cap").effect) == (500, Effect.PASS)
    assert "not counted" in said(judged[0], "cap").why
    assert "not counted" in said(judged[0], "contract").why
    assert policy(*rules).counts_bookings
    assert not policy(rule("x", {"do": "keep"})).counts_bookings


@pytest.mark.parametrize(
    ("markup", "shown"),
    [({"minor": 150}, 650), ({"percent": 10}, 550), ({"percent": 15, "minor": -1}, 574), ({"minor": -10_000}, 0)],
)
def test_a_markup_changes_what_the_buyer_sees_and_nothing_else(markup: dict[str, int], shown: int) -> None:
    judged = decided(rule("shown", {"do": "markup", **markup}), A)
    assert (judged[0].score, judged[0].shown_minor) == (500, shown)
    assert decided(rule("none", {"do": "keep"}), A)[0].shown_minor is None


def test_a_markup_is_made_in_the_currency_of_the_rate() -> None:
    dear = candidate("n", "135.00", "NOK")
    assert decided(rule("tenth", {"do": "markup", "percent": 10}), dear)[0].shown_minor == 14850
    worth = context().market.exchange["NOK"].rate
    fixed = decided(rule("fixed", {"do": "markup", "minor": 100}), dear)[0]
    assert fixed.shown_minor == 13500 + round(100 / worth)
    assert said(fixed, "fixed").why == f"shown to the buyer for {round(100 / worth) / 100:.2f} NOK more"


def test_what_is_required_is_asked_of_carriers_and_judged_again() -> None:
    dear = check("shipment.value", "above", 10_000)
    wanted = policy(
        rule("sign", {"do": "require", "needs": ["signature", "age_check"], "min_age": 21}, when=dear),
        rule("cold", {"do": "require", "needs": ["chilled"]}),
    )
    cheap, valuable = context(), context(Parcel(weight_g=1, value=Money.parse("101", "USD")))
    assert wanted.requires(cheap).requirements == Requirements(temperature="chilled")
    assert wanted.requires(valuable).requirements == Requirements(signature=True, min_age=21, temperature="chilled")
    frozen = replace(
        cheap, shipment=replace(cheap.shipment, requirements=Requirements(temperature="frozen", min_age=30))
    )
    assert wanted.requires(frozen).requirements == Requirements(temperature="frozen", min_age=30)
    able = candidate("able", can=Can(signature=True, age_check=True, temperature=True))
    judged = wanted.decide([able, A], valuable)
    assert [(one.candidate.account, one.rank) for one in judged] == [("able", 1), ("a", None)]
    assert said(judged[1], "sign").why.startswith("required, but a cannot do: signature, age check, because declared")


def test_insurance_is_what_the_policy_says_that_a_contract_covers() -> None:
    insured = policy(rule("safe", {"do": "require", "needs": ["insurance"]}), cover={"a": 20_000, "b": 5_000})
    worth = context(Parcel(weight_g=1, value=Money.parse("60", "USD")))
    judged = insured.decide([A, B, candidate("c")], worth)
    assert {one.candidate.account: one.rank for one in judged} == {"a": 1, "b": None, "c": None}
    b = next(one for one in judged if one.candidate is B)
    assert said(b, "safe").why == "required, but b cannot do: insurance beyond 50.00 USD"
    assert [one.rank for one in insured.decide([A, B], context())] == [1, 2]
    assert insured.requires(worth) == worth.shipment


def test_the_last_resort_is_the_first_row_that_holds() -> None:
    rows = [
        {"name": "Pallet", "minor": 9900, "service": "economy", "when": check("shipment.weight", "above", 30, "kg")},
        {"name": "Standard", "minor": 990, "within_hours": 72},
    ]
    with_rows = policy(rule("x", {"do": "keep"}), fallback=rows)
    light, heavy = with_rows.last_resort(context()), with_rows.last_resort(context(Parcel(weight_g=31_000)))
    assert light is not None
    assert heavy is not None
    assert (light.name, light.minor, light.within_hours, light.service) == ("Standard", 990, 72, ServiceLevel.STANDARD)
    assert (heavy.name, heavy.service) == ("Pallet", ServiceLevel.ECONOMY)
    assert policy(fallback=rows[:1], score={}).last_resort(context()) is None


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"do": "fly"}, "/then/do", "unknown_action"),
    ({}, "/then/do", "missing_parameter"),
    ({"do": "drop", "minor": 1}, "/then/minor", "unknown_parameter"),
    ({"do": "prefer"}, "/then/minor", "missing_parameter"),
    ({"do": "prefer", "minor": 1.5}, "/then/minor", "invalid"),
    ({"do": "prefer", "minor": -1}, "/then/minor", "out_of_range"),
    ({"do": "require", "needs": []}, "/then/needs", "missing_parameter"),
    ({"do": "require", "needs": ["wings"]}, "/then/needs", "invalid"),
    ({"do": "require", "needs": ["chilled", "frozen"]}, "/then/needs", "impossible"),
    ({"do": "cap_share", "percent": 100}, "/then/percent", "out_of_range"),
    ({"do": "cap_share", "percent": 9, "period": "year"}, "/then/period", "invalid"),
    ({"do": "commit", "bookings": 0, "minor": 1}, "/then/bookings", "out_of_range"),
    ({"do": "markup"}, "/then/percent", "missing_parameter"),
]


@pytest.mark.parametrize(("then", "pointer", "code"), BAD)
def test_what_is_wrong_in_an_action_is_pointed_at(then: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        policy({"name": "x", "then": then})
    assert (refused.value.pointer, refused.value.code) == (f"/rules/0{pointer}", code)


SIGN = rule("sign", {"do": "require", "needs": ["signature"]})
ON_RATE = check("rate.price", "above", 1)


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ({"rules": [rule("a", {"do": "keep"}), rule("a", {"do": "keep"})]}, "/rules/1/name", "taken"),
        ({"rules": [rule("price", {"do": "keep"})]}, "/rules/0/name", "taken"),
        ({"rules": [rule("a\nb", {"do": "keep"})]}, "/rules/0/name", "invalid"),
        ({"rules": [{"name": "a"}]}, "/rules/0/then", "missing_parameter"),
        ({"rules": [{**SIGN, "when": ON_RATE}]}, "/rules/0/when", "wrong_scope"),
        (
            {"rules": [group("g", "first", rule("r", {"do": "keep"}, when=ON_RATE), SIGN)]},
            "/rules/0/rules/1",
            "wrong_scope",
        ),
        ({"rules": [group("g", "any", SIGN)]}, "/rules/0/match", "unknown_word"),
        ({"rules": [group("g", "all")]}, "/rules/0/rules", "missing_parameter"),
        ({"rules": [group("g", "all", group("h", "all", SIGN))]}, "/rules/0/rules/0", "invalid"),
        ({"score": {"speed": 1}}, "/score/speed", "unknown_parameter"),
        ({"score": {"late_minor": -1}}, "/score/late_minor", "out_of_range"),
        ({"score": {"assumed_on_time_percent": 101}}, "/score/assumed_on_time_percent", "out_of_range"),
        ({"score": {}, "rules": [{"kind": "cheapest"}]}, "/score", "conflict"),
        ({"score": {}, "timezone": "Oslo"}, "/timezone", "invalid"),
        ({"score": {}, "cover": {"a": "1"}}, "/cover/a", "invalid"),
        ({"score": {}, "fallback": []}, "/fallback", "missing_parameter"),
        ({"score": {}, "fallback": [{"name": "x", "minor": -1}]}, "/fallback/0/minor", "out_of_range"),
        ({"score": {}, "fallback": [{"name": "x", "minor": 1, "when": ON_RATE}]}, "/fallback/0/when", "wrong_scope"),
    ],
)
def test_what_is_wrong_in_a_policy_is_pointed_at(members: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        policy(**members)
    assert (refused.value.pointer, refused.value.code) == (pointer, code)


def test_every_action_says_what_it_is() -> None:
    assert all(action.__doc__ and action.act.__doc__ for action in ACTIONS.values())
