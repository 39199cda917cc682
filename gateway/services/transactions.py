"""Database-only work that is done again: when another transaction crossed it (deadlock, serialisation, a lost race), or
by who has the time when the database was away (restarted, or tired of a process that got no processor).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.domain.errors import StaleVersion, Unavailable

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


def patiently(work: Callable[[], T], pauses_s: Sequence[float]) -> T:
    """Run `work`, a whole transaction as above, again after each pause while the database does not answer.

    Raises:
        Unavailable: it did not after the last.
    """
    for pause_s in pauses_s:
        try:
            return again_if_crossed(work)
        except Unavailable:
            time.sleep(pause_s)
    return again_if_crossed(work)
