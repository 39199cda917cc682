"""Every change of a shipment goes through here: its row, and an outbox message for each version, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.domain.messages import OutboxMessage
from gateway.domain.records import ShipmentRecord, TrackerRecord
from gateway.services.ids import new_id
from gateway.services.ports import UnitOfWork


def record_created(uow: UnitOfWork, shipment: ShipmentRecord) -> bool:
    """Store a new shipment (version 1); False when its reference is taken."""
    if not uow.shipments.add(shipment):
        return False
    _tell(uow, shipment, "shipment.created", shipment.created_at, {})
    return True


def record_change(
    uow: UnitOfWork,
    shipment: ShipmentRecord,
    kind: str,
    now: datetime,
    more: Mapping[str, object] | None = None,
    also: Sequence[str] = (),
) -> ShipmentRecord:
    """Store a changed shipment under its next version and tell merchants about it.

    `also` are types of further messages about the same change: each has a version of its own, the last one is stored.
    """
    kinds = (kind, *also)
    changed = replace(shipment, version=shipment.version + len(kinds), updated_at=now)
    uow.shipments.update(changed)
    for version, each in enumerate(kinds, shipment.version + 1):
        _tell(uow, replace(changed, version=version), each, now, more or {})
    return changed


def record_tracker_news(uow: UnitOfWork, tracker: TrackerRecord, kinds: Sequence[str], now: datetime) -> None:
    """Tell merchants what was noticed about a tracker whose status stays: a version for each message."""
    for kind in kinds:
        tracker = replace(tracker, version=tracker.version + 1)
        uow.trackers.add_history(tracker, now, "watch", correction=False)
        record_tracker_change(uow, tracker, now, kind)
    uow.trackers.update(tracker)


def record_tracker_change(
    uow: UnitOfWork, tracker: TrackerRecord, now: datetime, kind: str = "tracker.status_changed"
) -> None:
    """Tell merchants about a tracker that belongs to no shipment of ours (`tracker.version` is new already)."""
    payload = {
        "mode": tracker.mode,
        "tracker_id": tracker.id,
        "tracking_number": tracker.tracking_number,
        "status": tracker.status,
        "reason": tracker.reason,
    }
    uow.outbox.add(_message(tracker, kind, payload, now))


def _tell(uow: UnitOfWork, shipment: ShipmentRecord, kind: str, now: datetime, more: Mapping[str, object]) -> None:
    payload: dict[str, object] = {
        "mode": shipment.mode,
        "shipment_id": shipment.id,
        "reference": shipment.reference or None,
        "state": shipment.state.value,
        "status": shipment.status,
        "reason": shipment.reason,
        "attempts": shipment.attempts,
        "tracking_number": shipment.tracking_number or None,
        "price_variance": None,
        **more,
    }
    uow.outbox.add(_message(shipment, kind, payload, now))


def _message(
    subject: ShipmentRecord | TrackerRecord, kind: str, payload: Mapping[str, object], now: datetime
) -> OutboxMessage:
    return OutboxMessage(
        id=new_id("msg", now),
        merchant_id=subject.merchant_id,
        mode=subject.mode,
        subject_id=subject.id,
        sequence=subject.version,
        type=kind,
        payload=payload,
        created_at=now,
    )
