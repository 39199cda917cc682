"""Whether a policy can mean something: no condition that never holds, and not everything dropped.

Every field that a condition asks about is tried with values that stand for all others: numbers around each value that
is compared with, each text that is named and one that is not, sets with and without each word, and a missing value
where there may be one. If no combination of them makes the condition true, none does. What is tried is a superset of
what can happen (fields are taken as independent), so nothing that has a meaning is refused. All conditions of a policy
share `MOST_TRIES` combinations, as many as again are tried for the whole; what needs more is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from math import prod
from typing import Any

from gateway.domain.errors import Unprocessable
from gateway.rules.actions import MaxPrice
from gateway.rules.conditions import ALWAYS_TRUE, Check, checks
from gateway.rules.fields import FIELDS, Field
from gateway.rules.operators import OPERATORS
from gateway.rules.quantities import KINDS
from gateway.rules.rule import Group, Rule

MOST_TRIES = 20_000
LARGEST_SET = 8
OTHER = "\N{REPLACEMENT CHARACTER}"
"""A text that nobody compares with."""

Values = Mapping[str, Any]


def refuse_contradictions(steps: Sequence[Rule | Group]) -> None:
    """Raises Unprocessable (`impossible`, `always_empty`) at the condition, or at the rules."""
    placed = list(_placed(steps))
    for pointer, rule in placed:
        if not _possible(list(checks(rule.when)), rule.when.test, MOST_TRIES // len(placed)):
            why = f"{rule.name!r} can never apply: its condition contradicts itself"
            raise Unprocessable(f"{pointer}/when", why, "impossible")
    for index, step in enumerate(steps):
        conditional = isinstance(step, Rule) and step.when is not ALWAYS_TRUE
        _refuse_empty([step], f"/rules/{index}/when" if conditional else f"/rules/{index}")
    _refuse_empty(steps, "/rules")


def _refuse_empty(steps: Sequence[Rule | Group], pointer: str) -> None:
    """Raises Unprocessable when nothing survives these steps."""
    deciding = [check for step in steps for rule in _deciding(step) for check in _checks(rule)]
    if not _possible(deciding, lambda values: _survives(steps, values), MOST_TRIES):
        named = ", ".join(rule.name for _, rule in _placed(steps) if _may_drop(rule))
        raise Unprocessable(pointer, f"the policy drops every offer there can be, by: {named}", "always_empty")


def _placed(steps: Sequence[Rule | Group]) -> Iterator[tuple[str, Rule]]:
    for index, step in enumerate(steps):
        if isinstance(step, Rule):
            yield f"/rules/{index}", step
        else:
            yield from ((f"/rules/{index}/rules/{place}", rule) for place, rule in enumerate(step.rules))


def _deciding(step: Rule | Group) -> tuple[Rule, ...]:
    """The rules that decide whether a step drops: those that may, and in a group that is "first" all others too."""
    rules = (step,) if isinstance(step, Rule) else step.rules
    droppers = tuple(rule for rule in rules if _may_drop(rule))
    return rules if droppers and isinstance(step, Group) and step.first else droppers


def _may_drop(rule: Rule) -> bool:
    return rule.drops or any(isinstance(action, MaxPrice) for action in rule.then)


def _checks(rule: Rule) -> Iterator[Check]:
    yield from checks(rule.when)
    for action in rule.then:
        if isinstance(action, MaxPrice):
            yield Check(FIELDS["rate.price"], OPERATORS["above"], action.minor, "")


def _survives(steps: Sequence[Rule | Group], values: Values) -> bool:
    """Whether no rule drops a candidate with these values."""
    for step in steps:
        for rule in _deciding(step):
            if rule.when.test(values):
                if rule.drops or any(
                    isinstance(action, MaxPrice) and values["rate.price"] > action.minor for action in rule.then
                ):
                    return False
                if isinstance(step, Group) and step.first:
                    break
    return True


def _possible(comparisons: Sequence[Check], holds: Callable[[Values], bool], most: int) -> bool:
    """Whether it holds of some values, as far as it is tried."""
    by_field: dict[str, list[Check]] = {}
    for check in comparisons:
        by_field.setdefault(check.field.name, []).append(check)
    spread = [_samples(FIELDS[name], found) for name, found in by_field.items()]
    tried = islice(product(*spread), most)
    if any(holds(dict(zip(by_field, values, strict=True))) for values in tried):
        return True
    return prod(len(samples) for samples in spread) > most


def _samples(field: Field, comparisons: Sequence[Check]) -> list[Any]:
    """Values of a field of which one stands for every other, seen by these comparisons."""
    named = {value for check in comparisons for value in _named(check)}
    family = KINDS[field.kind].family
    if family == "ordered":
        found = _around(field, named)
    elif family == "flag":
        found = [True, False]
    elif family == "set":
        found = _sets(sorted(named), bounded=bool(field.words))
    else:
        found = list(field.words) or [OTHER, *sorted(named), *(f"{prefix}{OTHER}" for prefix in sorted(named))]
    # a rate without a price in the policy's currency is out at the gate
    return found if field.always or field.name == "rate.price" else [*found, None]


def _named(check: Check) -> tuple[Any, ...]:
    if check.op.takes == "none":
        return ()
    return (check.value,) if check.op.takes == "one" else tuple(check.value)


def _around(field: Field, named: set[int]) -> list[Any]:
    near = {value + step for value in named for step in (-1, 0, 1)} or {field.least or 0}
    least = min(near) if field.least is None else field.least
    most = max(near) if field.most is None else field.most
    return sorted(value for value in near if least <= value <= most) or [least]


def _sets(named: Sequence[str], *, bounded: bool) -> list[Any]:
    """Every set of the words, with and without another; of very many words only the small and the large sets."""
    whole = frozenset(named)
    sizes = range(len(named) + 1) if len(named) <= LARGEST_SET else (0, 1)
    found = [frozenset(some) for size in sizes for some in combinations(named, size)]
    found += [whole - some for some in found]
    if not bounded:
        found += [some | {OTHER} for some in found]
    return list(dict.fromkeys(found))
