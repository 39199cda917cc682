"""What can be chosen in the form: the domain's fields, operators, units, actions, weights, and their names."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.console.builder.shaping import typed_values as typed_values
from gateway.domain.quotes import ServiceLevel
from gateway.rules.actions import ACTIONS, Need, Period
from gateway.rules.conditions import DAYS
from gateway.rules.fields import FIELDS, Field, Scope
from gateway.rules.naming import NAMING
from gateway.rules.operators import OPERATORS, Operator
from gateway.rules.quantities import KINDS

Choice = tuple[str, str]
"""What is sent, and what it is called."""

Parameter = tuple[str, str, object]
"""A parameter of an action, its kind for the form, and its default; None where it must be given."""

FLAG = (("true", "yes"), ("false", "no"))
WIDEST = 30
"""Names of the merchant's that are offered to be ticked; more are typed."""


FIRST = {"ordered": "at_least"}
"""The operator that is there first, where that is not the first of all."""


@cache
def words() -> Mapping[str, Any]:
    """The words of `words.toml`."""
    return tomllib.loads(files("gateway.console.builder").joinpath("words.toml").read_text("utf-8"))


@cache
def subjects(scope: Scope) -> Sequence[tuple[str, Sequence[Choice]]]:
    """The fields that a condition of this scope may ask about, by what they are of."""
    found: dict[str, list[Choice]] = {}
    for field in FIELDS.values():
        if field.scope <= scope:
            of = "account" if field.scope is Scope.ACCOUNT else field.name.partition(".")[0]
            found.setdefault(words()["subjects"][of], []).append((field.name, _called(field)))
    return tuple((subject, tuple(choices)) for subject, choices in found.items())


def operators(field: Field) -> Sequence[Choice]:
    """The operators that go with a field."""
    family = KINDS[field.kind].family
    return [(row.name, _says(row, field)) for row in OPERATORS.values() if family in row.families]


def fitting(field: Field, op: str) -> Operator:
    """The operator that was chosen, or the first that goes with the field where that one does not."""
    found = OPERATORS.get(op)
    if found is not None and KINDS[field.kind].family in found.families:
        return found
    return OPERATORS[FIRST.get(KINDS[field.kind].family) or operators(field)[0][0]]


def units(field: Field, currencies: Sequence[str]) -> Sequence[Choice]:
    """The units of a field's value, the one that is meant where none is given as ""; none for what has no unit."""
    names = tuple(currencies) if field.kind == "money" else tuple(KINDS[field.kind].units)
    return [("" if place == 0 else name, name) for place, name in enumerate(names)]


def choices(field: Field, known: Mapping[str, Sequence[str]]) -> Sequence[Choice]:
    """All that a value of a field can be, or is likely to be; empty where anything may be typed."""
    if field.words:
        return [(word, DAYS.get(word, word.replace("_", " "))) for word in field.words]
    if field.kind == "flag":
        return FLAG
    return [(name, name) for name in known.get(NAMING.get(field.name, ""), ())][:WIDEST]


def plain(why: str, path: str) -> str:
    """What is wrong with a field, for those who see the form and not the data that comes of it."""
    amount = path.endswith("minor")
    for pattern, told, of_amounts in PLAIN:
        if found := re.fullmatch(pattern, why):
            return found.expand(of_amounts if amount else told)
    return why


PLAIN = (
    (r"\w+: expected int, not .*", "a whole number is needed here", "an amount such as 12.50 is needed here"),
    (r"\w+: expected str, not .*", "a text is needed here", "a text is needed here"),
    (r"(?:a|action) .* needs \w+", "this is needed", "an amount is needed"),
    (r"\w+ is from (-?\d+) to (-?\d+)", r"it is from \1 to \2", "that is too little or too much"),
    (r"(?:no '';|give field:).*", "choose one", "choose one"),
)
"""What is wrong as the domain says it of data; as it is said of a field; and of an amount of money, which has no minor
units there.
"""


@cache
def parameters(do: str) -> Sequence[Parameter]:
    """Of an action, in their order."""
    made = ACTIONS.get(do)
    return (
        ()
        if made is None
        else tuple((each.name, _kind(each.name), _default(each)) for each in dataclasses.fields(made))
    )


ACTION_CHOICES = {
    "needs": tuple((need.value, need.value.replace("_", " ")) for need in Need),
    "period": tuple((period.value, f"a {period.value}") for period in Period),
    "service": tuple((level.value, level.value.replace("_", " ")) for level in ServiceLevel),
}


def _kind(name: str) -> str:
    if name in ACTION_CHOICES:
        return "many" if name == "needs" else "one"
    return "money" if name.endswith("minor") else "number"


def _default(each: dataclasses.Field[Any]) -> object:
    return None if each.default is dataclasses.MISSING else each.default


def _called(field: Field) -> str:
    return field.label[:1].upper() + field.label[1:]


def _says(row: Operator, field: Field) -> str:
    """Lists are of one entry as often as not."""
    if row.takes == "many" and field.kind != "set":
        return {"in": "is one of", "not_in": "is none of"}.get(row.name, f"{row.says} one of")
    return row.says
