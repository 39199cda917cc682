"""Merchants' places of origin."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.domain.facilities import FacilityRecord
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.facilities import FACILITY_CODE, FacilityRow

FACILITIES = Rows(FacilityRow, FacilityRecord)
_F = FACILITIES.table.c
_OF_MERCHANT = select(FACILITIES.table).where(_F.merchant_id == bindparam("merchant_id")).order_by(_F.code)


class FacilityRepository(Repository):
    """What quotes depend on: every change is one of the merchant's settings."""

    def add(self, facility: FacilityRecord) -> bool:
        """False when the merchant has one of that code."""
        self._settings_changed(facility.merchant_id)
        return FACILITIES.add(self._connection, facility, unless=FACILITY_CODE)

    def get(self, merchant_id: str, facility_id: str) -> FacilityRecord | None:
        """One facility."""
        return FACILITIES.get(self._connection, merchant_id, facility_id)

    def list(self, merchant_id: str) -> Sequence[FacilityRecord]:
        """The merchant's facilities, by code."""
        return FACILITIES.all(self._connection, _OF_MERCHANT, merchant_id=merchant_id)

    def replace(self, facility: FacilityRecord) -> None:
        """Write a facility. Raises StaleVersion."""
        self._settings_changed(facility.merchant_id)
        FACILITIES.put(self._connection, facility)

    def delete(self, merchant_id: str, facility_id: str) -> bool:
        """False when there is none."""
        self._settings_changed(merchant_id)
        return FACILITIES.remove(self._connection, merchant_id, facility_id)
