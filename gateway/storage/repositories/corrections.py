"""Persons' words on shipments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from gateway.domain.corrections import Correction
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.corrections import CorrectionRow

CORRECTIONS = Rows(CorrectionRow, Correction)
_C = CORRECTIONS.table.c


class CorrectionRepository(Repository):
    """Corrections; but for their withdrawal they never change."""

    def add(self, correction: Correction) -> None:
        """Keep a new one."""
        CORRECTIONS.add(self._connection, correction)

    def get(self, merchant_id: str, correction_id: str) -> Correction | None:
        """By id."""
        return CORRECTIONS.get(self._connection, merchant_id, correction_id)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Correction]:
        """Oldest first."""
        wanted = select(CORRECTIONS.table).where(_C.merchant_id == merchant_id, _C.shipment_id == shipment_id)
        return CORRECTIONS.all(self._connection, wanted.order_by(_C.created_at, _C.id))

    def withdraw(self, correction: Correction) -> bool:
        """False when it is withdrawn already."""
        withdrawn = (
            update(CORRECTIONS.table)
            .where(_C.merchant_id == correction.merchant_id, _C.id == correction.id, _C.withdrawn_at.is_(None))
            .values(
                withdrawn_at=correction.withdrawn_at,
                withdrawn_by=correction.withdrawn_by,
                withdrawn_why=correction.withdrawn_why,
            )
        )
        return self._connection.execute(withdrawn).rowcount == 1
