"""What rules require of the handover, added to what is asked before carriers are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gateway.domain.shipments import Shipment
from gateway.domain.values import Requirements
from gateway.rules.actions import Need, Require
from gateway.rules.conditions import scope_of
from gateway.rules.context import Context
from gateway.rules.fields import Facts, Scope, asked_facts
from gateway.rules.rule import Group, Rule


def required(steps: Sequence[Rule | Group], context: Context) -> Shipment:
    """The shipment with everything that the rules that apply require; the same one where none does."""
    facts, shipment = asked_facts(context), context.shipment
    found = list(_applying(steps, facts))
    if not found:
        return shipment
    needs = shipment.requirements
    for action in found:
        needs = _with(needs, action)
    return replace(shipment, requirements=needs)


def _applying(steps: Sequence[Rule | Group], facts: Facts) -> Iterator[Require]:
    for step in steps:
        first = isinstance(step, Group) and step.first
        for rule in step.rules if isinstance(step, Group) else (step,):
            if scope_of(rule.when) is not Scope.ASKED:
                if first:
                    break  # nothing is required after it: reading a policy sees to that
                continue
            if rule.when.test(facts):
                yield from (action for action in rule.then if isinstance(action, Require))
                if first:
                    break


def _with(needs: Requirements, action: Require) -> Requirements:
    """What the merchant asked for itself stands: a frozen shipment is not made a chilled one."""
    changes: dict[str, Any] = {}
    for need in action.needs:
        if need in (Need.CHILLED, Need.FROZEN):
            changes["temperature"] = need.value if needs.temperature == "ambient" else needs.temperature
        elif need is Need.AGE_CHECK:
            changes["min_age"] = max(needs.min_age or 0, action.min_age)
        elif need is not Need.INSURANCE:
            changes[need.value] = True
    return replace(needs, **changes)
