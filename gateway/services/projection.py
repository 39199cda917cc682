"""The fold's result, cached: on the tracker, on its shipment, in the history and in the delivery record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.domain.copies import altered
from gateway.domain.fold import CurrentStatus, current_status
from gateway.domain.moves import takes_back
from gateway.domain.plausibility import apart_m
from gateway.domain.records import Case, DeliveryRecord, ShipmentRecord, TrackerRecord
from gateway.domain.recycled import of_this_parcel
from gateway.domain.shipments import Personal
from gateway.domain.stages import stages
from gateway.domain.tracking import ProofOfDelivery, TrackingEvent, statuses
from gateway.services.changes import record_change, record_tracker_change
from gateway.services.ids import new_id
from gateway.services.ports import UnitOfWork
from gateway.services.proof_intake import take_pictures


@dataclass(frozen=True, slots=True)
class Projection:
    """What a fold came to: the tracker, and the shipment it moved (None where it moved none)."""

    tracker: TrackerRecord
    shipment: ShipmentRecord | None


def project(
    uow: UnitOfWork,
    tracker: TrackerRecord,
    now: datetime,
    caused_by: str,
    proof: ProofOfDelivery | None = None,
    *,
    reread: bool = False,
) -> Projection:
    """Fold a tracker's events anew and store what changed. Merchants are told only of changes.

    `reread`: its events are read otherwise than before, so what changes is a correction.
    """
    events = of_this_parcel(uow.trackers.events(tracker.merchant_id, tracker.id))
    current = current_status(events, tracker.parcel_numbers, tracker.parcels)
    news = told(current)
    changed = _differs(tracker, news)
    folded = altered(
        tracker,
        **news,
        version=tracker.version + 1 if changed else tracker.version,
        finished=statuses()[current.status].terminal,
        due_at=now if changed and current.status == "delivered" else tracker.due_at,  # its proof is asked for at once
    )
    uow.trackers.update(folded)
    correction = reread or any(event.correction and event.event_id == current.event_id for event in events)
    if changed:
        uow.trackers.add_history(folded, now, caused_by, correction or takes_back(tracker.status, folded.status))
    if not tracker.shipment_id:
        if changed:
            record_tracker_change(uow, folded, now)
        uow.tracker_watches.wake([folded], now)
        return Projection(folded, None)
    return Projection(folded, _move(uow, folded, current, events, now, correction, proof))


def learn_numbers(uow: UnitOfWork, tracker: TrackerRecord, numbers: Sequence[str], now: datetime) -> None:
    """Find the tracker by these numbers too; a shipment booked without a tracking number gets the first of them."""
    uow.trackers.add_numbers(tracker, numbers)
    shipment = uow.shipments.get(tracker.merchant_id, tracker.shipment_id, lock=True) if tracker.shipment_id else None
    if shipment is None or shipment.booking is None or shipment.tracking_number:
        return
    if shipment.tender_id == tracker.tender_id:
        booking = replace(shipment.booking, tracking_number=numbers[0])
        numbered = replace(shipment, tracking_number=numbers[0], booking=booking)
        record_change(uow, numbered, "shipment.tracking_number_assigned", now)


def estimated(tracker: TrackerRecord, deliver_by: datetime | None, as_of: datetime) -> TrackerRecord:
    """The tracker with its carrier's newest estimate, whichever is told first; of two of one moment the later."""
    known = (tracker.estimated_as_of, tracker.estimated_delivery_at)
    if deliver_by is None or (known[0] and known[1] and (as_of, deliver_by) <= known):
        return tracker
    return replace(tracker, estimated_delivery_at=deliver_by, estimated_as_of=as_of)


def told(current: CurrentStatus) -> dict[str, Any]:
    """The fold's result by the names it has on trackers and shipments."""
    return {
        "status": current.status,
        "reason": current.reason,
        "phase": current.phase,
        "attempts": current.attempts,
        "status_conflict": current.status_conflict,
        "status_at": current.occurred_at,
        "delivered_at": current.delivered_at,
        "last_progress_status": current.last_progress_status,
    }


def _differs(record: TrackerRecord | ShipmentRecord, news: Mapping[str, Any]) -> bool:
    return any(getattr(record, name) != value for name, value in news.items())


