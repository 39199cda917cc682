"""What is asked of bulk jobs, how far one is, and what must be agreed to before one begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.bulk import BulkJob, BulkRow, RowState
from gateway.domain.errors import Unprocessable
from gateway.domain.values import Money
from gateway.services.ports import UnitOfWork

MOST_ROWS = 10_000
"""Source: the document on security, section 9."""
TYPED_ABOVE = 100
"""Source: the document on what people see, section 3: the number is typed above 100 rows, or where money moves."""
WHOLE = "whole"
LEFT = (RowState.BLOCKED, RowState.FAILED)
"""Rows that would be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAsk:
    """What somebody wants done with many. Rows are numbered by the asker; their owner is filled in.

    `whole`: rows that cannot be done stop all, until somebody says how many are to be left out.
    """

    kind: str
    title: str
    rows: Sequence[BulkRow]
    money: bool = False
    whole: bool = False
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkFile:
    """A job with how many rows are in each state, and what those cost that have a price (by currency, of how many)."""

    job: BulkJob
    counts: Mapping[RowState, int]
    costs: Sequence[tuple[Money, int]]

    @property
    def ready(self) -> int:
        """How many would be done now."""
        return self.counts.get(RowState.READY, 0)

    @property
    def left(self) -> int:
        """How many would be left out now, where that stops all; 0 where it stops nothing."""
        return sum(self.counts.get(each, 0) for each in LEFT) if self.job.facts.get(WHOLE) else 0

    @property
    def settled(self) -> int:
        """How many are through."""
        return sum(self.counts.get(each, 0) for each in (RowState.DONE, RowState.UNKNOWN, RowState.FAILED))

    @property
    def typed(self) -> bool:
        """Whether the number must be typed to begin."""
        return self.job.money or self.ready > TYPED_ABOVE


def agreed(uow: UnitOfWork, job: BulkJob, without: int | None) -> int:
    """How many rows would be done. Raises Unprocessable: none, or others would be left out unsaid."""
    counts = uow.bulk.counts(job.merchant_id, job.id)
    number, left = counts.get(RowState.READY, 0), sum(counts.get(each, 0) for each in LEFT)
    if not number:
        raise Unprocessable("/rows", "there is no row that could be done")
    if job.facts.get(WHOLE) and left and without != left:
        raise Unprocessable(
            "/without",
            f"{left} of {job.total} cannot be done, and that stops all: repair them, or say "
            f"that the other {number} are to be done without them",
        )
    return number
