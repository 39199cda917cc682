"""Whether what an adapter returns is what the contract says: the right types all the way down.

Python does not check annotations, so that a float price or a naive time gets far before it hurts. Every dataclass
is walked along its annotations: times are aware, amounts exact, counts and units whole numbers.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


def unsound(value: object, kind: Any, path: str = "$") -> Iterator[str]:
    """What is wrong with a value that claims to be of that annotation."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        yield from _unsound_choice(value, get_args(kind), path)
    elif kind is None or kind is type(None):
        if value is not None:
            yield f"{path}: {value!r} instead of nothing"
    elif origin is tuple:
        yield from _unsound_array(value, get_args(kind), path)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _unsound_mapping(value, get_args(kind), path)
    elif dataclasses.is_dataclass(kind):
        yield from _unsound_noun(value, kind, path)
    elif isinstance(kind, type):
        yield from _unsound_scalar(value, kind, path)


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _unsound_choice(value: object, arms: tuple[Any, ...], path: str) -> Iterator[str]:
    found = [list(unsound(value, arm, path)) for arm in arms]
    if all(found):
        yield from min(found, key=len)


def _unsound_array(value: object, arms: tuple[Any, ...], path: str) -> Iterator[str]:
    if not isinstance(value, tuple | list):
        yield f"{path}: a {type(value).__name__} instead of a sequence"
        return
    kinds = [arms[0]] * len(value) if arms[-1] is Ellipsis else list(arms)
    if len(kinds) != len(value):
        yield f"{path}: {len(value)} elements instead of {len(kinds)}"
        return
    for index, (item, kind) in enumerate(zip(value, kinds, strict=True)):
        yield from unsound(item, kind, f"{path}[{index}]")


def _unsound_mapping(value: object, arms: tuple[Any, ...], path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: a {type(value).__name__} instead of a mapping"
        return
    for key, item in value.items():
        yield from unsound(key, arms[0], f"{path} key")
        yield from unsound(item, arms[1], f"{path}.{key}")


def _unsound_noun(value: object, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, kind):
        yield f"{path}: a {type(value).__name__} instead of a {kind.__name__}"
        return
    for name, hint in _hints(kind).items():
        if hasattr(value, name):
            yield from unsound(getattr(value, name), hint, f"{path}.{name}")


def _unsound_scalar(value: object, kind: type, path: str) -> Iterator[str]:
    if kind is object:
        return
    if kind is datetime:
        if not isinstance(value, datetime):
            yield f"{path}: a {type(value).__name__} instead of a time"
        elif value.utcoffset() is None:
            yield f"{path}: the time {value.isoformat()} has no UTC offset"
    elif kind in (int, float, bool, str, date, bytes):
        # A bool is an int to Python and a datetime a date, but not to whoever reads them.
        if type(value) is not kind and not (kind is str and isinstance(value, str)):
            yield f"{path}: a {type(value).__name__} instead of a {kind.__name__}: {value!r}"
    elif not isinstance(value, kind):
        yield f"{path}: a {type(value).__name__} instead of a {kind.__name__}"
