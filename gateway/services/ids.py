"""Ids: a prefix that says what it is, then a ULID, which sorts by time (https://github.com/ulid/spec)."""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache
from threading import Lock

from ulid import ULID
from ulid.base32 import ENCODE

TIME_CHARACTERS, RANDOM_CHARACTERS = 10, 16
"""Source: https://github.com/ulid/spec, string representation."""
_PAIRS = [first + second for first in ENCODE for second in ENCODE]
_TENS = range(70, -1, -10)
"""Where each ten of the eighty random bits begin, the highest first: two characters."""


class _Drawn:
    """Random bits, and for the same millisecond as the last ones the next higher: ids of a process sort as made.

    Source: https://github.com/ulid/spec, monotonicity.
    """

    def __init__(self) -> None:
        self._lock, self._time, self._bits = Lock(), "", 0

    def bits(self, time: str) -> int:
        with self._lock:
            self._bits = self._bits + 1 if time == self._time else int.from_bytes(os.urandom(10), "big")
            self._time = time
            return self._bits

    def forget(self) -> None:
        """In a process just forked, which would go on with the same bits as its parent."""
        self._lock, self._time = Lock(), ""


_drawn = _Drawn()
os.register_at_fork(after_in_child=_drawn.forget)


def new_id(prefix: str, now: datetime) -> str:
    """A new id such as `shp_01JD5F...` (prefix, underscore, 26 characters).

    Its characters are looked up in pairs: ids are made for every line of a long file, and the library takes three times
    as long.
    """
    time = _time(now)
    bits = _drawn.bits(time)
    return f"{prefix}_{time}{''.join([_PAIRS[bits >> place & 1023] for place in _TENS])}"


def first_id(prefix: str, at: datetime) -> str:
    """The smallest id that could be made at a moment: whatever is smaller is older."""
    return f"{prefix}_{_time(at)}{'0' * RANDOM_CHARACTERS}"


def made_at(name: str) -> datetime:
    """When an id was made, to the millisecond. Raises ValueError for what is no id."""
    return ULID.from_str(name.rpartition("_")[2]).datetime


@lru_cache(maxsize=64)
def _time(at: datetime) -> str:
    return str(ULID.from_datetime(at))[:TIME_CHARACTERS]
