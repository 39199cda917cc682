"""Whether a policy states amounts of money: if it does not, any one currency is as good as its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from gateway.rules.conditions import checks
from gateway.rules.rule import Group, Rule
from gateway.rules.score import Score


def states_no_amount(score: Score, steps: Sequence[Rule | Group]) -> bool:
    """No weight in minor units, no action with some, no condition about money: at most percentages of prices."""
    rules = [rule for step in steps for rule in (step.rules if isinstance(step, Group) else (step,))]
    weights = any(getattr(score, each.name) for each in fields(score) if each.name.endswith("_minor"))
    acts = any(getattr(action, "minor", 0) for rule in rules for action in rule.then)
    asks = any(check.field.kind == "money" for rule in rules for check in checks(rule.when))
    return not (weights or acts or asks)
