"""The seam between rows that are due and whoever works them: hints, never work.

A row is the truth: it is due, it is leased, it is settled. A hint only says which rows to look at now, so one that is
lost, late or doubled is harmless: the next look of any worker finds what is due without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Due:
    """Rows that are due since a moment: `lane` keeps apart what shall not wait for each other, an account mostly.

    What an `id` names is the job's own affair: a row, or all that is due in one place.
    """

    lane: str
    id: str
    since: datetime


class Dispatcher(Protocol):
    """Who passes hints on."""

    def wake(self, job: str, lane: str, ids: Sequence[str]) -> None:
        """After a commit, say what has become due by it. Never waits and never fails."""

    def tell(self, job: str, lane: str, ids: Sequence[str]) -> bool:
        """Say what is due; False when nobody could be told, and whoever asks does it himself."""


class Ticks:
    """The embedded engine: nobody is told, every worker looks for itself at each tick."""

    def wake(self, job: str, lane: str, ids: Sequence[str]) -> None:
        """See `Dispatcher`."""

    def tell(self, job: str, lane: str, ids: Sequence[str]) -> bool:
        """See `Dispatcher`."""
        return False


def named(merchant_id: str, row_id: str) -> str:
    """The id of a merchant's row, in a hint."""
    return f"{merchant_id}/{row_id}"


def keys(ids: Sequence[str]) -> list[tuple[str, str]]:
    """Ids of hints as keys of rows; what is none names nothing."""
    pairs = (each.partition("/") for each in ids)
    return [(merchant_id, row_id) for merchant_id, _, row_id in pairs if row_id]
