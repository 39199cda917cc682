"""B10: conditions checked per second on one core, beside the same comparisons written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import process_time
from typing import Any

from gateway.rules.conditions import checks
from gateway.rules.fields import Facts, asked_facts
from tests.bench.figures import Figure
from tests.bench.stage import Stage
from tests.rules.bench import candidate, check, context, policy

CANDIDATES = 20
WHEN = {
    "all": [
        check("shipment.weight", "above", 500, "g"),
        check("destination.country", "in", ["US", "CA"]),
        check("rate.carrier_kind", "is", "courier"),
        check("rate.price", "between", [100, 90_000]),
        check("rate.promise", "at_most", 3, "d"),
        {"not": check("destination.residential", "is", True)},
        {
            "any": [
                check("shipment.tags", "has_any", ["fragile"]),
                check("destination.postcode", "starts_with", ["100"]),
            ]
        },
    ]
}
"""All of it is looked at: 8 comparisons, the last of which holds."""


def by_hand(facts: Mapping[str, Any]) -> bool:
    """What `WHEN` says, as a programmer would write it."""
    return (
        facts["shipment.weight"] > 500
        and facts["destination.country"] in ("US", "CA")
        and facts["rate.carrier_kind"] == "courier"
        and 100 <= facts["rate.price"] <= 90_000
        and facts["rate.promise"] is not None
        and facts["rate.promise"] <= 3 * 86_400
        and facts["destination.residential"] is not True
        and (not facts["shipment.tags"].isdisjoint(("fragile",)) or facts["destination.postcode"].startswith("100"))
    )


def condition_checks(_: Stage, seconds: float) -> Iterator[Figure]:
    """From candidates to answers: every field is read anew for every decision, as on a quote."""
    rule = policy({"name": "all of it", "when": WHEN, "then": {"do": "keep"}}).rules[0]
    comparisons = len(list(checks(rule.when)))
    measured = _rate(rule.when.test, comparisons, seconds / 2)
    yield Figure(
        benchmark="B10",
        case="condition checks",
        measured=measured,
        unit="/s",
        beside="the same by hand",
        yardstick=_rate(by_hand, comparisons, seconds / 2),
        note=f"one core, {CANDIDATES} candidates a decision, {comparisons} comparisons each, fields read anew",
    )


def _rate(test: Callable[[Facts], bool], comparisons: int, seconds: float) -> float:
    within = replace(context(), market=policy({"kind": "cheapest"}).market)
    candidates = [candidate(f"account {n}", str(5 + n), hours=n + 1) for n in range(CANDIDATES)]
    done, begun = 0, process_time()
    while process_time() - begun < seconds:
        for _ in range(50):
            asked = asked_facts(within)
            held = [test(Facts(within, each, asked)) for each in candidates]
        done += 50 * CANDIDATES * comparisons
        assert all(held)
    return done / (process_time() - begun)
