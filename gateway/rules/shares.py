"""Caps of shares that leave bookings to nobody: together the accounts may have less than all of them.

Only rules whose conditions ask about accounts alone are looked at; whatever depends on the shipment is believed to
leave somebody. In a group that is "first" nothing is looked at behind a rule that may apply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.rules.actions import CapShare
from gateway.rules.conditions import checks
from gateway.rules.rule import Group, Rule, placed

OF_ACCOUNTS = frozenset({"rate.account", "rate.carrier", "rate.carrier_kind"})
ALL = 100

Account = Mapping[str, Any]
"""The values of these fields."""


def left_over(steps: Sequence[Rule | Group], accounts: Sequence[Account]) -> tuple[str, int] | None:
    """The last cap, as a JSON pointer, of those that together leave less than all, and the percent that they leave;
    None where every booking has somebody, or where there are no accounts yet.
    """
    caps = {pointer: action for pointer, rule in placed(steps) for action in rule.then if isinstance(action, CapShare)}
    if not caps or not accounts:
        return None
    together = sum(_most(steps, account) for account in accounts)
    return None if together >= ALL else (list(caps)[-1], together)


def _most(steps: Sequence[Rule | Group], account: Account) -> int:
    """Percent of the bookings that an account may have."""
    most = ALL
    for rule in _applying(steps, account):
        caps = [action.percent for action in rule.then if isinstance(action, CapShare)]
        most = 0 if rule.drops else min(most, *caps, ALL)
    return most


def _applying(steps: Sequence[Rule | Group], account: Account) -> Iterator[Rule]:
    """The rules that apply to an account, whatever is shipped."""
    for step in steps:
        for rule in step.rules if isinstance(step, Group) else (step,):
            alone = all(check.field.name in OF_ACCOUNTS for check in checks(rule.when))
            applies = alone and rule.when.test(account)
            if applies:
                yield rule
            if isinstance(step, Group) and step.first and (applies or not alone):
                break
