"""Merchants and their API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from gateway.domain.records import KeyRecord
from gateway.services.ports import Mode
from gateway.storage.repositories.base import MERCHANTS, Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.accounts import ApiKeyRow

KEYS = Rows(ApiKeyRow, KeyRecord)
_K = KEYS.table.c
_SETTINGS_VERSION = select(MERCHANTS.c.settings_version).where(MERCHANTS.c.merchant_id == bindparam("merchant_id"))
_WISHES_VERSION = select(MERCHANTS.c.settings_version - MERCHANTS.c.rests).where(
    MERCHANTS.c.merchant_id == bindparam("merchant_id")
)
_BY_PUBLIC_ID = select(KEYS.table).where(_K.public_id == bindparam("public_id"))


class KeyRepository(Repository):
    """Who may do what."""

    def add_merchant(self, merchant_id: str, name: str, created_at: datetime) -> None:
        """A new merchant."""
        self._connection.execute(insert(MERCHANTS).values(merchant_id=merchant_id, name=name, created_at=created_at))

    def merchants(self) -> Sequence[tuple[str, str]]:
        """(id, name) of every merchant."""
        found = self._connection.execute(select(MERCHANTS).order_by(MERCHANTS.c.merchant_id))
        return [(row.merchant_id, row.name) for row in found]

    def settings_version(self, merchant_id: str) -> int:
        """How often the merchant's accounts and policies have changed."""
        return self._connection.execute(_SETTINGS_VERSION, {"merchant_id": merchant_id}).scalar() or 0

    def wishes_version(self, merchant_id: str) -> int:
        """The same without the times an account began or ended a rest."""
        return self._connection.execute(_WISHES_VERSION, {"merchant_id": merchant_id}).scalar() or 0

    def add(self, key: KeyRecord) -> None:
        """A new key."""
        KEYS.add(self._connection, key)

    def by_public_id(self, public_id: str) -> KeyRecord | None:
        """Across merchants: the public part of a key is all that a request says about whose it is."""
        return KEYS.first(self._connection, _BY_PUBLIC_ID, public_id=public_id)

    def list(self, merchant_id: str, mode: Mode) -> Sequence[KeyRecord]:
        """The merchant's keys of a mode, oldest first, revoked ones too."""
        wanted = select(KEYS.table).where(_K.merchant_id == merchant_id, _K.mode == mode)
        return KEYS.all(self._connection, wanted.order_by(_K.created_at, _K.id))

    def revoke(self, merchant_id: str, mode: Mode, key_id: str, at: datetime) -> bool:
        """End a key of a mode; the first time it was revoked stays. False when there is none."""
        revoked = update(KEYS.table).where(_K.merchant_id == merchant_id, _K.mode == mode, _K.id == key_id)
        return self._connection.execute(revoked.values(revoked_at=func.coalesce(_K.revoked_at, at))).rowcount == 1

    def used(self, merchant_id: str, key_id: str, at: datetime) -> None:
        """Note when it was last used."""
        used = update(KEYS.table).where(_K.merchant_id == merchant_id, _K.id == key_id)
        self._connection.execute(used.values(last_used_at=at))
