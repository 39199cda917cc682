"""Whether a policy can mean something: no condition that never holds, and not everything dropped.

Every field that a condition asks about is tried with values that stand for all others: numbers around each value that
is compared with, each text that is named and one that is not, sets with and without each word, and a missing value
where there may be one. If no combination of them makes the condition true, none does. What is tried is a superset of
what can happen (fields are taken as independent, but for those in `linked`), so nothing that has a meaning is refused.
All conditions of a policy share `MOST_TRIES` combinations, as many again are tried for the whole; what needs more is
believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations, islice, pairwise, product
from math import prod
from typing import Any

from gateway.domain.errors import Unprocessable
from gateway.rules.actions import Action, MaxPrice, Need, Require
from gateway.rules.conditions import ALWAYS_TRUE, Check, Condition, checks
from gateway.rules.fields import FIELDS, Field
from gateway.rules.linked import consistent, shared
from gateway.rules.operators import OPERATORS
from gateway.rules.quantities import KINDS
from gateway.rules.rule import Group, Rule, placed

MOST_TRIES = 20_000
MOST_WORDS = 200_000
"""In all sets that are tried for a field."""

OTHER = "\N{REPLACEMENT CHARACTER}"
"""A text that nobody compares with."""

Values = Mapping[str, Any]


def refuse_contradictions(steps: Sequence[Rule | Group], cover: Mapping[str, int]) -> None:
    """Raises Unprocessable (`impossible`, `always_empty`) at the condition, or at the rules; `cover` as in `Market`."""
    rules = list(placed(steps))
    _refuse_uncovered(rules, cover)
    for pointer, rule in rules:
        if not _possible(list(checks(rule.when)), rule.when.test, MOST_TRIES // len(rules)):
            why = f"{rule.name!r} can never apply: its condition contradicts itself"
            raise Unprocessable(f"{pointer}/when", why, "impossible")
    _refuse_unreachable(steps)
    _refuse_opposed(steps)
    for index, step in enumerate(steps):
        conditional = isinstance(step, Rule) and step.when != ALWAYS_TRUE
        _refuse_empty([step], f"/rules/{index}/when" if conditional else f"/rules/{index}", frozenset(cover))
    _refuse_empty(steps, "/rules", frozenset(cover))


def refuse_idle(whens: Sequence[Condition]) -> None:
    """Raises Unprocessable at a fallback rate that is never shown: the first whose condition holds is."""
    for place, when in enumerate(whens):
        if not _possible(list(checks(when)), when.test, MOST_TRIES):
            raise Unprocessable(
                f"/fallback/{place}/when", "it is never shown: its condition contradicts itself", "impossible"
            )
        if place and whens[place - 1] == ALWAYS_TRUE:
            raise Unprocessable(f"/fallback/{place}", "it is never shown: the one before it always is", "impossible")


def _refuse_uncovered(rules: Sequence[tuple[str, Rule]], cover: Mapping[str, int]) -> None:
    """Raises Unprocessable where insurance is required and nobody has any: nothing would be left."""
    for pointer, rule in rules:
        for action in rule.then:
            if isinstance(action, Require) and Need.INSURANCE in action.needs and not cover:
                why = (
                    f"{rule.name!r} requires insurance: say in `cover` up to which value each account's contract has it"
                )
                raise Unprocessable(f"{pointer}/then", why, "missing_parameter")


def _refuse_opposed(steps: Sequence[Rule | Group]) -> None:
    """Raises Unprocessable at a rule that requires chilled where another one always requires frozen, or the reverse."""
    cooled = [(pointer, rule) for pointer, rule in placed(steps) if _temperatures(rule)]
    either = [set(step.rules) for step in steps if isinstance(step, Group) and step.first]
    for (_, before), (pointer, rule) in combinations(cooled, 2):
        apart = any({before, rule} <= rules for rules in either)
        opposed = not apart and _temperatures(before) != _temperatures(rule)
        if opposed and (_implies(rule, before) or _implies(before, rule)):
            why = f"{before.name!r} requires {_temperatures(before).pop()} transport of the same parcels"
            raise Unprocessable(f"{pointer}/then", f"{rule.name!r} can never be kept: {why}", "impossible")


def _temperatures(rule: Rule) -> set[Need]:
    return {need for each in rule.then if isinstance(each, Require) for need in each.needs} & {
        Need.CHILLED,
        Need.FROZEN,
    }


def _implies(rule: Rule, other: Rule) -> bool:
    """Whether the other one applies wherever the rule does, as far as it is tried."""
    both = [*checks(rule.when), *checks(other.when)]
    return not _possible(both, lambda values: rule.when.test(values) and not other.when.test(values), MOST_TRIES)


def _refuse_unreachable(steps: Sequence[Rule | Group]) -> None:
    """Raises Unprocessable at a rule of a group that is "first" behind one that always applies."""
    for index, step in enumerate(steps):
        if isinstance(step, Group) and step.first:
            for place, (before, rule) in enumerate(pairwise(step.rules), 1):
                if before.when == ALWAYS_TRUE:
                    why = f"{rule.name!r} can never apply: {before.name!r} before it always does"
                    raise Unprocessable(f"/rules/{index}/rules/{place}", why, "impossible")


def _refuse_empty(steps: Sequence[Rule | Group], pointer: str, insured: frozenset[str]) -> None:
    """Raises Unprocessable when nothing survives these steps; `insured` are the accounts with a cover."""
    deciding = [check for step in steps for rule in _deciding(step) for check in _checks(rule, insured)]
    if not _possible(deciding, lambda values: _survives(steps, values, insured), MOST_TRIES):
        named = ", ".join(rule.name for _, rule in placed(steps) if _may_drop(rule))
        raise Unprocessable(pointer, f"the policy drops every offer there can be, by: {named}", "always_empty")


def _deciding(step: Rule | Group) -> tuple[Rule, ...]:
    """The rules that decide whether a step drops: those that may, and in a group that is "first" all others too."""
    rules = (step,) if isinstance(step, Rule) else step.rules
    droppers = tuple(rule for rule in rules if _may_drop(rule))
    return rules if droppers and isinstance(step, Group) and step.first else droppers


def _may_drop(rule: Rule) -> bool:
    return rule.drops or any(isinstance(action, MaxPrice | Require) for action in rule.then)


def _checks(rule: Rule, insured: frozenset[str]) -> Iterator[Check]:
    yield from checks(rule.when)
    for action in rule.then:
        if isinstance(action, MaxPrice):
            yield Check(FIELDS["rate.price"], OPERATORS["above"], action.minor, "")
        elif isinstance(action, Require) and action.abilities:
            yield Check(FIELDS["rate.can"], OPERATORS["has_all"], action.abilities, "")
        if isinstance(action, Require) and Need.INSURANCE in action.needs:
            yield Check(FIELDS["rate.account"], OPERATORS["in"], insured, "")


def _drops(action: Action, values: Values, insured: frozenset[str]) -> bool:
    """Whether an action of a rule that applies drops a candidate with these values; covers are believed to suffice."""
    if isinstance(action, MaxPrice):
        return bool(values["rate.price"] > action.minor)
    if not isinstance(action, Require):
        return False
    uncovered = Need.INSURANCE in action.needs and values["rate.account"] not in insured
    return uncovered or not action.abilities <= values.get("rate.can", action.abilities)


def _survives(steps: Sequence[Rule | Group], values: Values, insured: frozenset[str]) -> bool:
    """Whether no rule drops a candidate with these values."""
    for step in steps:
        for rule in _deciding(step):
            if rule.when.test(values):
                if rule.drops or any(_drops(action, values, insured) for action in rule.then):
                    return False
                if isinstance(step, Group) and step.first:
                    break
    return True


def _possible(comparisons: Sequence[Check], holds: Callable[[Values], bool], most: int) -> bool:
    """Whether it holds of some values, as far as it is tried."""
    by_field: dict[str, list[Check]] = {}
    for check in comparisons:
        by_field.setdefault(check.field.name, []).append(check)
    more = shared({name: _named_by(found) for name, found in by_field.items()})
    spread = [_samples(FIELDS[name], found, more.get(name, set())) for name, found in by_field.items()]
    tried = islice(product(*(samples for samples, _ in spread)), most)
    tries = (dict(zip(by_field, values, strict=True)) for values in tried)
    if any(consistent(values) and holds(values) for values in tries):
        return True
    return prod(len(samples) for samples, _ in spread) > most or not all(whole for _, whole in spread)


def _samples(field: Field, comparisons: Sequence[Check], more: set[int]) -> tuple[list[Any], bool]:
    """Values of a field of which one stands for every other, seen by these comparisons and by those of fields that
    depend on it, which name `more`; and whether these are all.
    """
    named = _named_by(comparisons) | more
    family, whole = KINDS[field.kind].family, True
    if family == "ordered":
        found = _around(field, named)
    elif family == "flag":
        found = [True, False]
    elif family == "set":
        found, whole = _sets(comparisons, bounded=bool(field.words))
    else:
        found = list(field.words) or [OTHER, *sorted(named), *(f"{prefix}{OTHER}" for prefix in sorted(named))]
    # a rate without a price in the policy's currency is out at the gate
    return (found if field.always or field.name == "rate.price" else [*found, None]), whole


def _named_by(comparisons: Sequence[Check]) -> set[Any]:
    return {value for check in comparisons for value in _named(check)}


def _named(check: Check) -> tuple[Any, ...]:
    if check.op.takes == "none":
        return ()
    return (check.value,) if check.op.takes == "one" else tuple(check.value)


def _around(field: Field, named: set[int]) -> list[Any]:
    near = {value + step for value in named for step in (-1, 0, 1)} or {field.least or 0}
    least = min(near) if field.least is None else field.least
    most = max(near) if field.most is None else field.most
    return sorted(value for value in near if least <= value <= most) or [least]


def _sets(comparisons: Sequence[Check], *, bounded: bool) -> tuple[list[Any], bool]:
    """Sets of the words that stand for all others, with and without another word; and whether these are all.

    Words that the same comparisons name differ in nothing: of each such class a set has none, all, or one.
    """
    classes: dict[tuple[int, ...], list[str]] = defaultdict(list)
    naming: dict[str, list[int]] = defaultdict(list)
    for place, check in enumerate(comparisons):
        for word in _named(check):
            naming[word].append(place)
    for word in sorted(naming):
        classes[tuple(naming[word])].append(word)
    parts = [((), words, words[:1])[: min(len(words), 2) + 1] for words in classes.values()]
    parts.append(((), [OTHER]) if not bounded else ((),))
    most = max(MOST_WORDS // max(len(naming), 1), 2)
    every = frozenset(naming) if bounded else frozenset(naming) | {OTHER}
    found = [every, *(frozenset(chain.from_iterable(some)) for some in islice(product(*parts), most))]
    return found, prod(len(part) for part in parts) <= most
