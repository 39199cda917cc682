"""Fields of a form as a tree, and back. A field's name is a pointer into the tree: `/rules/0/when/parts/1/value`.

A branch is a dict or a list; a leaf is the list of all texts that were sent under its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Tree = dict[str, Any]
MOST_FIELDS = 6000
DEEPEST = 40
LONGEST = 4


def grown(fields: Iterable[tuple[str, str]]) -> Tree:
    """The tree of the fields whose names are pointers; others are not of it. What two names say otherwise, the first
    one says.
    """
    root: Tree = {}
    for number, (name, text) in enumerate(fields):
        path = name.split("/")
        if number < MOST_FIELDS and name.startswith("/") and len(path) <= DEEPEST:
            _hang(root, path[1:], text)
    return {name: _listed(branch) for name, branch in root.items()}


def _hang(root: Tree, path: list[str], text: str) -> None:
    branch = root
    for step in path[:-1]:
        branch = branch.setdefault(step, {})
        if not isinstance(branch, dict):
            return
    leaf = branch.setdefault(path[-1], [])
    if isinstance(leaf, list):
        leaf.append(text)


def _listed(branch: Any) -> Any:
    """With lists where all steps are numbers."""
    if not isinstance(branch, dict):
        return branch
    inner = {name: _listed(each) for name, each in branch.items()}
    if inner and all(name.isascii() and name.isdecimal() and len(name) <= LONGEST for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def text(branch: Any, name: str) -> str:
    """The text of a leaf; "" where there is none."""
    found = texts(branch, name)
    return found[0].strip() if found else ""


def texts(branch: Any, name: str) -> list[str]:
    """All texts of a leaf."""
    found = branch.get(name) if isinstance(branch, dict) else None
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def branches(branch: Any, name: str) -> list[Tree]:
    """The branches of a list."""
    found = branch.get(name) if isinstance(branch, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def branch_at(root: Tree, path: str) -> Any:
    """The branch that a pointer leads to; None where it leads nowhere."""
    found: Any = root
    for step in filter(None, path.split("/")):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
