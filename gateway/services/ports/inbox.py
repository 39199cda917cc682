"""The ports of what comes in: raw messages from outside, and how an account reads its carrier's codes."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.messages import InboxMessage, InboxState
from gateway.domain.status_tables import StatusTableRecord
from gateway.services.ports.answers import Mode, Page

WAITING = (InboxState.PARKED, InboxState.QUARANTINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSearch:
    """Which waiting messages: of a mode, maybe of one account and in one state."""

    mode: Mode
    account_id: str = ""
    state: InboxState | None = None
    limit: int = 50
    cursor: str | None = None


class Inbox(Protocol):
    """Raw messages from outside."""

    def add(self, message: InboxMessage) -> bool:
        """False for a repeat of the same transport message."""

    def add_all(self, messages: Sequence[InboxMessage]) -> None:
        """Several at once; repeats of the same transport message are left out."""

    def get(self, merchant_id: str, message_id: str) -> InboxMessage | None: ...
    def holds(self, dedupe_key: str) -> bool:
        """Whether anybody's inbox has this transport message: for audits, across merchants."""

    def settle(self, message: InboxMessage, due_at: datetime | None = None) -> None:
        """What was applied stays applied."""

    def settle_all(self, messages: Sequence[tuple[InboxMessage, datetime | None]]) -> None:
        """Several at once, each with when it is tried again."""

    def due_accounts(self, now: datetime) -> Sequence[tuple[str, str, datetime]]:
        """(merchant, account) of every account that has a message due."""

    def claim_due(
        self, now: datetime, lease: timedelta, limit: int, of: tuple[str, str] | None = None
    ) -> Sequence[InboxMessage]:
        """Those due longest, of all accounts or of one (merchant, account)."""

    def applied(self, merchant_id: str, account_id: str, after_id: str, limit: int) -> Sequence[InboxMessage]:
        """An account's messages that are through, oldest first, with their bytes: webhooks and scans alone."""

    def list(self, merchant_id: str, wanted: InboxSearch) -> Page[InboxMessage]:
        """What waits for a booking or for a person, newest first, without the raw bytes."""

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget messages whose id is smaller and for which nothing waits; how many. Ids sort by time."""


class StatusTables(Protocol):
    """Versions of accounts' own status tables."""

    def add(self, table: StatusTableRecord) -> bool:
        """False when that version exists already (somebody else was first)."""

    def latest(self, merchant_id: str, account_id: str) -> StatusTableRecord | None:
        """The one that counts."""

    def of_account(self, merchant_id: str, account_id: str) -> Sequence[StatusTableRecord]:
        """Newest first."""
