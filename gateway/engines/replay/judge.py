"""Every offer of a slice judged: the gate, the score and the rules, over columns. Words are for the live engine.

What `judging.Judge` and `policy.Policy.decide` say of one decision holds here of all of them; a property test compares
the two on random policies and shipments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gateway.engines.replay.columns import Columns, to_point
from gateway.engines.replay.masks import where
from gateway.engines.replay.numbers import SECOND, Array, Numbers, exact, narrow, per, total, wide
from gateway.engines.replay.tables import unwords
from gateway.rules.actions import (
    FEATURES,
    Action,
    CapShare,
    Commit,
    Drop,
    Keep,
    Markup,
    MaxPrice,
    Need,
    Penalise,
    Prefer,
    Require,
)
from gateway.rules.conditions import scope_of
from gateway.rules.fields import Scope
from gateway.rules.rule import Group, Rule
from gateway.rules.score import Score


@dataclass(slots=True)
class Judgement:
    """What came of the offers of a slice.

    `counted` are the actions that depend on earlier bookings, with the offers they apply to: `sequence` settles them.
    """

    columns: Columns
    price: Numbers
    out: Array
    score: Array
    markup: Array
    marked: Array
    counted: list[tuple[CapShare | Commit, Array]] = field(default_factory=list)

    @property
    def shown(self) -> Numbers:
        """What the buyer sees where a rule marks the price up, in the currency of the rate."""
        shown = total(self.columns.part.offers["price_minor"].to_numpy(), self.markup)
        return Numbers(np.maximum(shown, 0), self.marked & self.price.known)


def judged(columns: Columns) -> Judgement:
    """All offers under the policy of the columns."""
    policy = columns.policy
    _require(policy.steps, columns)
    offers = len(columns.of)
    nothing = np.zeros(offers, dtype=np.int64)
    price = columns.compared()
    found = Judgement(
        columns, price, _gate(columns, price), _scored(policy.score, columns, price), nothing, nothing > 0
    )
    for step in policy.steps:
        free = np.ones(offers, dtype=bool)
        for rule in (step,) if isinstance(step, Rule) else step.rules:
            applies = where(rule.when, columns) & free
            _act(rule, applies, found)
            if isinstance(step, Group) and step.first:
                free &= ~applies
    return found


def _require(steps: tuple[Rule | Group, ...], columns: Columns) -> None:
    """Adds to each shipment's needs what rules require of it (see `requiring`)."""
    more: list[tuple[Array, frozenset[str]]] = []
    for step in steps:
        first = isinstance(step, Group) and step.first
        free = np.ones(columns.shipments, dtype=bool)
        for rule in step.rules if isinstance(step, Group) else (step,):
            if scope_of(rule.when) is not Scope.ASKED:
                if first:
                    break
                continue
            applies = where(rule.when, columns, asked=True) & free
            needs = {
                FEATURES[n] for each in rule.then if isinstance(each, Require) for n in each.needs if n in FEATURES
            }
            more.append((applies, frozenset(needs)))
            if first:
                free &= ~applies
    for applies, added in more:
        if added:
            columns.needs = [
                known | added if here else known for known, here in zip(columns.needs, applies, strict=True)
            ]


def _bits(sets: list[frozenset[str]], names: Mapping[str, int]) -> Array:
    codes = {each: sum(names[name] for name in each) for each in set(sets)}
    return np.array([codes[each] for each in sets], dtype=np.int64)


CAPABILITY_BITS: Mapping[str, int] = {
    name: 1 << place
    for place, name in enumerate((*dict.fromkeys(FEATURES.values()), "cash_on_delivery", "service_points"))
}


def _can(columns: Columns) -> Array:
    found: Array = _bits([unwords(text) for text in columns.part.lanes["can"]], CAPABILITY_BITS)[columns.lane]
    return found


def _gate(columns: Columns, price: Numbers) -> Array:
    """Who is out at the gate: see `gate`."""
    point = columns.part.asked["point"].to_numpy()[columns.of]
    services = [unwords(text) for text in columns.part.asked["asked.services"]]
    asked = np.array(["service_point" in each for each in services], dtype=bool)[columns.of]
    pointed = to_point(columns)
    needed = _bits(columns.needs, CAPABILITY_BITS)[columns.of] | pointed * CAPABILITY_BITS["service_points"]
    out: Array = ~price.known | (needed & ~_can(columns) != 0)
    out |= (point & ~pointed) | (pointed & ~point & ~asked)
    for name, limit in (
        ("shipment.heaviest", "max_weight_g"),
        ("shipment.longest_side", "max_length_mm"),
        ("shipment.parcels", "max_parcels"),
    ):
        most = columns.part.lanes[limit]
        bound = most.fill_null(2**62).to_numpy()[columns.lane]
        out |= columns.numbers(name).values[columns.of] > bound
    return out


