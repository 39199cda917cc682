"""A policy that would drop everything is refused; one that could keep something is not."""

from time import process_time
from typing import Any

import pytest

from gateway.domain.errors import Unprocessable
from gateway.rules.policy import Policy
from tests.rules.bench import check, drop, policy, short


@pytest.mark.parametrize(
    "rules",
    [
        [{"name": "all", "then": {"do": "drop"}}],
        [drop("dear", check("rate.price", "above", 500)), drop("cheap", check("rate.price", "at_most", 500))],
        [drop("a", check("rate.account", "is", "a")), drop("others", check("rate.account", "not_in", ["a"]))],
        [short("allow_accounts", accounts=["a"]), short("deny_accounts", accounts=["a"])],
        [
            drop("dear", check("rate.price", "at_least", 300)),
            short("max_price", limit_minor=5),
            drop("x", check("rate.price", "below", 6)),
        ],
        [drop("known", check("rate.promise", "present")), drop("unknown", check("rate.promise", "missing"))],
        [
            drop("at home", check("destination.residential", "is", True)),
            drop("elsewhere", {"not": check("destination.residential", "is", True)}),
        ],
        [
            {
                "name": "group",
                "match": "first",
                "rules": [drop("mornings", check("now.hour", "below", 12)), {"name": "rest", "then": {"do": "drop"}}],
            }
        ],
        [drop(f"by {kind}", check("rate.carrier_kind", "is", kind)) for kind in ("own", "courier", "crowd", "locker")],
        [
            {"name": "signed for", "then": {"do": "require", "needs": ["signature"]}},
            drop("signers", check("rate.can", "has_any", ["signature"])),
        ],
        [short("allow_accounts", accounts=["a"]), short("allow_accounts", accounts=["b"])],
        [short("zone", only=["oslo"]), short("zone", only=["bergen"])],
        [
            drop("10", check("destination.postcode", "starts_with", ["10"])),
            drop("rest", {"not": check("destination.postcode", "starts_with", "10")}),
        ],
    ],
)
def test_what_drops_everything_is_refused(rules: list[dict[str, Any]]) -> None:
    with pytest.raises(Unprocessable) as refused:
        policy(*rules)
    alone = "/0" if len(rules) == 1 else ""
    assert (refused.value.pointer, refused.value.code) == (f"/rules{alone}", "always_empty")


@pytest.mark.parametrize(
    "rules",
    [
        [drop("dear", check("rate.price", "above", 500)), drop("cheap", check("rate.price", "below", 500))],
        [drop("a", check("rate.account", "is", "a")), drop("b or c", check("rate.account", "in", ["b", "c"]))],
        [
            drop("yes", check("destination.residential", "is", True)),
            drop("no", check("destination.residential", "is", False)),
        ],
        [short("allow_accounts", accounts=["a", "b"]), short("deny_accounts", accounts=["a"])],
        [short("max_price", limit_minor=0)],
        [
            {
                "name": "group",
                "match": "first",
                "rules": [
                    {"name": "vans stay", "when": check("rate.carrier_kind", "is", "own"), "then": {"do": "keep"}},
                    {"name": "rest", "then": {"do": "drop"}},
                ],
            }
        ],
        [drop(f"zone {n}", check("destination.zone", "is", f"z{n}")) for n in range(200)],
        [drop(f"f{n}", check("shipment.tags", "has_any", [f"t{n}"])) for n in range(40)],
        [
            drop(
                "some of many",
                {
                    "all": [
                        check("shipment.tags", "has_all", ["a", "b"]),
                        check("shipment.tags", "has_none", list("cdefghij")),
                    ]
                },
            )
        ],
    ],
)
def test_what_may_keep_something_is_taken(rules: list[dict[str, Any]]) -> None:
    assert policy(*rules).rules


