"""Ids: a prefix that says what it is, then a ULID, which sorts by time (https://github.com/ulid/spec)."""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache

from ulid import ULID
from ulid.base32 import ENCODE

TIME_CHARACTERS, RANDOM_CHARACTERS = 10, 16
"""Source: https://github.com/ulid/spec, string representation."""
_PAIRS = [first + second for first in ENCODE for second in ENCODE]
_TENS = range(70, -1, -10)
"""Where each ten of the eighty random bits begin, the highest first: two characters."""


def new_id(prefix: str, now: datetime) -> str:
    """A new id such as `shp_01JD5F...` (prefix, underscore, 26 characters).

    Its characters are looked up in pairs: ids are made for every line of a long file, and the library takes three times
    as long.
    """
    drawn = int.from_bytes(os.urandom(10), "big")
    return f"{prefix}_{_time(now)}{''.join([_PAIRS[drawn >> place & 1023] for place in _TENS])}"


def first_id(prefix: str, at: datetime) -> str:
    """The smallest id that could be made at a moment: whatever is smaller is older."""
    return f"{prefix}_{_time(at)}{'0' * RANDOM_CHARACTERS}"


def made_at(name: str) -> datetime:
    """When an id was made, to the millisecond. Raises ValueError for what is no id."""
    return ULID.from_str(name.rpartition("_")[2]).datetime


@lru_cache(maxsize=64)
def _time(at: datetime) -> str:
    return str(ULID.from_datetime(at))[:TIME_CHARACTERS]
