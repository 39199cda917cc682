"""Policies in words: what a rule, a weight or a rate of last resort says, before anything is judged by it.

What a rule said of an offer is `rule.Rule.judge`'s; here nobody has asked yet: "When weight is above 20 kg and carrier
kind is own: counts 10.00 EUR less."
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from gateway.rules.actions import (
    Action,
    CapShare,
    Commit,
    Drop,
    Keep,
    Markup,
    MaxPrice,
    Need,
    Penalise,
    Period,
    Prefer,
    Require,
)
from gateway.rules.conditions import ALWAYS_TRUE, SINGLE, All, AnyOf, Check, Condition, Not
from gateway.rules.market import Market
from gateway.rules.rule import Rule
from gateway.rules.rule_data import FallbackRate
from gateway.rules.score import Score

COUNTED = {Period.DAY: "a day's", Period.WEEK: "a week's"}


def rule_told(rule: Rule, market: Market) -> str:
    """A rule as a sentence."""
    done = "; ".join(action_told(action, market) for action in rule.then)
    return f"{_begun(rule.when)}: {done}."


def fallback_told(rate: FallbackRate, market: Market) -> str:
    """A rate of last resort as a sentence."""
    hours = "" if rate.within_hours is None else f", within {rate.within_hours} hours"
    shown = f"{market.text(rate.minor)}, {rate.service.value.replace('_', ' ')}{hours}"
    return f"{_begun(rate.when)}: the buyer is shown {rate.name} at {shown}."


def condition_told(condition: Condition) -> str:
    """A condition, as it can follow "when"."""
    if isinstance(condition, Check):
        return _check(condition)
    if isinstance(condition, Not):
        return f"not ({condition_told(condition.part)})"
    if not condition.parts:
        return "always"
    words = " and " if isinstance(condition, All) else " or "
    return words.join(_inner(part) for part in condition.parts)


def score_told(score: Score, market: Market) -> Iterator[str]:
    """What counts, a sentence for each part that does."""
    if score.price_percent:
        yield "The price counts." if score.price_percent == 100 else f"The price counts {score.price_percent} %."
    if score.value_per_hour_minor or score.without_promise_minor:
        yield (
            f"Every hour until the promise counts {market.text(score.value_per_hour_minor)}; "
            f"no promise at all {market.text(score.without_promise_minor)}."
        )
    if score.late_minor:
        yield (
            f"Being late counts {market.text(score.late_minor)}, as likely as it is; without history "
            f"{score.assumed_on_time_percent} % are taken to be on time."
        )
    if score.redelivery_minor:
        yield (
            f"A second attempt counts {market.text(score.redelivery_minor)}, as likely as it is; without history "
            f"{score.assumed_first_attempt_percent} % are taken to succeed at the first."
        )
    if score.co2e_per_kg_minor:
        yield (
            f"A kilogram of CO2e counts {market.text(score.co2e_per_kg_minor)}; where it is not known, "
            f"{score.assumed_co2e_g} g are taken."
        )


def _begun(when: Condition) -> str:
    return "Always" if when == ALWAYS_TRUE else f"When {condition_told(when)}"


def _inner(part: Condition) -> str:
    told = condition_told(part)
    return f"({told})" if isinstance(part, All | AnyOf) and len(part.parts) > 1 else told


def _check(check: Check) -> str:
    words = check.op.says
    if check.op.takes == "many" and len(check.value) == 1:
        words = SINGLE.get(words, words)
    return f"{check.field.label} {words} {check.said}".rstrip()


@singledispatch
def action_told(action: Action, market: Market) -> str:
    """What an action does, without a stop. Raises TypeError: nobody has said it of this action."""
    raise TypeError(f"no words for {action.do}")


@action_told.register
def _(action: Drop, market: Market) -> str:
    return "it is not offered"


@action_told.register
def _(action: Keep, market: Market) -> str:
    return "it stays as it is"


@action_told.register
def _(action: Require, market: Market) -> str:
    words = [need.value.replace("_", " ") for need in action.needs]
    age = f" (from {action.min_age} years)" if Need.AGE_CHECK in action.needs else ""
    return f"the carrier must be able to do {', '.join(words)}{age}"


@action_told.register
def _(action: Prefer, market: Market) -> str:
    return f"it counts {market.text(action.minor)} less"


@action_told.register
def _(action: Penalise, market: Market) -> str:
    return f"it counts {market.text(action.minor)} more"


@action_told.register
def _(action: MaxPrice, market: Market) -> str:
    return f"it is not offered above {market.text(action.minor)}"


@action_told.register
def _(action: CapShare, market: Market) -> str:
    share = f"its account gets at most {action.percent} % of {COUNTED[action.period]} bookings"
    return f"{share}, from {action.from_bookings} bookings on"


@action_told.register
def _(action: Commit, market: Market) -> str:
    until = f"until its account has {action.bookings} of {COUNTED[action.period]} bookings"
    return f"it counts {market.text(action.minor)} less {until}"


@action_told.register
def _(action: Markup, market: Market) -> str:
    parts = [f"{abs(action.percent)} %" if action.percent else "", market.text(abs(action.minor)) * bool(action.minor)]
    signs = ["more" if each > 0 else "less" for each in (action.percent, action.minor)]
    told = " and ".join(f"{part} {sign}" for part, sign in zip(parts, signs, strict=True) if part)
    return f"the buyer sees {told}"
