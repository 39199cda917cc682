"""A policy's data as the form's tree, and back.

The tree has what people see: amounts in whole units of money, every condition of a rule in one group (`match`: all,
any, none or not_all of its `parts`), every action in a list. What cannot be read as its kind stays the text that was
typed: the domain says what is wrong with it, at a pointer that `place` finds again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.console.builder.tree import Tree, branches, text, texts
from gateway.domain.values import currency_exponents
from gateway.rules.actions import ACTIONS
from gateway.rules.fields import FIELDS
from gateway.rules.lengthening import lengthened
from gateway.rules.operators import OPERATORS
from gateway.rules.quantities import KINDS
from gateway.rules.score import Score

Json = dict[str, Any]
MATCHES: Mapping[str, tuple[str, ...]] = {
    "all": ("all",),
    "any": ("any",),
    "none": ("not", "any"),
    "not_all": ("not", "all"),
}
"""What a group of conditions is in the data: its words, the outer one first."""

MOST_DIGITS = 20
"""Of an amount that is still read as one: larger ones the domain refuses too, but not before they are written out."""

SEPARATOR = "\n"
"""Between values where there may be many."""


def tree_of(data: Mapping[str, Any]) -> Tree:
    """The tree of a policy that has been accepted."""
    long, currency = lengthened(data), str(data.get("currency", ""))
    score = {**dataclasses.asdict(Score()), **long["score"]}
    exchange: Mapping[str, Any] = long.get("exchange") or {}
    cover: Mapping[str, int] = long.get("cover") or {}
    return {
        "currency": [currency],
        "timezone": [str(long.get("timezone") or "")],
        "exchange": [
            {"code": [code], "rate": [each["rate"]], "source": [each["source"]]} for code, each in exchange.items()
        ],
        "cover": [{"account": [name], "minor": [_shown(minor, currency)]} for name, minor in cover.items()],
        "score": {name: [_parameter(name, value, currency)] for name, value in score.items()},
        "rules": [_entry(each, currency) for each in long.get("rules") or ()],
        "fallback": [_fallback(each, currency) for each in long.get("fallback") or ()],
    }


def data_of(tree: Tree) -> Json:
    """The data of a tree, whatever is wrong with it."""
    currency = text(tree, "currency").upper()
    result: Json = {"currency": currency}
    if zone := text(tree, "timezone"):
        result["timezone"] = zone
    if rates := {text(each, "code").upper(): _rate(each) for each in branches(tree, "exchange")}:
        result["exchange"] = rates
    if cover := {text(each, "account"): _minor(text(each, "minor"), currency) for each in branches(tree, "cover")}:
        result["cover"] = cover
    result["score"] = _score(tree.get("score"), currency)
    for part, read in (("rules", _entry_data), ("fallback", _fallback_data)):
        if entries := [read(each, currency) for each in branches(tree, part)]:
            result[part] = entries
    return result


def place(pointer: str, tree: Tree) -> str:
    """Where in the tree a pointer into its data leads."""
    steps, found, inside = pointer.strip("/").split("/"), list[str](), False
    for step in steps:
        if found and found[-1] in ("value", "needs"):
            break
        if inside and step == "not":
            continue
        found.append("parts" if inside and step in ("all", "any") else step)
        inside = inside or step == "when"
    if found[-1] == "parts":
        found.pop()
    for part, key in (("exchange", "code"), ("cover", "account")):
        if found[0] == part and len(found) > 1:
            named = [text(each, key) for each in branches(tree, part)]
            found[1] = str(named.index(found[1])) if found[1] in named else "0"
            found[2:] = found[2:] or ["minor" if part == "cover" else key]
    return "/" + "/".join(found)


def _entry(entry: Mapping[str, Any], currency: str) -> Tree:
    if "match" in entry:
        inner = [_entry(each, currency) for each in entry["rules"]]
        return {"name": [entry["name"]], "match": [entry["match"]], "rules": inner}
    then = entry["then"]
    actions = [then] if isinstance(then, Mapping) else then
    return {
        "name": [entry["name"]],
        "when": _root(entry, currency),
        "then": [_action(each, currency) for each in actions],
    }


def _fallback(rate: Mapping[str, Any], currency: str) -> Tree:
    rest = {name: [_parameter(name, value, currency)] for name, value in rate.items() if name != "when"}
    return {**rest, "when": _root(rate, currency)}


def _root(entry: Mapping[str, Any], currency: str) -> Tree:
    """A condition as a group, which it may be already."""
    found = _condition(entry["when"], currency) if "when" in entry else {"match": ["all"], "parts": []}
    return found if "match" in found else {"match": ["all"], "parts": [found]}


def _condition(data: Mapping[str, Any], currency: str) -> Tree:
    for match, (outer, *inner) in MATCHES.items():
        found = data.get(outer)
        if outer in data and inner and isinstance(found, Mapping) and inner[0] in found:
            found = found[inner[0]]
        elif outer in data and inner:
            found = [found] if match == "none" and not {"all", "any"} & set(found or ()) else None
        if isinstance(found, Sequence):
            return {"match": [match], "parts": [_condition(each, currency) for each in found]}
    unit = str(data.get("unit") or "")
    field, given = FIELDS[data["field"]], data.get("value")
    values = given if isinstance(given, list) else [] if given is None else [given]
    shown = [_shown(each, unit or currency) if field.kind == "money" else _text(each) for each in values]
    return {"field": [field.name], "op": [data["op"]], "value": shown, "unit": [unit]}


def _action(data: Mapping[str, Any], currency: str) -> Tree:
    return {
        name: [str(each) for each in value] if isinstance(value, list | tuple) else [_parameter(name, value, currency)]
        for name, value in data.items()
    }


def _parameter(name: str, value: Any, currency: str) -> str:
    return _shown(value, currency) if name.endswith("minor") else _text(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _shown(minor: Any, currency: str) -> str:
    digits = currency_exponents().get(currency, 2)
    return f"{Decimal(str(minor)).scaleb(-digits):.{digits}f}"


def _score(branch: Any, currency: str) -> Json:
    """The weights that are not as they are left out."""
    found = {}
    for each in dataclasses.fields(Score):
        if typed := text(branch, each.name):
            value = _minor(typed, currency) if each.name.endswith("minor") else _number(typed)
            if value != each.default:
                found[each.name] = value
    return found


def _rate(branch: Tree) -> Json:
    return {"rate": text(branch, "rate"), "source": text(branch, "source")}


def _entry_data(branch: Tree, currency: str) -> Json:
    result: Json = {"name": text(branch, "name")}
    if "match" in branch:
        return {
            **result,
            "match": text(branch, "match"),
            "rules": [_entry_data(each, currency) for each in branches(branch, "rules")],
        }
    then = [_action_data(each, currency) for each in branches(branch, "then")]
    return {**result, **_when(branch, currency), "then": then}


def _fallback_data(branch: Tree, currency: str) -> Json:
    result: Json = {"name": text(branch, "name"), "minor": _minor(text(branch, "minor"), currency)}
    if service := text(branch, "service"):
        result["service"] = service
    if hours := text(branch, "within_hours"):
        result["within_hours"] = _number(hours)
    return {**result, **_when(branch, currency)}


def _when(branch: Tree, currency: str) -> Json:
    """Nothing for always."""
    root = branch.get("when")
    return {"when": _condition_data(root, currency)} if isinstance(root, dict) and branches(root, "parts") else {}


def _condition_data(branch: Tree, currency: str) -> Json:
    if "match" in branch:
        found: Any = [_condition_data(each, currency) for each in branches(branch, "parts")]
        for word in reversed(MATCHES.get(text(branch, "match"), ("all",))):
            found = {word: found}
        return dict(found)
    name, op = text(branch, "field"), text(branch, "op")
    result: Json = {"field": name, "op": op}
    field, operator, unit = FIELDS.get(name), OPERATORS.get(op), text(branch, "unit")
    if field is None or operator is None or operator.takes == "none":
        return result
    values = [_value(field.kind, each, unit or currency) for each in typed_values(branch, operator.takes)]
    if operator.takes != "one":
        result["value"] = values
    elif values:
        result["value"] = values[0]
    return {**result, "unit": unit} if unit else result


def typed_values(branch: Tree, takes: str) -> list[str]:
    """What was typed as the value of a condition: a field for each value, or, of many, a line for each."""
    given = texts(branch, "value")
    lines = [line for each in given for line in each.split(SEPARATOR)] if takes == "many" else given
    found = [each.strip() for each in lines if each.strip()]
    return found[:2] if takes == "two" else found


def _value(kind: str, typed: str, currency: str) -> Any:
    family = KINDS[kind].family
    if family == "flag":
        return {"true": True, "false": False}.get(typed, typed)
    if family != "ordered" or kind in ("clock", "date"):
        return typed
    return _minor(typed, currency) if kind == "money" else _number(typed)


def _action_data(branch: Tree, currency: str) -> Json:
    do = text(branch, "do")
    result: Json = {"do": do}
    for each in dataclasses.fields(ACTIONS[do]) if do in ACTIONS else ():
        if each.name == "needs":
            result["needs"] = texts(branch, "needs")
        elif typed := text(branch, each.name):
            result[each.name] = _typed(each.name, typed, currency)
    return result


def _typed(name: str, typed: str, currency: str) -> Any:
    if name == "period":
        return typed
    return _minor(typed, currency) if name.endswith("minor") else _number(typed)


def _number(typed: str) -> Any:
    """A number as JSON has it; the text where it is none."""
    for read in (int, float):
        try:
            return read(typed)
        except ValueError:
            continue
    return typed


def _minor(typed: str, currency: str) -> Any:
    """An amount of money in minor units, which are whole where it is one; the text where it is none."""
    try:
        minor = Decimal(typed).scaleb(currency_exponents().get(currency, 2))
        if minor.adjusted() > MOST_DIGITS:
            return typed
        return int(minor) if minor == minor.to_integral_value() else float(minor)
    except (ArithmeticError, ValueError):
        return typed
