"""The port of assignments of waves."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.assignments import AssignmentRecord, Solution, Wave


class Assignments(Protocol):
    """Assignments with their waves and solutions."""

    def add(self, record: AssignmentRecord, wave: Wave) -> None: ...
    def get(self, merchant_id: str, assignment_id: str) -> AssignmentRecord | None: ...
    def wave(self, merchant_id: str, assignment_id: str) -> Wave:
        """Of one that there is."""

    def solution(self, merchant_id: str, assignment_id: str) -> Solution | None: ...
    def tell(self, record: AssignmentRecord) -> None:
        """Write how far it is, unless it is settled."""

    def settle(self, record: AssignmentRecord, solution: Solution | None) -> None:
        """Write what became of it; what is settled stays."""

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[AssignmentRecord]: ...
    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget those whose id is smaller; how many. Ids sort by time."""
