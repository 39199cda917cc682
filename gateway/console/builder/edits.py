"""The buttons of the form: what each does to the tree, and what has the focus then.

A button's value is a verb and a pointer: `up /rules/1`, `add-check /rules/0/when`. One that means nothing does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.console.builder.shaping import tree_of
from gateway.console.builder.tree import Tree, branch_at

New = Callable[[], Tree]


def _group(match: str = "all") -> Tree:
    return {"match": [match], "parts": []}


def _check() -> Tree:
    return {"field": [""], "op": [""], "value": [], "unit": [""]}


def _rule() -> Tree:
    return {"name": [""], "when": _group(), "then": [{"do": ["keep"]}]}


ADDS: Mapping[str, tuple[str, New, str]] = {
    "add-check": ("parts", _check, "field"),
    "add-group": ("parts", lambda: {**_group("any"), "parts": [_check()]}, "match"),
    "add-rule": ("rules", _rule, "name"),
    "add-first": ("rules", lambda: {"name": [""], "match": ["first"], "rules": [_rule()]}, "name"),
    "add-action": ("then", lambda: {"do": ["prefer"]}, "do"),
    "add-fallback": (
        "fallback",
        lambda: {"name": [""], "minor": [""], "service": ["standard"], "when": _group()},
        "name",
    ),
    "add-exchange": ("exchange", lambda: {"code": [""], "rate": [""], "source": [""]}, "code"),
    "add-area": ("areas", lambda: {"kind": ["postcodes"]}, "kind"),
    "add-cover": ("cover", lambda: {"account": [""], "minor": [""]}, "account"),
}
"""By verb: to which list of the branch, what, and which of its fields has the focus then."""


def edited(tree: Tree, act: str, presets: Mapping[str, Mapping[str, Any]]) -> str:
    """Do to the tree what a button says; the name of the field or the value of the button that has the focus then.

    `presets` are policies by name whose weights can be taken.
    """
    verb, _, path = act.partition(" ")
    if verb in ADDS:
        return _add(tree, path, *ADDS[verb])
    if verb in ("up", "down", "remove"):
        return _moved(tree, verb, path)
    if verb == "preset" and path in presets:
        tree["score"] = tree_of({**presets[path], "rules": []})["score"]
        return "/score/price_percent"
    return ""


def _add(tree: Tree, path: str, name: str, new: New, focus: str) -> str:
    branch = branch_at(tree, path)
    if not isinstance(branch, dict):
        return ""
    if not isinstance(branch.get(name), list):
        branch[name] = []
    branch[name].append(new())
    return f"{path}/{name}/{len(branch[name]) - 1}/{focus}"


def _moved(tree: Tree, verb: str, path: str) -> str:
    parent, _, last = path.rpartition("/")
    found = branch_at(tree, parent)
    if not isinstance(found, list) or not last.isdecimal() or int(last) >= len(found):
        return ""
    at = int(last)
    if verb == "remove":
        del found[at]
        return f"remove {parent}/{at}" if at < len(found) else f"remove {parent}/{at - 1}" if at else f"add {parent}"
    to = at - 1 if verb == "up" else at + 1
    if not 0 <= to < len(found):
        return ""
    found[at], found[to] = found[to], found[at]
    if to in (0, len(found) - 1):  # the button that moved it is dead there
        verb = "down" if to == 0 else "up"
    return f"{verb} {parent}/{to}"
