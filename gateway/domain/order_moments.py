"""When something was ordered, as shops write it into their files."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]\s*"
    r"([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)\s*"
    r"(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
"""RFC 3339 and ISO 8601, and what shops make of them: `2026-11-27 14:30:12 +0100` (Shopify's export of orders)."""


def moment(text: str, clock: tzinfo | None) -> datetime:
    """The moment; one without an offset is told by this clock. Raises ValueError, saying what is wrong."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text}” is no day with a time")
    day, time, offset = found.groups()
    offset = {"Z": "+00:00", "UTC": "+00:00"}.get((offset or "").upper(), offset or "")
    try:
        told = datetime.fromisoformat(f"{day}T{time}{offset}")
    except ValueError:
        raise ValueError(f"“{text}” is on no calendar") from None
    if told.tzinfo is None and clock is None:
        raise ValueError(f"“{text}” does not say by which clock")
    return told if told.tzinfo is not None else told.replace(tzinfo=clock)
