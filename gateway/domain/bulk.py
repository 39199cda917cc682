"""Bulk jobs: one act on many things, looked at before it is done, done row by row, told row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gateway.domain.values import Money


class BulkState(StrEnum):
    """How far a job has come.

    `looking`: its rows are looked at, nothing is changed. `ready`: it waits for somebody's word. `dropped`: nobody
    wants it. `done`: no row is worked any more, whatever became of each.
    """

    LOOKING = "looking"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DROPPED = "dropped"


class RowState(StrEnum):
    """What became of a row. `new` ones are still to be looked at, `blocked` ones are never worked.

    `unknown`: it was done or not, which is being found out elsewhere; it is not done again.
    """

    NEW = "new"
    READY = "ready"
    BLOCKED = "blocked"
    DONE = "done"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkJob:
    """A job. `money`: doing it costs some. `facts` are its kind's own, `why` what went wrong with it as a whole."""

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    kind: str
    title: str
    state: BulkState
    author_id: str
    author: str
    money: bool = False
    total: int
    facts: Mapping[str, object] = field(default_factory=dict)
    why: str = ""
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRow:
    """One row of a job, numbered as its owner counts them. `name` is what people call it, `subject_id` what it is
    about, or what it made; `data` its kind's own. `attempt` rises when it is tried again by somebody's wish.
    """

    merchant_id: str
    job_id: str
    number: int
    state: RowState = RowState.READY
    name: str = ""
    subject_id: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    price: Money | None = None
    why: str = ""
    attempt: int = 1

    @property
    def key(self) -> str:
        """Names this attempt at this row and no other: what is done under it is done once."""
        return f"{self.job_id}:{self.number}:{self.attempt}"