def _scored(score: Score, columns: Columns, price: Numbers) -> Array:
    """The weights' part of the score: see `score`."""
    result = np.zeros(len(columns.of), dtype=np.int64)
    if score.price_percent:
        worth = price.values if score.price_percent == 100 else per(score.price_percent, price.values, 100)
        result = total(result, np.where(price.known, worth, 0))
    if score.value_per_hour_minor or score.without_promise_minor:
        result = total(result, _time(score, columns))
    chances = (
        (score.late_minor, "rate.on_time", score.assumed_on_time_percent),
        (score.redelivery_minor, "rate.first_attempt", score.assumed_first_attempt_percent),
    )
    for cost, name, assumed in chances:
        if cost:
            known = columns.numbers(name)
            result = total(result, per(cost, 10_000 - np.where(known.known, known.values, assumed * 100), 10_000))
    if score.co2e_per_kg_minor:
        grams = columns.numbers("rate.co2e")
        weighed = np.where(grams.known, grams.values, score.assumed_co2e_g)
        result = total(result, per(score.co2e_per_kg_minor, weighed, 1000))
    return result


def starts(columns: Columns) -> Array:
    """When the wait begins, per shipment: `Context.starts_at`."""
    now, ready, window = columns.moments("now"), columns.moments("ready_at"), columns.moments("window_start")
    begun = np.maximum(now.values, ready.values)
    return np.where(window.known, np.maximum(begun, window.values), begun)


def _time(score: Score, columns: Columns) -> Array:
    by = columns.moments("deliver_by")
    wait = np.maximum(by.values - starts(columns)[columns.of], 0) // SECOND
    wait = np.where(by.known, wait, 0)
    cost = narrow(-(-score.value_per_hour_minor * wide(wait, score.value_per_hour_minor) // 3600))
    return np.where(by.known, cost, score.without_promise_minor)


def _act(rule: Rule, applies: Array, found: Judgement) -> None:
    markup = np.zeros(len(applies), dtype=np.int64)
    for action in rule.then:
        if isinstance(action, CapShare | Commit):
            found.counted.append((action, applies))
        elif isinstance(action, Markup):
            markup = total(markup, np.where(applies & found.price.known, _markup(action, found.columns), 0))
        else:
            ACTS[type(action)](action, applies, found)
    found.markup = total(found.markup, markup)
    found.marked = found.marked | (markup != 0)


def _markup(action: Markup, columns: Columns) -> Array:
    """In the currency of each rate; of those that the policy has no exchange rate for it is not asked."""
    market = columns.market
    more = [
        market.minor_in(action.minor, code) if code == market.currency or code in market.exchange else 0
        for code in columns.part.lanes["currency"]
    ]
    own = columns.part.offers["price_minor"].to_numpy()
    return total(per(action.percent, own, 100), exact(more)[columns.lane])


def _drop(_: Any, applies: Array, found: Judgement) -> None:
    found.out = found.out | applies


def _keep(_: Any, applies: Array, found: Judgement) -> None:
    """Nothing."""


def _prefer(action: Any, applies: Array, found: Judgement) -> None:
    found.score = total(found.score, np.where(applies, -action.minor, 0))


def _penalise(action: Any, applies: Array, found: Judgement) -> None:
    found.score = total(found.score, np.where(applies, action.minor, 0))


def _max_price(action: Any, applies: Array, found: Judgement) -> None:
    found.out = found.out | (applies & found.price.known & (found.price.values > action.minor).astype(bool))


def _required(action: Any, applies: Array, found: Judgement) -> None:
    columns = found.columns
    wanted = sum(CAPABILITY_BITS[name] for name in {FEATURES[need] for need in action.needs if need in FEATURES})
    lacking = wanted & ~_can(columns) != 0
    if Need.INSURANCE in action.needs:
        cover = columns.market.cover
        accounts = columns.part.lanes["account"].to_list()
        none = np.array([name not in cover for name in accounts], dtype=bool)[columns.lane]
        most = np.array([cover.get(name, 0) for name in accounts], dtype=np.int64)[columns.lane]
        value = columns.numbers("shipment.value")
        beyond = value.known[columns.of] & (most < value.values[columns.of]).astype(bool)
        lacking = lacking | none | beyond
    found.out = found.out | (applies & lacking)


ACTS: Mapping[type[Action], Callable[[Any, Array, Judgement], None]] = {
    Drop: _drop,
    Keep: _keep,
    Require: _required,
    Prefer: _prefer,
    Penalise: _penalise,
    MaxPrice: _max_price,
}
"""What actions do, but for those that count bookings and those that only the buyer sees."""
