"""What is known of a shipment's way, as the JSON the API gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.domain.codec import to_json
from gateway.domain.eta import Eta, TrackerWatch
from gateway.domain.fold import CurrentStatus
from gateway.domain.late import late as too_late
from gateway.domain.records import ShipmentRecord, TrackerRecord
from gateway.domain.sentences import delivered_of, recipient_sentence
from gateway.domain.tracking import TrackingEvent, reasons, statuses
from gateway.services.whereabouts import Whereabouts

Json = dict[str, Any]
AT_THE_DOOR = ("attempt_failed", "delivered")


def eta(shipment: ShipmentRecord) -> Json | None:
    """When it is expected; None where nothing is, as after the delivery or on the way back."""
    return window(shipment.expected)


def window(found: Eta | None) -> Json | None:
    """An ETA."""
    if found is None:
        return None
    return {
        "earliest": found.earliest,
        "latest": found.latest,
        "source": found.source.value,
        "updated_at": found.updated_at,
    }


def events(found: Sequence[TrackingEvent], tracker: TrackerRecord | None) -> list[Json]:
    """All scans of a tracker, a shipment's or another."""
    behind = too_late(found, tracker.parcel_numbers, tracker.parcels) if tracker else frozenset()
    return [event(each, late=each.event_id in behind) for each in found]


def event(each: TrackingEvent, *, late: bool) -> Json:
    """One scan."""
    return {
        "id": each.event_id,
        "occurred_at": each.occurred_at,
        "claimed_at": each.claimed_at or None,
        "late": late,
        "received_at": each.received_at,
        "status": each.status,
        "reason": each.reason,
        "phase": statuses()[each.status].phase,
        "attributable_to": reasons()[each.reason].attributable_to,
        "action_required_by": reasons()[each.reason].action_required_by,
        "correction": each.correction,
        "withdraws": each.withdraws or None,
        "carrier_code": each.carrier_code or None,
        "description": each.description or None,
        "source": each.source.value if each.source else None,
        "leg": each.leg.value,
        "piece": each.piece or None,
        "place": to_json(each.place) if each.place else None,
        "occurred_at_local": each.occurred_at_local or None,
        "tz_source": each.tz_source,
    }


def tracker(each: TrackerRecord, watch: TrackerWatch | None) -> Json:
    """A number we follow, and what the watch knows of it."""
    under_way = watch is not None and each.phase not in ("final", "return")
    return {
        "id": each.id,
        "account_id": each.account_id,
        "carrier": each.carrier,
        "tracking_number": each.tracking_number,
        "shipment_id": each.shipment_id or None,
        "status": each.status,
        "reason": each.reason,
        "phase": each.phase,
        "attempts": each.attempts,
        "delivered_at": each.delivered_at,
        "estimated_delivery_at": each.estimated_delivery_at,
        "promise": {"deliver_by": each.promised_by},
        "eta": window(watch.eta) if watch and under_way else None,
        "alarms": list(watch.alarms) if watch else [],
        "created_at": each.created_at,
    }


def whereabouts(found: Whereabouts) -> Json:
    """Everything that is known of a shipment's way."""
    record, current = found.shipment, found.current
    parcels = len(record.shipment.parcels)
    delivered, of_all = delivered_of(current.status, current.pieces, parcels)
    return {
        "shipment_id": record.id,
        "tracking_number": record.tracking_number or None,
        **meaning(current.status, current.reason),
        "recipient_sentence": recipient_sentence(current.status, current.reason, current.pieces, parcels),
        "status_at": current.occurred_at,
        "last_progress_status": current.last_progress_status,
        "status_conflict": current.status_conflict,
        "alarms": list(record.alarms),
        "leg": current.leg.value,
        "legs": [leg(name, each) for name, each in found.legs],
        "attempts": [attempt(current, found, place) for place in range(current.attempts)],
        "parcels": {
            "count": of_all,
            "delivered": delivered,
            "statuses": [{"tracking_number": each, "status": status} for each, status in current.pieces.items()],
        },
        "delivered_at": current.delivered_at,
        "promise": {"deliver_by": record.deliver_by},
        "eta": eta(record),
        "events": events(found.events, found.tracker),
    }


def meaning(status: str, reason: str) -> Json:
    """A status and reason with all that follows from them."""
    facts, why = statuses()[status], reasons()[reason]
    return {
        "status": status,
        "reason": reason,
        "phase": facts.phase,
        "terminal": facts.terminal,
        "meaning": facts.meaning if reason == "none" else why.meaning,
        "attributable_to": why.attributable_to,
        "action_required_by": why.action_required_by,
    }


def leg(name: str, current: CurrentStatus) -> Json:
    """One leg of the way by itself."""
    return {"leg": name, "status": current.status, "reason": current.reason, "status_at": current.occurred_at}


def attempt(current: CurrentStatus, found: Whereabouts, place: int) -> Json:
    """One visit at the recipient's door, and what was told of it first."""
    at = current.visits[place]
    told = next((each for each in found.events if each.occurred_at == at and each.status in AT_THE_DOOR), None)
    return {
        "number": place + 1,
        "at": at,
        "status": told.status if told else "attempt_failed",
        "reason": told.reason if told else "none",
    }
