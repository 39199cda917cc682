"""Database-only work that is done again when another transaction crossed it (deadlock, serialisation, a lost race)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gateway.domain.errors import StaleVersion

T = TypeVar("T")
TIMES = 3


def again_if_crossed(work: Callable[[], T]) -> T:
    """Run `work`, a whole transaction without any call to the outside, up to three times.

    Raises:
        StaleVersion: it was crossed every time.
    """
    for _ in range(TIMES - 1):
        try:
            return work()
        except StaleVersion:
            continue
    return work()
