"""Clients' Idempotency-Keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Update, bindparam, delete, update

from gateway.domain.repeats import IdempotencyRecord
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.accounts import IdempotencyRow

KEYS = Rows(IdempotencyRow, IdempotencyRecord)
_I = KEYS.table.c
_RUNNING = update(KEYS.table).where(
    _I.merchant_id == bindparam("at_merchant"),
    _I.route == bindparam("at_route"),
    _I.key == bindparam("at_key"),
    _I.state == "running",
)
_OVERDUE = _RUNNING.where(_I.locked_until <= bindparam("now"))
_UNBEGUN = _RUNNING.where(_I.resource_id.is_(None))


class IdempotencyRepository(Repository):
    """One effect and one answer per merchant, route and key. A stored answer is never changed."""

    def claim(self, record: IdempotencyRecord) -> bool:
        """False when the key is taken."""
        return KEYS.add(self._connection, record)

    def get(self, merchant_id: str, route: str, key: str) -> IdempotencyRecord | None:
        """What became of a key."""
        return KEYS.get(self._connection, merchant_id, route, key)

    def take_over(self, record: IdempotencyRecord, now: datetime) -> bool:
        """Lock a running key whose lock ran out; False when somebody else did."""
        place = (record.merchant_id, record.route, record.key)
        return self._change(_OVERDUE, place, now=now, locked_until=record.locked_until)

    def point_at(self, merchant_id: str, route: str, key: str, resource_id: str) -> bool:
        """Remember what the request began; False when it has begun something already, or is forgotten."""
        return self._change(_UNBEGUN, (merchant_id, route, key), resource_id=resource_id)

    def finish(self, merchant_id: str, route: str, key: str, status: int, body: bytes) -> None:
        """Keep the answer for every repeat."""
        self._change(_RUNNING, (merchant_id, route, key), state="done", status=status, body=body)

    def drop(self, merchant_id: str, route: str, key: str) -> bool:
        """Forget a claim whose request was refused before it did anything; False when it had begun something."""
        claimed = (_I.merchant_id == merchant_id, _I.route == route, _I.key == key, _I.state == "running")
        unbegun = delete(KEYS.table).where(*claimed, _I.resource_id.is_(None))
        return self._connection.execute(unbegun).rowcount == 1

    def prune(self, before: datetime) -> int:
        """Forget keys claimed before a moment; how many."""
        return self._connection.execute(delete(KEYS.table).where(_I.created_at < before)).rowcount

    def _change(self, statement: Update, place: tuple[str, str, str], **values: Any) -> bool:
        bound = dict(zip(("at_merchant", "at_route", "at_key"), place, strict=True))
        return self._connection.execute(statement, {**bound, **values}).rowcount == 1
