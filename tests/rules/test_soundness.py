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


def test_sets_of_very_many_words_are_read_in_no_time() -> None:
    began = process_time()
    many = [check("shipment.tags", "has_any", [f"t{part}_{n}" for n in range(1000)]) for part in range(20)]
    assert policy(drop("tagged", {"all": many})).rules
    assert process_time() - began < 5


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
        ({"score": {}, "cover": {"a/b~c": -1}}, "/cover/a~1b~0c", "invalid"),
    ],
)
def test_what_can_never_count_is_pointed_at(data: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        Policy.parse("x", 1, {"currency": "USD", **data})
    assert (refused.value.pointer, refused.value.code) == (pointer, code)
