"""Versions of merchants' zones."""

from __future__ import annotations

import zlib

from sqlalchemy import bindparam, select

from gateway.domain.zones import ZoneSetRecord
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.zones import ZoneSetRow

ZONE_SETS = Rows(ZoneSetRow, ZoneSetRecord)
_Z = table_of(ZoneSetRow).c
_OF_MERCHANT = select(*(column for column in _Z if column is not _Z.deflated)).where(
    _Z.merchant_id == bindparam("merchant_id")
)
_LATEST = _OF_MERCHANT.order_by(_Z.version.desc()).limit(1)
_VERSION = _OF_MERCHANT.where(_Z.version == bindparam("version"))
_TEXT = select(_Z.deflated).where(_Z.merchant_id == bindparam("merchant_id"), _Z.version == bindparam("version"))


class ZoneSetRepository(Repository):
    """Zones are added and read, never changed. Their texts lie deflated: coordinates shrink to a third."""

    def latest(self, merchant_id: str) -> ZoneSetRecord | None:
        """The newest version, without its areas."""
        return ZONE_SETS.first(self._connection, _LATEST, merchant_id=merchant_id)

    def version(self, merchant_id: str, version: int) -> ZoneSetRecord | None:
        """One version, without its areas."""
        return ZONE_SETS.first(self._connection, _VERSION, merchant_id=merchant_id, version=version)

    def text(self, merchant_id: str, version: int) -> str:
        """The areas of a version that there is."""
        wanted = {"merchant_id": merchant_id, "version": version}
        return zlib.decompress(self._connection.execute(_TEXT, wanted).scalar_one()).decode()

    def add(self, record: ZoneSetRecord, text: str) -> bool:
        """False when that version exists already."""
        self._settings_changed(record.merchant_id)
        return ZONE_SETS.add(self._connection, record, others={"deflated": zlib.compress(text.encode())})
