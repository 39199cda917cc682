"""Ids: a prefix that says what it is, then a ULID, which sorts by time (https://github.com/ulid/spec)."""

from __future__ import annotations

from datetime import datetime

from ulid import ULID


def new_id(prefix: str, now: datetime) -> str:
    """A new id such as `shp_01JD5F...` (prefix, underscore, 26 characters)."""
    return f"{prefix}_{ULID.from_datetime(now)}"