def _move(
    uow: UnitOfWork,
    tracker: TrackerRecord,
    current: CurrentStatus,
    events: Sequence[TrackingEvent],
    now: datetime,
    corrected: bool,
    proof: ProofOfDelivery | None,
) -> ShipmentRecord | None:
    """The shipment follows the tracker of its booking; trackers of closed tenders move nothing.

    A tracker that was followed before its booking has moved already, and its shipment has not: each is compared.
    """
    shipment = uow.shipments.get(tracker.merchant_id, tracker.shipment_id, lock=True)
    if shipment is None or shipment.tender_id != tracker.tender_id:
        return shipment
    if shipment.personal is Personal.NONE:  # what is told late of the forgotten is forgotten too
        shipment = replace(shipment, personal=Personal.ASKED)
        uow.shipments.update(shipment)
    moved = replace(
        shipment,
        **told(current),
        leg=current.leg,
        pieces=shipment.pieces if current.pieces == shipment.pieces else current.pieces,
        proof=take_pictures(uow, shipment, proof, now) if proof else shipment.proof,
    )
    if moved == shipment:
        return shipment
    moved = replace(moved, due_at=now)
    corrected = corrected or takes_back(shipment.status, moved.status)
    kind, *also = _news(shipment, moved, _differs(shipment, told(current)), corrected)
    moved = record_change(uow, moved, kind, now, also=also)
    if moved.status_conflict and not shipment.status_conflict:
        uow.cases.open(_conflict(moved, now))
    if shipment.status_conflict and not moved.status_conflict:
        why = f"its events agree again: it is {moved.status}"
        uow.cases.close(moved.merchant_id, moved.id, "status_conflict", now, "settled", why)
    _keep_facts(uow, moved, tracker, current, events)
    return moved


def _news(before: ShipmentRecord, after: ShipmentRecord, changed: bool, corrected: bool) -> list[str]:
    """The types of message that tell of a shipment that moved, one at least, even where only a number is new."""
    by_parcel = len(after.pieces) > 1 and after.pieces != before.pieces and bool(before.pieces)
    into_trouble = after.status == "exception" and (before.status, before.reason) != (after.status, after.reason)
    applies = {
        "shipment.status_changed": changed,
        "shipment.status_corrected": changed and corrected,
        "shipment.exception": into_trouble,
        "shipment.attempted": after.status == "attempt_failed" and after.attempts > before.attempts,
        "shipment.parcel_status_changed": by_parcel,
        "shipment.proof_of_delivery": after.proof != before.proof,
    }
    return [name for name, is_so in applies.items() if is_so] or ["shipment.parcel_status_changed"]


def _conflict(shipment: ShipmentRecord, now: datetime) -> Case:
    """Two words of the carrier cannot both be true: a person looks."""
    return Case(
        id=new_id("cas", now),
        merchant_id=shipment.merchant_id,
        kind="status_conflict",
        shipment_id=shipment.id,
        tender_id=shipment.tender_id,
        why=f"the events contradict each other; it counts as {shipment.status}",
        created_at=now,
    )


def _keep_facts(
    uow: UnitOfWork,
    shipment: ShipmentRecord,
    tracker: TrackerRecord,
    current: CurrentStatus,
    events: Sequence[TrackingEvent],
) -> None:
    record = uow.records.get(shipment.merchant_id, shipment.id)
    if record is None:
        return
    picked_up = [event.occurred_at for event in events if event.status == "picked_up"]
    uow.records.put(
        replace(
            record,
            picked_up_at=min(picked_up, default=None),
            first_attempt_at=current.first_attempt_at,
            delivered_at=current.delivered_at,
            attempts=current.attempts,
            outcome=current.status if current.terminal else "",
            estimates=_estimates(record, tracker, events),
            apart_m=_apart(record, shipment),
        )
    )


def _apart(record: DeliveryRecord, shipment: ShipmentRecord) -> int | None:
    """What was known stays known when the address is forgotten."""
    if shipment.personal is Personal.NONE or shipment.status != "delivered":
        return record.apart_m
    return apart_m(shipment.proof, shipment.shipment.destination)


def _estimates(
    record: DeliveryRecord, tracker: TrackerRecord, events: Sequence[TrackingEvent]
) -> Mapping[str, datetime]:
    """The carrier's first estimate in each stage: what it is measured by (`gateway.services.reliability.courses`)."""
    estimate = tracker.estimated_delivery_at
    passed = stages(events) if estimate is not None else ()
    if estimate is None or not passed or passed[-1].name in record.estimates:
        return record.estimates
    return {**record.estimates, passed[-1].name: estimate}
