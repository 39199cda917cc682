"""One thing at a time goes wrong with an answer: a field is gone, null, of another type, without its zone.

In XML, whose data `carriers.base.xml` describes, an element also stands twice, and null is an empty element.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ZONE = re.compile(r"(?<=\d)(\.\d+)?\s*(?:Z|[+-]\d\d:?\d\d)$")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")

GONE = object()


@dataclass(frozen=True, slots=True)
class Mutation:
    """What was done, where, and the answer as it is then."""

    what: str
    path: str
    value: Any

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


def mutations(value: Any, notation: str = "json") -> Iterator[Mutation]:
    """Every mutation of the data of a body, the original left as it is."""
    yield from _mutated(value, "$", lambda changed: changed)
    if notation == "xml":
        yield from _doubled(value, "$", lambda changed: changed)


def _doubled(value: Any, path: str, rebuild: Callable[[Any], Any]) -> Iterator[Mutation]:
    """Every element but the root, twice where it stood once."""
    for child_path, child, place in _children(value, path):
        again = _rebuilder(value, place, rebuild)
        if isinstance(value, dict) and not isinstance(child, list) and path != "$":
            yield Mutation("stands twice", child_path, again([child, child]))
        yield from _doubled(child, child_path, again)


def entries(
    value: Any, path: str = "$", rebuild: Callable[[Any], Any] = lambda changed: changed
) -> Iterator[tuple[Any, Mutation, Mutation]]:
    """Every object of an array, the data without it, and the data in which it says nothing any more."""
    for child_path, child, place in _children(value, path):
        again = _rebuilder(value, place, rebuild)
        if isinstance(value, list) and isinstance(child, dict):
            yield (
                child,
                Mutation("removed", child_path, again(GONE)),
                Mutation("says nothing", child_path, again(_emptied(child))),
            )
        yield from entries(child, child_path, again)


def _emptied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _emptied(child) for key, child in value.items()}
    return [_emptied(child) for child in value] if isinstance(value, list) else ""


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Every scalar of a JSON value with its path."""
    for child_path, child, _ in _children(value, path):
        yield from leaves(child, child_path)
    if not isinstance(value, dict | list):
        yield path, value


def replaced(value: Any, old: Any, new: Any) -> Any:
    """A JSON value in which every scalar equal to `old` is `new`."""
    if isinstance(value, dict):
        return {key: replaced(child, old, new) for key, child in value.items()}
    if isinstance(value, list):
        return [replaced(child, old, new) for child in value]
    return new if type(value) is type(old) and value == old else value


def touches(path: str, other: str) -> bool:
    """Whether one of two paths is the other or contains it."""
    shorter, longer = sorted((path, other), key=len)
    return longer.startswith(shorter) and longer[len(shorter) : len(shorter) + 1] in ("", ".", "[")


def _mutated(value: Any, path: str, rebuild: Callable[[Any], Any]) -> Iterator[Mutation]:
    if path != "$":
        yield Mutation("removed", path, rebuild(GONE))
    for what, other in _others(value):
        yield Mutation(what, path, rebuild(other))
    for child_path, child, place in _children(value, path):
        yield from _mutated(child, child_path, _rebuilder(value, place, rebuild))


def _rebuilder(value: Any, place: Any, rebuild: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda changed: rebuild(_put(value, place, changed))


def _children(value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(value, dict):
        yield from ((f"{path}.{key}", child, key) for key, child in value.items())
    elif isinstance(value, list):
        yield from ((f"{path}[{index}]", child, index) for index, child in enumerate(value))


def _put(value: Any, place: Any, changed: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: changed if key == place else child
            for key, child in value.items()
            if key != place or changed is not GONE
        }
    copy = list(value)
    copy[place : place + 1] = [] if changed is GONE else [changed]
    return copy


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    if value is not None:
        yield "null", None
    yield from _OTHER_TYPES[type(value)]
    if isinstance(value, str) and TIME.match(value) and ZONE.search(value):
        yield "without its time zone", ZONE.sub("", value)


# bool before int: to Python one is the other.
_OTHER_TYPES: dict[type, tuple[tuple[str, Any], ...]] = {
    str: (("a number", 7), ("an object", {"a": 1}), ("empty", "")),
    bool: (("a text", "x"), ("an array", [])),
    int: (("a text", "x"), ("an object", {}), ("negative", -1), ("huge", 1e39)),
    float: (("a text", "x"), ("an object", {}), ("negative", -0.001), ("huge", 1e39)),
    list: (("an object", {"a": 1}), ("a text", "x"), ("an array of null", [None]), ("an array of texts", ["x"])),
    dict: (("an array", [1]), ("a text", "x"), ("empty", {})),
    type(None): (("a text", "x"), ("a number", 7), ("an object", {"a": 1})),
}
