"""The port of bulk jobs."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.bulk import BulkJob, BulkRow, RowState
from gateway.domain.records import ShipmentRecord
from gateway.domain.values import Money
from gateway.services.ports.answers import Mode


class Bulk(Protocol):
    """Jobs and their rows."""

    def add(self, job: BulkJob, rows: Sequence[BulkRow]) -> None: ...
    def get(self, merchant_id: str, job_id: str, *, lock: bool = False) -> BulkJob | None: ...
    def update(self, job: BulkJob) -> None: ...
    def list(self, merchant_id: str, mode: Mode, limit: int) -> Sequence[BulkJob]:
        """Newest first, without those that were dropped."""

    def rows(
        self, merchant_id: str, job_id: str, states: Sequence[RowState], limit: int, after: int = 0
    ) -> Sequence[BulkRow]:
        """By number, those above `after`; no states: all."""

    def find(self, merchant_id: str, mode: Mode, kind: str, name: str) -> BulkRow | None:
        """The row of that name in a job of that kind that runs: one that is ready, else the newest."""

    def waiting(self, merchant_id: str, mode: Mode, kinds: Sequence[str], most: int) -> int:
        """Rows of jobs of these kinds that are ready to be done, counted up to `most`."""

    def settle(self, row: BulkRow, before: BulkRow) -> bool:
        """Write a row if it is still as it was; False when somebody else was first."""

    def counts(self, merchant_id: str, job_id: str) -> Mapping[RowState, int]:
        """How many rows are in each state that any is in."""

    def costs(self, merchant_id: str, job_id: str, states: Sequence[RowState]) -> Sequence[tuple[Money, int]]:
        """By currency: the sum, and of how many rows."""

    def reopen(self, merchant_id: str, job_id: str, state: RowState) -> int:
        """Let failed rows be in this state once more; how many."""

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[BulkJob]: ...
    def undone(self, merchant_id: str, mode: Mode, after: tuple[str, int], limit: int) -> Sequence[BulkRow]:
        """Rows that say something of their own still, by job and number, those after one."""

    def forget(self, shipment: ShipmentRecord, why: str) -> None:
        """Leave of the rows about a shipment what became of them; those undone stay so. A note's text goes too."""

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget jobs with smaller ids, their rows too; how many. Ids sort by time."""


class BulkKind(Protocol):
    """One kind of job. Both answer with the row as it is then; a GatewayError they raise is the row's own fault."""

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """What a `new` row would come to."""

    def do(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """Do a `ready` row, once under its key."""
