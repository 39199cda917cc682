"""Checkouts' connections, and what they were told lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from gateway.domain.checkouts import CheckoutAnswer, CheckoutConnection
from gateway.domain.errors import Conflict
from gateway.services.ports import Mode
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.secrets import Vault
from gateway.storage.tables.base import table_of
from gateway.storage.tables.checkouts import CONNECTION_NAME, CheckoutAnswerRow, CheckoutConnectionRow

CONNECTIONS = Rows(CheckoutConnectionRow, CheckoutConnection)
_C = CONNECTIONS.table.c
_ANSWERS = table_of(CheckoutAnswerRow)
_A = _ANSWERS.c


class CheckoutRepository(Repository):
    """Connections, whose secrets are sealed on the way in and opened on the way out; and the answers kept for them."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

    def add(self, connection: CheckoutConnection) -> None:
        """A new connection. Raises Conflict when the merchant has one of that name."""
        if not CONNECTIONS.add(self._connection, self._sealed(connection), unless=CONNECTION_NAME):
            raise Conflict(f"there is a connection {connection.name!r} already")

    def get(self, merchant_id: str, connection_id: str) -> CheckoutConnection | None:
        """By id."""
        return self._opened(CONNECTIONS.get(self._connection, merchant_id, connection_id))

    def by_name(self, merchant_id: str, name: str) -> CheckoutConnection | None:
        """By the merchant's name for it."""
        named = select(CONNECTIONS.table).where(_C.merchant_id == merchant_id, _C.name == name)
        return self._opened(CONNECTIONS.first(self._connection, named))

    def by_id(self, connection_id: str) -> CheckoutConnection | None:
        """Across merchants: for checkouts' calls, whose path names the connection alone."""
        return self._opened(
            CONNECTIONS.first(self._connection, select(CONNECTIONS.table).where(_C.id == connection_id))
        )

    def list(self, merchant_id: str, mode: Mode) -> Sequence[CheckoutConnection]:
        """The merchant's connections of a mode, by name."""
        wanted = select(CONNECTIONS.table).where(_C.merchant_id == merchant_id, _C.mode == mode).order_by(_C.name)
        return [self._open(each) for each in CONNECTIONS.all(self._connection, wanted)]

    def replace(self, connection: CheckoutConnection) -> None:
        """Write it anew. Raises StaleVersion when a later version is stored."""
        CONNECTIONS.put(self._connection, self._sealed(connection))

    def remove(self, merchant_id: str, connection_id: str) -> bool:
        """End it, with the answers kept for it; False when there is none."""
        return CONNECTIONS.remove(self._connection, merchant_id, connection_id)

    def answer(self, merchant_id: str, connection_id: str, key: str, now: datetime) -> CheckoutAnswer | None:
        """What the same cart was told, while that is fresh."""
        wanted = select(_A.answer).where(
            _A.merchant_id == merchant_id, _A.connection_id == connection_id, _A.key == key, _A.fresh_until > now
        )
        found: CheckoutAnswer | None = self._connection.execute(wanted).scalar()
        return found

    def claim(self, merchant_id: str, connection_id: str, key: str, now: datetime, until: datetime) -> bool:
        """The right to ask carriers, for so long; False where an answer is fresh or somebody else asks."""
        upsert = DIALECTS[self._connection.dialect.name].insert(_ANSWERS)
        upsert = upsert.on_conflict_do_update(
            index_elements=["merchant_id", "connection_id", "key"],
            set_={"asking_until": until},
            where=(_A.fresh_until <= now) & (_A.asking_until <= now),
        )
        named = {"merchant_id": merchant_id, "connection_id": connection_id, "key": key}
        claimed = {**named, "answer": None, "fresh_until": now, "asking_until": until}
        return self._connection.execute(upsert, claimed).rowcount == 1

    def release(self, merchant_id: str, connection_id: str, key: str, now: datetime) -> None:
        """Give the right back: no answer was got."""
        mine = update(_ANSWERS).where(
            _A.merchant_id == merchant_id, _A.connection_id == connection_id, _A.key == key, _A.asking_until > now
        )
        self._connection.execute(mine.values(asking_until=now))

    def keep(self, merchant_id: str, connection_id: str, key: str, answer: CheckoutAnswer) -> None:
        """In place of an earlier answer; nobody asks any more."""
        kept = {"answer": answer, "fresh_until": answer.fresh_until, "asking_until": answer.made_at}
        upsert = DIALECTS[self._connection.dialect.name].insert(_ANSWERS)
        upsert = upsert.on_conflict_do_update(index_elements=["merchant_id", "connection_id", "key"], set_=kept)
        named = {"merchant_id": merchant_id, "connection_id": connection_id, "key": key}
        self._connection.execute(upsert, {**named, **kept})

    def prune(self, merchant_id: str, now: datetime) -> int:
        """Forget answers that are fresh no more; how many."""
        stale = delete(_ANSWERS).where(_A.merchant_id == merchant_id, _A.fresh_until <= now, _A.asking_until <= now)
        return self._connection.execute(stale).rowcount

    def _sealed(self, each: CheckoutConnection) -> CheckoutConnection:
        return replace(each, secrets=self._vault.seal(each.merchant_id, each.id, each.secrets))

    def _open(self, each: CheckoutConnection) -> CheckoutConnection:
        return replace(each, secrets=self._vault.open(each.merchant_id, each.id, each.secrets))

    def _opened(self, each: CheckoutConnection | None) -> CheckoutConnection | None:
        return None if each is None else self._open(each)
