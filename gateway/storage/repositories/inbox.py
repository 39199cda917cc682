"""Raw messages from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, select, update

from gateway.domain.messages import InboxMessage, InboxState
from gateway.storage.claims import claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.tracking import SAME_MESSAGE, InboxRow

INBOX = Rows(InboxRow, InboxMessage)
_I = INBOX.table.c
FINAL = (InboxState.APPLIED, InboxState.DUPLICATE)
OPEN = (InboxState.NEW, InboxState.PARKED)
_HOLDS = select(_I.id).where(_I.dedupe_key == bindparam("dedupe_key")).limit(1)


class InboxRepository(Repository):
    """The inbox. What was applied stays applied; what is quarantined may be opened again."""

    def add(self, message: InboxMessage) -> bool:
        """False for a repeat of the same transport message. It is due at once."""
        return INBOX.add(self._connection, message, unless=SAME_MESSAGE, others={"due_at": message.received_at})

    def get(self, merchant_id: str, message_id: str) -> InboxMessage | None:
        """By id."""
        return INBOX.get(self._connection, merchant_id, message_id)

    def holds(self, dedupe_key: str) -> bool:
        """Whether anybody's inbox has this transport message."""
        return self._connection.execute(_HOLDS, {"dedupe_key": dedupe_key}).first() is not None

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget what is through. Quarantined messages stay until a person has seen to them."""
        return INBOX.forget(self._connection, merchant_id, before_id, _I.state.in_(FINAL))

    def settle(self, message: InboxMessage, due_at: datetime | None = None) -> None:
        """Write what became of it and when it is tried again."""
        self._connection.execute(
            update(INBOX.table)
            .where(_I.merchant_id == message.merchant_id, _I.id == message.id, _I.state.not_in(FINAL))
            .values(state=message.state, why=message.why, tries=message.tries, due_at=due_at)
        )

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[InboxMessage]:
        """Those to be parsed, or tried again."""
        return claim(self._connection, INBOX, and_(_I.due_at <= now, _I.state.in_(OPEN)), now, lease, limit)
