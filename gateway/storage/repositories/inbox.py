"""Raw messages from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, and_, bindparam, literal, select, tuple_, update

from gateway.domain.messages import InboxMessage, InboxState
from gateway.services.ports import Page
from gateway.services.ports.inbox import WAITING, InboxSearch
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.accounts import AccountRow
from gateway.storage.tables.base import table_of
from gateway.storage.tables.tracking import SAME_MESSAGE, InboxRow

INBOX = Rows(InboxRow, InboxMessage)
_I = INBOX.table.c
FINAL = (InboxState.APPLIED, InboxState.DUPLICATE, InboxState.DISMISSED)
OPEN = (InboxState.NEW, InboxState.PARKED)
_DUE = and_(_I.due_at <= NOW, _I.state.in_(OPEN))
_DUE_OF = and_(_DUE, _I.merchant_id == bindparam("of_merchant"), _I.account_id == bindparam("of_account"))
_A = table_of(AccountRow).c
_ADD = {
    name: dialect.insert(INBOX.table).on_conflict_do_nothing(index_elements=list(SAME_MESSAGE.columns))
    for name, dialect in DIALECTS.items()
}
_SETTLE = (
    update(INBOX.table)
    .where(
        _I.merchant_id == bindparam("of_merchant"),
        _I.id == bindparam("of_id"),
        *(_I.state != state for state in FINAL),  # no list: its length could not be bound many times over
    )
    .values(
        state=bindparam("new_state"),
        why=bindparam("new_why"),
        tries=bindparam("new_tries"),
        due_at=bindparam("new_due_at"),
    )
)
_NEXT_DUE = (
    select(_I.merchant_id, _I.account_id, _I.due_at)
    .where(
        _I.due_at <= bindparam("now"),
        tuple_(_I.merchant_id, _I.account_id) > tuple_(bindparam("merchant"), bindparam("account")),
    )
    .order_by(_I.merchant_id, _I.account_id, _I.due_at)
    .limit(1)
)
_LISTED = select(
    *(column for column in INBOX.table.columns if column.name != "body"), literal(b"", LargeBinary).label("body")
).join_from(INBOX.table, table_of(AccountRow), (_A.merchant_id == _I.merchant_id) & (_A.id == _I.account_id))
_HOLDS = select(_I.id).where(_I.dedupe_key == bindparam("dedupe_key")).limit(1)


class InboxRepository(Repository):
    """The inbox. What was applied stays applied; what is quarantined may be opened again."""

    def add(self, message: InboxMessage) -> bool:
        """False for a repeat of the same transport message. It is due at once, unless it is settled as it comes."""
        due_at = message.received_at if message.state in OPEN else None
        return INBOX.add(self._connection, message, unless=SAME_MESSAGE, others={"due_at": due_at})

    def add_all(self, messages: Sequence[InboxMessage]) -> None:
        """Several at once. They are due at once; repeats are left out."""
        rows = [{**INBOX.values(message), "due_at": message.received_at} for message in messages]
        self._connection.execute(_ADD[self._connection.dialect.name], rows)

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

    def settle_all(self, messages: Sequence[tuple[InboxMessage, datetime | None]]) -> None:
        """Several at once."""
        rows = [
            {
                "of_merchant": message.merchant_id,
                "of_id": message.id,
                "new_state": message.state,
                "new_why": message.why,
                "new_tries": message.tries,
                "new_due_at": due_at,
            }
            for message, due_at in messages
        ]
        if rows:
            self._connection.execute(_SETTLE, rows)

    def due_accounts(self, now: datetime) -> Sequence[tuple[str, str, datetime]]:
        """From account to account along the index, however many messages each has."""
        found: list[tuple[str, str, datetime]] = []
        last = ("", "")
        while row := self._connection.execute(_NEXT_DUE, {"now": now, "merchant": last[0], "account": last[1]}).first():
            last = (row.merchant_id, row.account_id)
            found.append((*last, row.due_at))
        return found

    def claim_due(
        self, now: datetime, lease: timedelta, limit: int, of: tuple[str, str] | None = None
    ) -> Sequence[InboxMessage]:
        """Those to be parsed, or tried again."""
        if of is None:
            return claim(self._connection, INBOX, _DUE, now, lease, limit)
        return claim(self._connection, INBOX, _DUE_OF, now, lease, limit, of_merchant=of[0], of_account=of[1])

    def applied(self, merchant_id: str, account_id: str, after_id: str, limit: int) -> Sequence[InboxMessage]:
        """What is through, in the order of its ids, with its bytes; answers to polls and files are left out."""
        mine = (_I.merchant_id == merchant_id, _I.account_id == account_id, _I.id > after_id)
        wanted = select(INBOX.table).where(*mine, _I.state.in_(FINAL), _I.source.in_(("webhook", "scan")))
        return INBOX.all(self._connection, wanted.order_by(_I.id).limit(limit))

    def list(self, merchant_id: str, wanted: InboxSearch) -> Page[InboxMessage]:
        """What waits for a booking or for a person, newest first, without the raw bytes."""
        states = WAITING if wanted.state is None else (wanted.state,)
        found = _LISTED.where(_I.merchant_id == merchant_id, _A.mode == wanted.mode, _I.state.in_(states))
        if wanted.account_id:
            found = found.where(_I.account_id == wanted.account_id)
        return self._page(INBOX, found, (_I.received_at, _I.id), wanted.limit, wanted.cursor)
