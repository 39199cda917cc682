"""Nouns with a few fields changed, for what is done to every event that comes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

N = TypeVar("N")


def altered(noun: N, **changes: object) -> N:
    """As `dataclasses.replace`, checks included, at a third of its price. For nouns with slots, two fields or more.

    Each slot is set by its own descriptor, past the frozen noun's `__init__`, which looks for it by name.
    """
    kind: Any = type(noun)
    values, putters, check = _slots(kind)
    result: N = object.__new__(kind)
    for put, value in zip(putters, values(noun), strict=True):
        put(result, value)
    for name, value in changes.items():
        object.__setattr__(result, name, value)
    if check is not None:
        check(result)
    return result


@cache
def _slots(
    kind: Any,
) -> tuple[Callable[[object], Sequence[Any]], Sequence[Callable[[Any, Any], None]], Callable[[Any], None] | None]:
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), [getattr(kind, name).__set__ for name in names], getattr(kind, "__post_init__", None)
