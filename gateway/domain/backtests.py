"""Backtests as they are kept while they wait, run and when they are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class BacktestState(StrEnum):
    """How far it is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRecord:
    """What was asked, how many steps are done of how many, and what came of it.

    `due_at`: when a worker takes it up (again); None when it is over.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    policy: str
    ask: Mapping[str, object]
    state: BacktestState
    author: str
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    done: int = 0
    total: int = 0
    result: Mapping[str, object] | None = None
    why: str = ""
    tries: int = 0
