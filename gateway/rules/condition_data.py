"""Conditions read from plain data (the form is in `conditions`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.domain.errors import Unprocessable
from gateway.domain.postcodes import normalised
from gateway.rules.conditions import DEEPEST, MOST_VALUES, All, AnyOf, Check, Condition, Not, shown
from gateway.rules.fields import FIELDS, Field
from gateway.rules.market import Market
from gateway.rules.operators import OPERATORS, Operator
from gateway.rules.quantities import KINDS, in_base
from gateway.rules.reading import line, listed, mapping, refuse_unknown, word_of

COUNTRY = re.compile(r"[A-Z]{2}")
GROUPS = ("all", "any", "not")


def read_condition(data: object, market: Market, pointer: str, depth: int = 1) -> Condition:
    """A condition from data; amounts of money become the market's currency.

    Raises:
        Unprocessable: unknown_field, unknown_operator, unknown_unit, no_exchange_rate ..., at its pointer.
    """
    if depth > DEEPEST:
        raise Unprocessable(pointer, f"a condition is at most {DEEPEST} levels deep", "out_of_range")
    found = mapping(data, pointer, "a condition")
    group = next((name for name in GROUPS if name in found), None)
    if group is None:
        return _check(found, market, pointer)
    refuse_unknown(found, (group,), pointer, f"a condition with {group!r}")
    inner, below = found[group], f"{pointer}/{group}"
    if group == "not":
        return Not(read_condition(inner, market, below, depth + 1))
    if group == "all" and inner == []:
        return All(())
    parts = tuple(
        read_condition(each, market, f"{below}/{index}", depth + 1)
        for index, each in enumerate(listed(inner, below, group, MOST_VALUES))
    )
    return All(parts) if group == "all" else AnyOf(parts)


def _check(data: Mapping[str, Any], market: Market, pointer: str) -> Check:
    field = word_of(data, "field", FIELDS, pointer, "unknown_field")
    op = word_of(data, "op", OPERATORS, pointer, "unknown_operator")
    family = KINDS[field.kind].family
    if family not in op.families:
        able = ", ".join(name for name, each in OPERATORS.items() if family in each.families)
        raise Unprocessable(f"{pointer}/op", f"{op.name} does not go with {field.name}; {able} do", "unknown_operator")
    known = ("field", "op") if op.takes == "none" else ("field", "op", "value", "unit")
    refuse_unknown(data, known, pointer, f"a condition with {op.name}")
    if op.takes == "none":
        return Check(field, op, None, "")
    if "value" not in data:
        raise Unprocessable(f"{pointer}/value", f"{op.name} needs a value", "missing_parameter")
    values = _values(field, op, data, market, pointer)
    return Check(field, op, _kept(op, values), _said(field, op, values, market))


def _values(field: Field, op: Operator, data: Mapping[str, Any], market: Market, pointer: str) -> list[Any]:
    given, below = data["value"], f"{pointer}/value"
    if op.takes == "one" or (op.takes == "many" and isinstance(given, str)):
        return [_value(field, given, data.get("unit"), market, pointer, below)]
    many = listed(given, below, f"the value of {op.name}", MOST_VALUES)
    if op.takes == "two" and len(many) != 2:
        raise Unprocessable(below, f"{op.name} takes two values: the least and the most", "invalid")
    values = [
        _value(field, each, data.get("unit"), market, pointer, f"{below}/{index}") for index, each in enumerate(many)
    ]
    if op.takes == "two" and values[0] > values[1]:
        night = (
            "; over midnight it is `any` of at_least the first and at_most the second" if field.kind == "clock" else ""
        )
        raise Unprocessable(below, f"the first value is after the second: no value lies between{night}", "impossible")
    return values


def _value(field: Field, given: Any, unit: Any, market: Market, pointer: str, below: str) -> Any:
    kind = KINDS[field.kind]
    if kind.family == "ordered":
        try:
            found = in_base(kind, given, unit, market, pointer)
        except Unprocessable as refused:
            at = below if refused.pointer == f"{pointer}/value" else refused.pointer
            raise Unprocessable(at, str(refused), refused.code) from None
        if field.most is not None and found > field.most:
            raise Unprocessable(below, f"{field.name} is at most {kind.show(field.most)}", "out_of_range")
        return found
    if unit is not None:
        raise Unprocessable(f"{pointer}/unit", f"{field.name} has no unit", "unknown_unit")
    wanted: type = bool if kind.family == "flag" else str
    if not isinstance(given, wanted):
        raise Unprocessable(below, f"{field.name} is compared with {'true or false' if wanted is bool else 'a text'}")
    if field.words and given not in field.words:
        raise Unprocessable(below, f"no {given!r}; there are {', '.join(field.words)}", "unknown_word")
    return _text(field, given, below) if isinstance(given, str) else given


def _text(field: Field, given: str, pointer: str) -> str:
    """A text as the field has it: postcodes without blanks, countries in capitals."""
    text = given
    if field.of_postcodes:
        text = normalised(given)
    elif field.name.endswith(".country"):
        text = given.upper()
        if not COUNTRY.fullmatch(text):
            raise Unprocessable(pointer, f'{given!r} is not a country of two letters, such as "NO"', "invalid")
    if not text:
        raise Unprocessable(pointer, "an empty text is never compared; `missing` asks whether there is none", "invalid")
    return line(text, pointer, "what is compared")


def _kept(op: Operator, values: list[Any]) -> Any:
    """As the operator compares it: one value, a pair, prefixes, or a set."""
    if op.takes == "one":
        return values[0]
    return tuple(values) if op.takes == "two" or op.name == "starts_with" else frozenset(values)


def _said(field: Field, op: Operator, values: list[Any], market: Market) -> str:
    """The operator's value for people."""
    words = [shown(field, each, market) for each in values]
    return " and ".join(words) if op.takes == "two" else ", ".join(words)
