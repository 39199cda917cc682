"""DoorDash's deliveries and webhooks -> our tracking. Pure functions.

A delivery that is asked for says where it is now; a webhook names what happened, in other words. Both are named as
one scan, by delivery and place in its life. Before the parcels are picked up a Dasher may leave and another one come,
so there the Dasher belongs to the name, and a delivery that waits for one is named by the moment it said so.

Source: Drive API 2.1.59, DeliveryResponse; developer.doordash.com/en-US/docs/drive/reference/webhooks and
reference/delivery_statuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carriers.base import (
    BadCarrierResponse,
    Leg,
    Mapped,
    ProofOfDelivery,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
)

# What a webhook tells -> the delivery_status in which a poll shows it. The others are told by push alone.
SCANS = {
    "DELIVERY_CREATED": "created",
    "DASHER_CONFIRMED": "confirmed",
    "dasher_enroute_to_pickup": "enroute_to_pickup",
    "DASHER_CONFIRMED_PICKUP_ARRIVAL": "arrived_at_pickup",
    "DASHER_PICKED_UP": "picked_up",
    "dasher_enroute_to_dropoff": "enroute_to_dropoff",
    "DASHER_CONFIRMED_DROPOFF_ARRIVAL": "arrived_at_dropoff",
    "DASHER_DROPPED_OFF": "delivered",
    "DELIVERY_RETURN_INITIALIZED": "enroute_to_return",
    "dasher_enroute_to_return": "enroute_to_return",
    "DASHER_CONFIRMED_RETURN_ARRIVAL": "arrived_at_return",
    "DELIVERY_RETURNED": "returned",
    "DELIVERY_CANCELLED": "cancelled",
}
OF_A_DASHER = {"confirmed", "enroute_to_pickup", "arrived_at_pickup"}
WAY_BACK = {"enroute_to_return", "arrived_at_return", "returned"}
# Where a delivery keeps the moment of a scan; `updated_at` is the last change of any kind.
MOMENTS = {
    "picked_up": "pickup_time_actual",
    "delivered": "dropoff_time_actual",
    "returned": "return_time_actual",
}
ATTEMPT = "attempt"
UNCONFIRMED = "unconfirmed"
RAW_KEYS = ("delivery_status", "event_name", "updated_at", "created_at", "cancellation_reason", "reason", "dasher_id")


@dataclass(frozen=True, slots=True)
class _Told:
    """One message: whose, in which word, at which place in the delivery's life, when, and whether it may have left."""

    body: Reading
    id: str
    code: str
    scan: str
    at: datetime
    in_custody: bool


def update(delivery: Reading, table: StatusTable) -> TrackingUpdate:
    """What a delivery says now.

    Raises:
        BadCarrierResponse: no id, no status, or no time at which it was true.
    """
    status = delivery.text("delivery_status")
    at = delivery.maybe_time(MOMENTS.get(status, "")) or delivery.maybe_happened("updated_at")
    if at is None:
        raise BadCarrierResponse(f"the delivery is {status}, but nothing says since when")
    left = delivery.maybe_time("pickup_time_actual") is not None
    told = _Told(delivery, delivery.text("external_delivery_id"), status, status, at, left)
    return _update(told, table, proof(delivery) if status == "delivered" else None)


def webhook(call: Reading, table: StatusTable) -> Sequence[TrackingUpdate]:
    """What a webhook says happened.

    Raises:
        BadCarrierResponse: no id, no event name, or no time with an offset.
    """
    word = call.text("event_name")
    # With no Dasher there is nobody who could hold the parcels; a webhook does not say more than that.
    held = call.has("dasher_id")
    told = _Told(
        call, call.text("external_delivery_id"), word, SCANS.get(word, word), call.happened("created_at"), held
    )
    return (_update(told, table, None),)


def proof(delivery: Reading) -> ProofOfDelivery:
    """What was collected at the recipient's door, as links; how long they live is not documented."""
    return ProofOfDelivery(
        delivered_at=delivery.maybe_time("dropoff_time_actual"),
        photo_url=delivery.maybe_link("dropoff_verification_image_url"),
        signature_url=delivery.maybe_link("dropoff_signature_image_url"),
    )


def keeps_images(host: str) -> bool:
    """Whether a host is where DoorDash keeps images: its bucket at Amazon S3, `doordash-static.s3...` in the API."""
    return host.startswith("doordash-static.s3") and host.endswith(".amazonaws.com")


def _update(told: _Told, table: StatusTable, seen: ProofOfDelivery | None) -> TrackingUpdate:
    qualifier = _qualifier(told, table)
    now = _event(told, told.scan, qualifier, table.lookup(told.code, qualifier))
    # A return begins at the recipient's door: the failed attempt is a scan of its own, so that it is counted.
    failed = table.lookup(told.code, ATTEMPT)
    events = (_event(told, ATTEMPT, ATTEMPT, failed), now) if failed.listed else (now,)
    estimated = told.body.maybe_time("dropoff_time_estimated")
    return TrackingUpdate(tracking_number=told.id, reference=told.id, events=events, proof=seen, deliver_by=estimated)


def _event(told: _Told, scan: str, qualifier: str, mapped: Mapped) -> TrackingEvent:
    return TrackingEvent(
        event_id=_name(told, scan, qualifier),
        occurred_at=told.at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=told.code,
        carrier_qualifier=qualifier,
        description=_why(told.body),
        leg=Leg.RETURN if scan in WAY_BACK else Leg.OUTBOUND,
        raw={key: value.raw for key in RAW_KEYS if (value := told.body.maybe(key))},
    )


def _name(told: _Told, scan: str, qualifier: str) -> str:
    if scan == "created":
        return f"{told.id}:{scan}:{told.at.isoformat()}"
    if scan in OF_A_DASHER:
        dasher = told.body.maybe("dasher_id")
        return f"{told.id}:{scan}:{dasher.raw if dasher else ''}"
    return f"{told.id}:{scan}:{UNCONFIRMED}" if qualifier == UNCONFIRMED else f"{told.id}:{scan}"


def _qualifier(told: _Told, table: StatusTable) -> str:
    """Why it was cancelled, where the table knows the reason.

    A cancellation that does not say that the parcels are with a Dasher, while they may be, is no end: `unconfirmed`.
    """
    if told.scan != "cancelled":
        return ""
    why = _why(told.body)
    qualifier = why if table.lookup(told.code, why).listed else ""
    over = table.lookup(told.code, qualifier).status == "cancelled"
    return UNCONFIRMED if over and told.in_custody else qualifier


def _why(body: Reading) -> str:
    """The reason of a cancellation. In which of the two members a webhook has it is not documented."""
    return body.maybe_text("cancellation_reason") or body.maybe_text("reason")
