"""Ids: a prefix that says what it is, then a ULID, which sorts by time (https://github.com/ulid/spec)."""

from __future__ import annotations

from datetime import datetime

from ulid import ULID

TIME_CHARACTERS, RANDOM_CHARACTERS = 10, 16
"""Source: https://github.com/ulid/spec, string representation."""


def new_id(prefix: str, now: datetime) -> str:
    """A new id such as `shp_01JD5F...` (prefix, underscore, 26 characters)."""
    return f"{prefix}_{ULID.from_datetime(now)}"


def first_id(prefix: str, at: datetime) -> str:
    """The smallest id that could be made at a moment: whatever is smaller is older."""
    return f"{prefix}_{str(ULID.from_datetime(at))[:TIME_CHARACTERS]}{'0' * RANDOM_CHARACTERS}"


def made_at(name: str) -> datetime:
    """When an id was made, to the millisecond. Raises ValueError for what is no id."""
    return ULID.from_str(name.rpartition("_")[2]).datetime
