"""What a person must settle, and the flat facts that measures are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from gateway.domain.case_kinds import case_kind
from gateway.domain.records import Case, DeliveryRecord
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.delivery_records import DeliveryRecordRow
from gateway.storage.tables.shipments import ONE_OPEN_CASE, CaseRow, ShipmentRow
from gateway.storage.tables.tracking import TrackerRow

CASES = Rows(CaseRow, Case)
RECORDS = Rows(DeliveryRecordRow, DeliveryRecord)
_C = CASES.table.c
_S, _T = table_of(ShipmentRow).c, table_of(TrackerRow).c


class CaseRepository(Repository):
    """Cases."""

    def open(self, case: Case) -> bool:
        """One open case of a kind per subject: a second one changes nothing, and is answered with False."""
        subject = case.subject_id or case.tender_id or case.shipment_id or case.id
        others = {
            "subject_id": subject,
            "mode": self._mode(case),
            "due_at": case.due_at or case_kind(case.kind).due_at(case.created_at),
        }
        return CASES.add(self._connection, case, unless=ONE_OPEN_CASE, others=others)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Case]:
        """Oldest first."""
        wanted = select(CASES.table).where(_C.merchant_id == merchant_id, _C.shipment_id == shipment_id)
        return CASES.all(self._connection, wanted.order_by(_C.created_at, _C.id))

    def explain(self, case: Case) -> None:
        """Write the `why` of one that is open."""
        mine = (_C.merchant_id == case.merchant_id, _C.id == case.id, _C.state == "open")
        self._connection.execute(update(CASES.table).where(*mine).values(why=case.why))

    def _mode(self, case: Case) -> str:
        """Its shipment's, or that of the number it is about; what is about neither concerns both."""
        told, subject = (_S, case.shipment_id) if case.shipment_id else (_T, case.subject_id)
        mine = (told.merchant_id == case.merchant_id, told.id == subject)
        return (self._connection.scalar(select(told.mode).where(*mine)) or "") if subject else ""

    def close(self, merchant_id: str, shipment_id: str, kind: str, at: datetime, resolution: str, note: str) -> None:
        """Settle the shipment's open cases of a kind."""
        self._connection.execute(
            update(CASES.table)
            .where(
                _C.merchant_id == merchant_id,
                _C.shipment_id == shipment_id,
                _C.kind == kind,
                _C.state == "open",
            )
            .values(state="closed", closed_at=at, resolution=resolution, note=note)
        )

    def close_about(self, case: Case) -> None:
        """Settle the open case of its kind and subject as this one is settled."""
        self._connection.execute(
            update(CASES.table)
            .where(
                _C.merchant_id == case.merchant_id,
                _C.kind == case.kind,
                _C.subject_id == case.subject_id,
                _C.state == "open",
            )
            .values(state="closed", closed_at=case.closed_at, resolution=case.resolution, note=case.note)
        )

    def list(self, merchant_id: str, state: str, limit: int) -> Sequence[Case]:
        """Oldest first: they wait for somebody."""
        wanted = select(CASES.table).where(_C.merchant_id == merchant_id, _C.state == state)
        return CASES.all(self._connection, wanted.order_by(_C.created_at, _C.id).limit(limit))


class DeliveryRecordRepository(Repository):
    """One record per shipment."""

    def put(self, record: DeliveryRecord) -> None:
        """Write it, whether or not there was one."""
        if not RECORDS.add(self._connection, record):
            RECORDS.put(self._connection, record)

    def get(self, merchant_id: str, shipment_id: str) -> DeliveryRecord | None:
        """A shipment's record."""
        return RECORDS.get(self._connection, merchant_id, shipment_id)
