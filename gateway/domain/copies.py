"""Nouns with a few fields changed, for what is done to every event that comes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

N = TypeVar("N")


def altered(noun: N, **changes: object) -> N:
    """As `dataclasses.replace`, checks included, at half its price. For nouns with two fields or more."""
    kind: Any = type(noun)
    names, values = _fields(kind)
    result: N = kind(**dict(zip(names, values(noun), strict=True), **changes))
    return result


@cache
def _fields(kind: Any) -> tuple[Sequence[str], Callable[[object], Sequence[Any]]]:
    names = [field.name for field in fields(kind)]
    return names, attrgetter(*names)
