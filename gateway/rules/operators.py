"""How conditions compare: `OPERATORS`, one row per operator.

`takes` is the shape of its value: none, one, many (a list), two (a list of least and most, both included). `families`
are the kinds of fields it works on (see `quantities.KINDS`). `holds` is never asked about a missing value: with one,
every operator is false but `missing`, which is true exactly then; `present` is true exactly when there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.domain.postcodes import begins, shortened_to

Takes = Literal["none", "one", "many", "two"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One row. `says` and `denies` stand between a field's value and the operator's in a sentence."""

    name: str
    takes: Takes
    families: tuple[str, ...]
    holds: Callable[[Any, Any], bool]
    says: str
    denies: str


ORDERED, TEXT, FLAG, SET = ("ordered",), ("text",), ("flag",), ("set",)
EVERY = ("ordered", "text", "flag", "set")


def _row(
    name: str, takes: Takes, families: tuple[str, ...], holds: Callable[[Any, Any], bool], says: str, denies: str
) -> Operator:
    return Operator(name=name, takes=takes, families=families, holds=holds, says=says, denies=denies)


OPERATORS: Mapping[str, Operator] = {
    row.name: row
    for row in (
        _row("is", "one", ("ordered", "text", "flag"), lambda a, b: a == b, "is", "is not"),
        _row("is_not", "one", ("ordered", "text", "flag"), lambda a, b: a != b, "is not", "is"),
        _row("above", "one", ORDERED, lambda a, b: a > b, "is above", "is not above"),
        _row("at_least", "one", ORDERED, lambda a, b: a >= b, "is at least", "is less than"),
        _row("below", "one", ORDERED, lambda a, b: a < b, "is below", "is not below"),
        _row("at_most", "one", ORDERED, lambda a, b: a <= b, "is at most", "is more than"),
        _row("between", "two", ORDERED, lambda a, b: b[0] <= a <= b[1], "is between", "is not between"),
        _row("in", "many", TEXT, lambda a, b: a in b, "is among", "is not among"),
        _row("not_in", "many", TEXT, lambda a, b: a not in b, "is not among", "is among"),
        _row("starts_with", "many", TEXT, lambda a, b: a.startswith(b), "starts with", "does not start with"),
        _row("has_any", "many", SET, lambda a, b: not a.isdisjoint(b), "include one of", "include none of"),
        _row("has_all", "many", SET, lambda a, b: a.issuperset(b), "include all of", "lack one of"),
        _row("has_none", "many", SET, lambda a, b: a.isdisjoint(b), "include none of", "include one of"),
        _row("missing", "none", EVERY, lambda a, b: False, "is not known", "is known"),
        _row("present", "none", EVERY, lambda a, b: True, "is known", "is not known"),
    )
}

POSTCODE_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda a, b: a == b or shortened_to(a, (b,)),
    "is_not": lambda a, b: a != b and not shortened_to(a, (b,)),
    "in": lambda a, b: a in b or shortened_to(a, b),
    "not_in": lambda a, b: a not in b and not shortened_to(a, b),
    "starts_with": begins,
}
"""How postcodes are compared, by operator, where that differs: shortened ones lie in what goes on from them."""
