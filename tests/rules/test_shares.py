"""Caps that leave bookings to nobody are seen, and nothing else is taken for them."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from gateway.rules.policy import Policy
from gateway.rules.shares import left_over

NUMBERS = count(1)
TWO = [
    {"rate.account": name, "rate.carrier": carrier, "rate.carrier_kind": "courier"}
    for name, carrier in (("north", "bring"), ("south", "gls"))
]


def cap(percent: int, when: dict[str, Any] | None = None) -> dict[str, Any]:
    rule = {"name": f"cap {next(NUMBERS)}", "then": {"do": "cap_share", "percent": percent}}
    return rule if when is None else {**rule, "when": when}


def of(account: str) -> dict[str, Any]:
    return {"field": "rate.account", "op": "is", "value": account}


NORTH, SOUTH = of("north"), of("south")
HEAVY = {"field": "shipment.weight", "op": "above", "value": 5, "unit": "kg"}
DROP = {"name": "no south", "when": SOUTH, "then": {"do": "drop"}}


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([cap(30)], ("/rules/0", 60)),
        ([cap(50)], None),
        ([cap(30, NORTH), cap(30, SOUTH)], ("/rules/1", 60)),
        ([cap(30, NORTH)], None),
        ([cap(30, NORTH), DROP], ("/rules/0", 30)),
        ([cap(99, {"field": "rate.carrier", "op": "is", "value": "bring"}), cap(1, SOUTH)], None),
        ([cap(30, {"any": [NORTH, SOUTH]})], ("/rules/0", 60)),
        ([cap(30, {"all": [NORTH, HEAVY]}), cap(30, SOUTH)], None),
        ([{"name": "g", "match": "first", "rules": [cap(70, NORTH), cap(20)]}], ("/rules/0/rules/1", 90)),
        ([{"name": "g", "match": "first", "rules": [cap(70, HEAVY), cap(20)]}], None),
        ([{"name": "g", "match": "all", "rules": [cap(70, HEAVY), cap(20)]}], ("/rules/0/rules/1", 40)),
        ([DROP], None),
    ],
)
def test_what_the_accounts_may_have_together(rules: list[Any], found: tuple[str, int] | None) -> None:
    steps = Policy.parse("p", 1, {"currency": "NOK", "rules": rules}).steps
    assert left_over(steps, TWO) == found
    assert left_over(steps, []) is None
