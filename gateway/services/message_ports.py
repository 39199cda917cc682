"""What messages from outside need of the database, as Protocols (see `gateway.services.ports`)."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.messages import InboxMessage


class Inbox(Protocol):
    """Raw messages from outside."""

    def add(self, message: InboxMessage) -> bool:
        """False for a repeat of the same transport message."""

    def get(self, merchant_id: str, message_id: str) -> InboxMessage | None: ...
    def holds(self, dedupe_key: str) -> bool:
        """Whether anybody's inbox has this transport message: for audits, across merchants."""

    def settle(self, message: InboxMessage, due_at: datetime | None = None) -> None: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[InboxMessage]: ...
    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget messages whose id is smaller and for which nothing waits; how many. Ids sort by time."""
