"""Versions of accounts' own status tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.domain.status_tables import StatusTableRecord
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.status_tables import StatusTableRow

TABLES = Rows(StatusTableRow, StatusTableRecord)
_T = TABLES.table.c
_OF_ACCOUNT = (
    select(TABLES.table)
    .where(_T.merchant_id == bindparam("merchant_id"), _T.account_id == bindparam("account_id"))
    .order_by(_T.version.desc())
)
_LATEST = _OF_ACCOUNT.limit(1)


class StatusTableRepository(Repository):
    """Tables are added and read, never changed."""

    def add(self, table: StatusTableRecord) -> bool:
        """False when that version exists already."""
        return TABLES.add(self._connection, table)

    def latest(self, merchant_id: str, account_id: str) -> StatusTableRecord | None:
        """The one that counts."""
        return TABLES.first(self._connection, _LATEST, merchant_id=merchant_id, account_id=account_id)

    def of_account(self, merchant_id: str, account_id: str) -> Sequence[StatusTableRecord]:
        """Newest first."""
        return TABLES.all(self._connection, _OF_ACCOUNT, merchant_id=merchant_id, account_id=account_id)
