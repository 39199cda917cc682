"""Conditions as data, compiled once to closures, and what they say about a candidate.

As data, a condition is one of

    {"field": F, "op": O}                            operators that take no value: missing, present
    {"field": F, "op": O, "value": V}                V: what the operator takes, of the field's kind
    {"field": F, "op": O, "value": V, "unit": U}     V in that unit
    {"all": [conditions]}                            true when every one is; [] is true
    {"any": [conditions]}                            true when one is; [] is refused
    {"not": condition}                               true when it is false

with F a row of `fields.FIELDS`, O of `operators.OPERATORS`, U of `quantities.KINDS`.

There are two truth values. A comparison with a missing value is false, whatever the operator, but for `missing`; so
`{"not": {"field": F, "op": "is", "value": V}}` is true where F is missing, and `{"field": F, "op": "is_not", ...}` is
false. Of a postcode that a wallet has shortened (`SW1`, `K1A`) `is`, `in` and `starts_with` hold where one that is
named goes on from it. A condition is at most `DEEPEST` deep and a policy has at most `MOST` comparisons.
"""

from __future__ import annotations

from calendar import day_name
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from typing import Any

from gateway.rules.fields import Facts, Field, Scope
from gateway.rules.market import Market
from gateway.rules.operators import POSTCODE_HOLDS, Operator
from gateway.rules.quantities import KINDS
from gateway.rules.readings import WEEKDAYS

DEEPEST = 8
MOST = 500
MOST_VALUES = 1000
Values = Mapping[str, Any]
"""Values by the names of fields: `Facts` of a candidate, or any other mapping."""

Test = Callable[[Values], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison. `value` is in base units: one value, several (a frozenset, of prefixes a tuple), or a pair."""

    field: Field
    op: Operator
    value: Any
    said: str
    test: Test = member(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _check(self.field.name, self.op, self.holds, self.value))

    @property
    def holds(self) -> Callable[[Any, Any], bool]:
        """How the field's value, where there is one, is compared with the check's."""
        return POSTCODE_HOLDS.get(self.op.name, self.op.holds) if self.field.of_postcodes else self.op.holds


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them."""

    parts: tuple[Condition, ...]
    test: Test = member(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _all([part.test for part in self.parts]))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them."""

    parts: tuple[Condition, ...]
    test: Test = member(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _any([part.test for part in self.parts]))


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: Condition
    test: Test = member(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        inner = self.part.test
        object.__setattr__(self, "test", lambda values: not inner(values))


Condition = Check | All | AnyOf | Not


def _check(name: str, op: Operator, holds: Callable[[Any, Any], bool], value: Any) -> Test:
    if op.name == "missing":
        return lambda values: values[name] is None

    def test(values: Values) -> bool:
        found = values[name]
        return found is not None and holds(found, value)

    return test


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(values: Values) -> bool:
        for each in tests:  # noqa: SIM110  # half the cost of all() over a generator
            if not each(values):
                return False
        return True

    return test


def _any(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(values: Values) -> bool:
        for each in tests:  # noqa: SIM110  # half the cost of any() over a generator
            if each(values):
                return True
        return False

    return test


ALWAYS_TRUE = All(())


def checks(condition: Condition) -> Iterator[Check]:
    """Every comparison in it."""
    if isinstance(condition, Check):
        yield condition
    elif isinstance(condition, Not):
        yield from checks(condition.part)
    else:
        for part in condition.parts:
            yield from checks(part)


def scope_of(condition: Condition) -> Scope:
    """The scope it speaks of: what is true of one candidate is true of all others of that scope."""
    return max((check.field.scope for check in checks(condition)), default=Scope.ASKED)


def reason(condition: Condition, facts: Facts) -> str:
    """Why it holds, or why it does not, in words that can follow "because"."""
    if isinstance(condition, Check):
        return _sentence(condition, facts)
    if isinstance(condition, Not):
        return reason(condition.part, facts)
    wanted = isinstance(condition, AnyOf)
    decisive = next((part for part in condition.parts if part.test(facts) is wanted), None)
    told = condition.parts if decisive is None else (decisive,)
    return " and ".join(reason(part, facts) for part in told)


def _sentence(check: Check, facts: Facts) -> str:
    field, op, found = check.field, check.op, facts[check.field.name]
    if found is None:
        return field.absent or f"{field.label} is not known"
    if op.takes == "none":
        return f"{field.label} is known"
    words, seen = op.says if check.holds(found, check.value) else op.denies, shown(field, found, facts.context.market)
    if op.takes == "many" and len(check.value) == 1:
        words = SINGLE.get(words, words)
    if field.kind == "flag":
        return field.said[0 if found else 1]
    if words == "is":
        return f"{field.label} is {seen}"
    if words == "is not":
        return f"{field.label} is {seen}, not {check.said}"
    if field.kind == "set" and not found:
        return f"there are no {field.label}"
    return f"{field.label} {seen} {words} {check.said}"


SINGLE = {
    "is among": "is",
    "is not among": "is not",
    "include one of": "include",
    "include all of": "include",
    "include none of": "do not include",
    "lack one of": "do not include",
}
"""The same words where there is only one value to compare with."""

DAYS = dict(zip(WEEKDAYS, day_name, strict=True))


def shown(field: Field, found: Any, market: Market) -> str:
    """A field's value or a word of a set for people: money in the policy's currency, our words without underscores."""
    if isinstance(found, str):
        return DAYS.get(found, found.replace("_", " ")) if field.words else found
    if field.kind == "set":
        return f"({', '.join(shown(field, word, market) for word in sorted(found))})"
    return market.text(found) if field.kind == "money" else KINDS[field.kind].show(found)
