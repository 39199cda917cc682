"""Whole numbers in columns, exact however large: 64 bits where they are enough, Python's own integers where not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SAFE = 2**61
QUARTER_S = 900
SECOND = 1_000_000


class Numbers(NamedTuple):
    """Values, and where they are known; elsewhere the value means nothing."""

    values: Array
    known: Array


def largest(values: Array) -> int:
    """The largest absolute value."""
    return max(abs(int(values.max())), abs(int(values.min()))) if len(values) else 0


def wide(values: Array, factor: int) -> Array:
    """The values so that they can be multiplied by the factor without overflow."""
    return values.astype(object) if largest(values) * max(abs(factor), 1) > SAFE else values


def narrow(values: Array) -> Array:
    """In 64 bits again, if they fit."""
    fits = values.dtype == object and largest(values) < SAFE
    return values.astype(np.int64) if fits else values


def exact(values: Sequence[int]) -> Array:
    """A column of integers of any size."""
    return narrow(np.array(values, dtype=object))


def total(first: Array, second: Array) -> Array:
    """The sum."""
    return narrow(wide(first, 2) + wide(second, 2))


def per(amount: int, times: Array, unit: int) -> Array:
    """`market.per` over a column: `amount` for every `unit` of `times`, rounded half up."""
    return narrow((2 * amount * wide(times, 4 * amount + 4 * unit) + unit) // (2 * unit))


def seconds_up(micros: Array) -> Array:
    """`readings.seconds_up` over a column."""
    return -(-micros // SECOND)


def local(micros: Array, zone: tzinfo) -> Array:
    """UTC to local microseconds. Zones change on quarters of an hour, so each quarter's offset is asked for once."""
    quarters, where = np.unique(micros // (QUARTER_S * SECOND), return_inverse=True)
    offsets = [_offset(int(quarter), zone) for quarter in quarters]
    return micros + np.array(offsets, dtype=np.int64)[where] if len(micros) else micros


def _offset(quarter: int, zone: tzinfo) -> int:
    found = datetime.fromtimestamp(quarter * QUARTER_S, UTC).astimezone(zone).utcoffset()
    return 0 if found is None else int(found.total_seconds() * SECOND)


def mapped(values: Array, change: Callable[[int], int | None]) -> Numbers:
    """Every value changed, each distinct one once; None is not known."""
    distinct, where = np.unique(values, return_inverse=True)
    found = [change(int(each)) for each in distinct]
    known = np.array([each is not None for each in found], dtype=bool)
    return Numbers(exact([each or 0 for each in found])[where], known[where])
