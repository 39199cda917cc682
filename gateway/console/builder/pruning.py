"""A tree of whatever was sent, as the form has it: nothing is missing, nothing is there that the form does not know."""

from __future__ import annotations

from dataclasses import fields

from gateway.console.builder.tree import Tree, branches, text, texts
from gateway.rules.score import Score

DEEPEST = 12
WEIGHTS = tuple(each.name for each in fields(Score))


def pruned(tree: Tree) -> Tree:
    """The same, sound."""
    return {
        **_leaves(tree, ("currency", "timezone")),
        "exchange": [_leaves(each, ("code", "rate", "source")) for each in branches(tree, "exchange")],
        "cover": [_leaves(each, ("account", "minor")) for each in branches(tree, "cover")],
        "score": _leaves(tree.get("score"), WEIGHTS),
        "rules": [_group_of_rules(each) if "match" in each else _rule(each) for each in branches(tree, "rules")],
        "fallback": [_fallback(each) for each in branches(tree, "fallback")],
    }


def _leaves(branch: object, names: tuple[str, ...]) -> Tree:
    return {name: [text(branch, name)] for name in names}


def _group_of_rules(branch: Tree) -> Tree:
    return {**_leaves(branch, ("name", "match")), "rules": [_rule(each) for each in branches(branch, "rules")]}


def _rule(branch: Tree) -> Tree:
    then = [{name: texts(each, name) for name in each} for each in branches(branch, "then")]
    return {**_leaves(branch, ("name",)), "when": _root(branch), "then": then}


def _fallback(branch: Tree) -> Tree:
    return {**_leaves(branch, ("name", "minor", "service", "within_hours")), "when": _root(branch)}


def _root(branch: Tree) -> Tree:
    found = branch.get("when")
    return _group(found if isinstance(found, dict) else {}, 0)


def _group(branch: Tree, depth: int) -> Tree:
    parts = branches(branch, "parts") if depth < DEEPEST else []
    return {
        "match": [text(branch, "match") or "all"],
        "parts": [_group(each, depth + 1) if "match" in each else _check(each) for each in parts],
    }


def _check(branch: Tree) -> Tree:
    return {**_leaves(branch, ("field", "op", "unit")), "value": texts(branch, "value")}
