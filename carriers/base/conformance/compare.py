"""What a sample says must come of it, against what did: every difference in words, with its path."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.domain.codec import to_json

SHOWN = 160


def differences(expected: Any, actual: object, path: str = "$") -> Iterator[str]:
    """Differences between JSON that was promised and nouns, of which it may name only some fields.

    Arrays have equal length; times are equal as moments; numbers are equal as exact numbers.
    """
    if isinstance(expected, Mapping):
        yield from _object_differences(expected, actual, path)
    elif isinstance(expected, list):
        yield from _array_differences(expected, actual, path)
    elif not _same(expected, to_json(actual)):
        yield f"{path}: expected {shown(expected)}, not {shown(to_json(actual))}"


def unequal(expected: Any, actual: Any, path: str = "$") -> Iterator[str]:
    """Differences between two JSON values that must be the same, member for member."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key in sorted(set(actual) - set(expected)):
            yield f"{path}.{key}: not documented, but sent: {shown(actual[key])}"
        for key, value in expected.items():
            if key in actual:
                yield from unequal(value, actual[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}: documented as {shown(value)}, but not sent"
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (mine, yours) in enumerate(zip(expected, actual, strict=True)):
            yield from unequal(mine, yours, f"{path}[{index}]")
    elif not _same(expected, actual):
        yield f"{path}: expected {shown(expected)}, not {shown(actual)}"


def shown(value: Any) -> str:
    """A value as JSON, cut to what a line can hold."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _object_differences(expected: Mapping[str, Any], actual: object, path: str) -> Iterator[str]:
    for key, value in expected.items():
        if isinstance(actual, Mapping) and key in actual:
            yield from differences(value, actual[key], f"{path}.{key}")
        elif dataclasses.is_dataclass(actual) and hasattr(actual, key):
            yield from differences(value, getattr(actual, key), f"{path}.{key}")
        else:
            yield f"{path}.{key}: expected {shown(value)}, but {shown(to_json(actual))} has no such field"


def _array_differences(expected: list[Any], actual: object, path: str) -> Iterator[str]:
    if not isinstance(actual, Sequence) or isinstance(actual, str | bytes):
        yield f"{path}: expected an array, not {shown(to_json(actual))}"
        return
    if len(expected) != len(actual):
        yield f"{path}: expected {len(expected)} elements, not {len(actual)}: {shown(to_json(actual))}"
        return
    for index, (mine, yours) in enumerate(zip(expected, actual, strict=True)):
        yield from differences(mine, yours, f"{path}[{index}]")


def _same(expected: Any, actual: Any) -> bool:
    if _is_number(expected) and _is_number(actual):
        return Decimal(str(expected)) == Decimal(str(actual))
    if isinstance(expected, str) and isinstance(actual, str):
        return expected == actual or _same_moment(expected, actual)
    return type(expected) is type(actual) and bool(expected == actual)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _same_moment(expected: str, actual: str) -> bool:
    try:
        one, other = datetime.fromisoformat(expected), datetime.fromisoformat(actual)
        return one.tzinfo is not None and other.tzinfo is not None and one == other
    except (ValueError, InvalidOperation):
        return False
