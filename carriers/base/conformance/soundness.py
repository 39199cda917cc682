"""Whether what an adapter returns is what the contract says: the right types all the way down.

Python does not check annotations, so that a float price or a naive time gets far before it hurts. Every dataclass
is walked along its annotations: times are aware, amounts exact, counts and units whole numbers.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

Finder = Callable[[Any, str], Iterator[str]]
# A bool is an int to Python and a datetime a date, but not to whoever reads them.
PLAIN = frozenset({str, int, float, bool, date, bytes})


def unsound(value: object, kind: Any, path: str = "$") -> Iterator[str]:
    """What is wrong with a value that claims to be of that annotation."""
    if type(value) is kind and kind in PLAIN:
        return  # most of a value is text; this is a matter of speed alone
    yield from _finder(kind)(value, path)


@cache
def _finder(kind: Any) -> Finder:
    """What finds faults in values of an annotation."""
    origin, arms = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return lambda value, path: _unsound_choice(value, arms, path)
    if origin is tuple:
        return lambda value, path: _unsound_array(value, arms, path)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return lambda value, path: _unsound_mapping(value, arms, path)
    if dataclasses.is_dataclass(kind):
        hints = {field.name: get_type_hints(kind)[field.name] for field in dataclasses.fields(kind)}
        return lambda value, path: _unsound_noun(value, kind, hints, path)
    if kind is None or kind is type(None):
        return lambda value, path: iter(() if value is None else (f"{path}: {value!r} instead of nothing",))
    if kind is datetime:
        return _unsound_time
    return lambda value, path: _unsound_scalar(value, kind, path)


def _unsound_choice(value: object, arms: tuple[Any, ...], path: str) -> Iterator[str]:
    if value is None and type(None) in arms:
        return
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
    elif arms[1] is not object:
        for key, item in value.items():
            yield from unsound(item, arms[1], f"{path}.{key}")


def _unsound_noun(value: object, kind: Any, hints: Mapping[str, Any], path: str) -> Iterator[str]:
    if not isinstance(value, kind):
        yield f"{path}: a {type(value).__name__} instead of a {kind.__name__}"
        return
    for name, hint in hints.items():
        yield from unsound(getattr(value, name), hint, f"{path}.{name}")


def _unsound_time(value: object, path: str) -> Iterator[str]:
    if not isinstance(value, datetime):
        yield f"{path}: a {type(value).__name__} instead of a time"
    elif value.utcoffset() is None:
        yield f"{path}: the time {value.isoformat()} has no UTC offset"


def _unsound_scalar(value: object, kind: Any, path: str) -> Iterator[str]:
    exact = kind in PLAIN and not (kind is str and isinstance(value, str))
    if exact or not isinstance(kind, type) or not isinstance(value, kind):
        yield f"{path}: a {type(value).__name__} instead of a {kind.__name__}: {value!r}"
