"""Conditions over columns: where they hold. A missing value makes every comparison false but `missing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gateway.engines.replay.columns import Columns
from gateway.engines.replay.numbers import Array
from gateway.rules.conditions import All, Check, Condition, Not
from gateway.rules.quantities import KINDS

COMPARED: Mapping[str, Callable[[Array, Any], Array]] = {
    "is": lambda found, value: found == value,
    "is_not": lambda found, value: found != value,
    "above": lambda found, value: found > value,
    "at_least": lambda found, value: found >= value,
    "below": lambda found, value: found < value,
    "at_most": lambda found, value: found <= value,
    "between": lambda found, value: (found >= value[0]) & (found <= value[1]),
    "present": lambda found, value: np.ones(len(found), dtype=bool),
}
"""The operators of ordered fields. Those of all others ask the live operator about each distinct value."""


def where(condition: Condition, columns: Columns, *, asked: bool = False) -> Array:
    """Where it holds, a row per offer; `asked`: per shipment, for conditions that ask about nothing else."""
    if isinstance(condition, Check):
        mask = _check(condition, columns)
        return mask if asked else columns.spread(condition.field.name, mask)
    if isinstance(condition, Not):
        return ~where(condition.part, columns, asked=asked)
    every = isinstance(condition, All)
    result = np.full(columns.shipments if asked else len(columns.of), every, dtype=bool)
    for part in condition.parts:
        found = where(part, columns, asked=asked)
        result = result & found if every else result | found
    return result


def _check(check: Check, columns: Columns) -> Array:
    name, op, value = check.field.name, check.op, check.value
    if KINDS[check.field.kind].family == "ordered":
        numbers = columns.numbers(name)
        if op.name == "missing":
            return ~numbers.known
        held: Array = COMPARED[op.name](numbers.values, value).astype(bool)
        return held & numbers.known
    if op.name == "missing":
        return columns.held(name, lambda found: found is None)
    return columns.held(name, lambda found: found is not None and check.holds(found, value))
