"""Time is an argument: whatever needs the present takes a Clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present, aware, in UTC. The only place that asks the machine."""
    return datetime.now(UTC)
