"""How many rows wait for what, over all merchants: for operators' dashboards."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, func, select, union_all
from sqlalchemy import literal as word

from gateway.domain.handovers import ManifestState, PickupState
from gateway.domain.messages import DeliveryState, InboxState
from gateway.domain.notifications import NotificationState
from gateway.domain.proof_files import ProofFileState
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.storage.tables.base import Row, table_of
from gateway.storage.tables.handover import ManifestRow, PickupRow
from gateway.storage.tables.messages import DeliveryRow
from gateway.storage.tables.notifications import NotificationRow, SenderRow
from gateway.storage.tables.proofs import ProofFileRow
from gateway.storage.tables.shipments import CaseRow, RecallRow, ShipmentRow, TenderRow
from gateway.storage.tables.tracking import EventRow, InboxRow


def _of(row: type[Row], *states: str) -> ColumnElement[bool]:
    return table_of(row).c.state.in_(states)


WAITING: Mapping[str, tuple[type[Row], ColumnElement[bool]]] = {
    "inbox_waiting": (InboxRow, _of(InboxRow, InboxState.NEW, InboxState.PARKED)),
    "inbox_quarantined": (InboxRow, _of(InboxRow, InboxState.QUARANTINED)),
    "tenders_uncertain": (TenderRow, _of(TenderRow, TenderState.UNCERTAIN)),
    "shipments_needing_review": (ShipmentRow, _of(ShipmentRow, ShipmentState.NEEDS_REVIEW)),
    "recalls_due": (RecallRow, _of(RecallRow, "due", "agreed")),
    "webhooks_undelivered": (DeliveryRow, _of(DeliveryRow, DeliveryState.PENDING)),
    "notifications_waiting": (NotificationRow, table_of(NotificationRow).c.due_at.is_not(None)),
    "notifications_unknown": (NotificationRow, _of(NotificationRow, NotificationState.UNKNOWN)),
    "notifications_failed": (NotificationRow, _of(NotificationRow, NotificationState.FAILED)),
    "notification_senders_failing": (SenderRow, table_of(SenderRow).c.failures > 0),
    "pickups_uncertain": (PickupRow, _of(PickupRow, PickupState.UNCERTAIN)),
    "manifests_uncertain": (ManifestRow, _of(ManifestRow, ManifestState.UNCERTAIN)),
    "pictures_waiting": (ProofFileRow, _of(ProofFileRow, ProofFileState.WAITING, ProofFileState.HELD)),
    "pictures_refused": (ProofFileRow, _of(ProofFileRow, ProofFileState.REFUSED)),
    "events_unmapped": (EventRow, table_of(EventRow).c.reason == "unmapped_carrier_code"),
    "cases_open": (CaseRow, _of(CaseRow, "open")),
}

_COUNTS = union_all(
    *(
        select(word(name).label("name"), func.count().label("number")).select_from(table_of(row)).where(waiting)
        for name, (row, waiting) in WAITING.items()
    )
)


def counts(connection: Connection) -> Mapping[str, int]:
    """The number of rows for every word of `WAITING`."""
    return {row.name: row.number for row in connection.execute(_COUNTS)}
