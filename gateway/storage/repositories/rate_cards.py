"""Versions of rate cards."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.domain.rate_cards import RateCardRecord
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.rate_cards import RateCardRow

CARDS = Rows(RateCardRow, RateCardRecord)
_C = table_of(RateCardRow).c
_OF_ACCOUNT = (
    select(*(column for column in _C if column is not _C.deflated))
    .where(_C.merchant_id == bindparam("merchant_id"), _C.account_id == bindparam("account_id"))
    .order_by(_C.version.desc())
)
_TEXT = select(_C.deflated).where(
    _C.merchant_id == bindparam("merchant_id"),
    _C.account_id == bindparam("account_id"),
    _C.version == bindparam("version"),
)


class RateCardRepository(Repository):
    """Cards are added and read, never changed. Their texts lie deflated: CSV shrinks to a tenth."""

    def add(self, card: RateCardRecord, text: str) -> bool:
        """False when that version exists already."""
        return CARDS.add(self._connection, card, others={"deflated": zlib.compress(text.encode())})

    def of_account(self, merchant_id: str, account_id: str) -> Sequence[RateCardRecord]:
        """Newest first, without their texts."""
        return CARDS.all(self._connection, _OF_ACCOUNT, merchant_id=merchant_id, account_id=account_id)

    def text(self, merchant_id: str, account_id: str, version: int) -> str | None:
        """The CSV text as it was given."""
        wanted = {"merchant_id": merchant_id, "account_id": account_id, "version": version}
        deflated = self._connection.execute(_TEXT, wanted).scalar()
        return None if deflated is None else zlib.decompress(deflated).decode()