@pytest.mark.parametrize(
    "both",
    [
        [check("shipment.heaviest", "above", 2, "kg"), check("shipment.weight", "below", 3, "kg")],
        [check("shipment.heaviest", "is", 2000), check("shipment.weight", "at_most", 2000)],
        [check("now.hour", "above", 17), check("now.time", "below", "18:01")],
        [check("now.hour", "below", 18), check("now.time", "at_least", "17:59")],
        [check("ready.hour", "is", 9), check("ready.time", "between", ["09:20", "09:40"])],
        [check("now.hour", "between", [8, 20]), check("now.time", "is", "12:34")],
        [check("now.hour", "missing"), check("now.time", "missing")],
    ],
)
def test_what_depends_on_each_other_and_agrees_is_taken(both: list[dict[str, Any]]) -> None:
    assert policy(drop("x", {"all": both})).rules


def test_sets_of_very_many_words_are_read_in_no_time() -> None:
    began = process_time()
    many = [check("shipment.tags", "has_any", [f"t{part}_{n}" for n in range(1000)]) for part in range(20)]
    assert policy(drop("tagged", {"all": many})).rules
    assert process_time() - began < 5


def tagged(word: str) -> dict[str, Any]:
    return check("shipment.tags", "has_any", [word])


def area(op: str, value: object) -> dict[str, Any]:
    return check("destination.postcode", op, value)


def needs(what: str, when: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": f"needs {what}", "when": when or {"all": []}, "then": {"do": "require", "needs": [what]}}


def test_chilled_and_frozen_do_not_contradict_each_other_where_they_can_be_told_apart() -> None:
    assert policy(needs("chilled", tagged("milk")), needs("frozen", tagged("ice"))).rules
    either = [needs("frozen", tagged("ice")), needs("chilled")]
    assert policy({"name": "cold", "match": "first", "rules": either}).rules


FIRST = [{"name": "rest", "when": {"all": []}, "then": {"do": "keep"}}, drop("late", check("now.hour", "above", 9))]


@pytest.mark.parametrize(
    ("data", "pointer", "code"),
    [
        ({"rules": [{"name": "group", "match": "first", "rules": FIRST}]}, "/rules/0/rules/1", "impossible"),
        (
            {"rules": [{"name": "insured", "then": {"do": "require", "needs": ["insurance"]}}]},
            "/rules/0/then",
            "missing_parameter",
        ),
        (
            {"score": {}, "fallback": [{"name": "a", "minor": 1}, {"name": "b", "minor": 2}]},
            "/fallback/1",
            "impossible",
        ),
        (
            {"score": {}, "fallback": [{"name": "a", "minor": 1, "when": check("now.hour", "above", 23)}]},
            "/fallback/0/when",
            "impossible",
        ),
        (
            {"rules": [needs("insurance"), short("deny_accounts", accounts=["a"])], "cover": {"a": 1}},
            "/rules",
            "always_empty",
        ),
        ({"rules": [drop("x", area("starts_with", ["10", "10*"]))]}, "/rules/0/when/value/1", "invalid"),
        ({"rules": [drop("x", {"not": area("is", "0250 - 0299")})]}, "/rules/0/when/not/value", "invalid"),
        *(
            ({"rules": [drop("x", {"all": both})]}, "/rules/0/when", "impossible")
            for both in (
                [check("shipment.heaviest", "above", 2, "kg"), check("shipment.weight", "below", 1, "kg")],
                [check("now.hour", "at_least", 18), check("now.time", "at_most", "17:59")],
                [check("ready.hour", "is", 9), check("ready.time", "between", ["10:00", "12:00"])],
                [check("rate.transit_p50", "above", 9), check("rate.transit_p90", "below", 9)],
            )
        ),
        ({"rules": [needs("frozen"), needs("chilled")]}, "/rules/1/then", "impossible"),
        ({"rules": [needs("chilled", tagged("milk")), needs("frozen")]}, "/rules/1/then", "impossible"),
        (
            {"rules": [needs("frozen", tagged("ice")), needs("chilled", {"all": [tagged("ice"), tagged("b")]})]},
            "/rules/1/then",
            "impossible",
        ),
        ({"score": {}, "cover": {"a/b~c": -1}}, "/cover/a~1b~0c", "invalid"),
    ],
)
def test_what_can_never_count_is_pointed_at(data: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        Policy.parse("x", 1, {"currency": "USD", **data})
    assert (refused.value.pointer, refused.value.code) == (pointer, code)
