"""Uber Direct's deliveries -> our tracking: events, proof of delivery, webhooks. Pure functions.

One delivery object, as polled or as carried by a webhook, tells one scan: where the delivery is now. A scan
is named by delivery id, status and imminence, and by nothing else: webhooks have an id of their own
(`evt_`) that a poll never sees, and no time is sure to be the same in both. So the same scan has the same
event id however often and whichever way it comes, `courier_imminent` turning true is a second scan of the
same status, and a late courier update repeats an old one.

Source: Uber Direct API 1.0.1, GetDeliveryResp (https://github.com/uber/uber-direct-sdk), and the webhook and
proof-of-delivery guides (https://developer.uber.com/docs/deliveries).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from carriers.base import (
    Account,
    BadCarrierResponse,
    Leg,
    Place,
    ProofOfDelivery,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
)
from carriers.uber_direct.wire.answers import in_mode

# event.delivery_return is in the 2023 edition of the webhook guide, with the shape of event.delivery_status.
STATUS_KINDS = {"event.delivery_status", "event.delivery_return"}
COURIER_KIND = "event.courier_update"

IMMINENT_STATUSES = {"pickup", "dropoff"}
RETURNED = "returned"
ATTEMPT = "returned:attempt"
RETURN_PREFIX = "ret_"
# The waypoint a scan is made at, which keeps its moment; `updated` is the last change of any kind.
WAYPOINTS = {"pickup_complete": "pickup", "delivered": "dropoff", ATTEMPT: "dropoff"}
RAW_KEYS = (
    "status",
    "courier_imminent",
    "updated",
    "undeliverable_action",
    "undeliverable_reason",
    "cancelation_reason",
)


def webhook(call: Reading, account: Account, table: StatusTable) -> Sequence[TrackingUpdate]:
    """The update in a webhook; () for kinds that carry none and for deliveries of the other mode."""
    kind = call.maybe_text("kind")
    if kind not in STATUS_KINDS | {COURIER_KIND} or not in_mode(call, account):
        return ()
    if kind == COURIER_KIND and call.maybe("data") is None:
        return ()
    delivery = call.get("data")
    if not in_mode(delivery, account):
        return ()
    # A courier update tells when the courier was where, not when the status came about.
    told_at = None if kind == COURIER_KIND else call.maybe_time("created")
    return (update(delivery, table, told_at),)


def update(delivery: Reading, table: StatusTable, told_at: datetime | None = None) -> TrackingUpdate:
    """What a delivery object says now. The return leg's events are told under the original delivery.

    Raises:
        BadCarrierResponse: no id, no status, or no time at which it was true.
    """
    outbound = not is_return(delivery)
    arrived = outbound and delivery.text("status") == "delivered"
    return TrackingUpdate(
        tracking_number=delivery.text("id") if outbound else original_of(delivery) or delivery.text("id"),
        reference=delivery.maybe_text("external_id"),
        events=_events(delivery, table, told_at),
        proof=proof(delivery) if arrived else None,
        deliver_by=delivery.maybe_time("dropoff_eta") if outbound else None,
    )


def is_return(delivery: Reading) -> bool:
    """Whether it brings parcels back: a ret_ delivery, or one that names the original it belongs to."""
    return delivery.maybe_text("id").startswith(RETURN_PREFIX) or "original" in _related(delivery)


def original_of(delivery: Reading) -> str:
    """The delivery a return leg belongs to; "" when it names none."""
    return _related(delivery).get("original", "")


def return_of(delivery: Reading) -> str:
    """The delivery that brings a returned or cancelled one back; "" while there is none."""
    undelivered = delivery.maybe_text("status") in (RETURNED, "canceled")
    return _related(delivery).get("return", "") if undelivered else ""


def proof(delivery: Reading) -> ProofOfDelivery:
    """What was collected at the recipient's door; its images are links that live 30 days."""
    arrived = delivery.maybe_text("status") == "delivered"
    dropoff = _part(delivery, "dropoff")
    seen, asked = _part(dropoff, "verification"), _part(dropoff, "verification_requirements")
    signature, where = _part(seen, "signature"), _part(seen, "completion_location")
    relationship = signature.maybe_text("signer_relationship")
    entered, pin = _part(seen, "pin_code").maybe_text("entered"), _part(asked, "pincode").maybe_text("value")
    of_age = _part(seen, "identification").boolean("min_age_verified", False)
    return ProofOfDelivery(
        delivered_at=_moment(delivery, "delivered") or delivery.maybe_time("updated") if arrived else None,
        received_by=signature.maybe_text("name")
        or signature.maybe_text("signer_name")
        or delivery.maybe_text("dropoff_identifier"),
        relationship="" if relationship == "INVALID" else relationship.lower(),
        signature_url=signature.maybe_link("image_url"),
        photo_url=_part(seen, "picture").maybe_link("image_url"),
        pin_matched=entered == pin if entered and pin else None,
        min_age_verified=_part(asked, "identification").maybe_integer("min_age") if of_age else None,
        barcodes=tuple(_scanned(seen)),
        latitude=where.maybe_number("lat"),
        longitude=where.maybe_number("lng"),
    )


def _events(delivery: Reading, table: StatusTable, told_at: datetime | None) -> tuple[TrackingEvent, ...]:
    status = delivery.text("status")
    moment = (
        _moment(delivery, status) or delivery.maybe_time("updated") or told_at or delivery.maybe_happened("updated")
    )
    if moment is None:
        raise BadCarrierResponse(f"delivery {delivery.text('id')} is {status}, but nothing says since when")
    scan = f"{status}:imminent" if _imminent(delivery, status) else status
    now = _event(delivery, table, scan, moment, _qualifier(delivery, status, table))
    if status != RETURNED or is_return(delivery):
        return (now,)
    # A return begins at the recipient's door: the failed attempt is a scan of its own, so that it is counted.
    attempt = _listed(table, status, "attempt", [f"attempt:{word}" for word in _reasons(delivery)])
    failed_at = min(moment, _moment(delivery, ATTEMPT) or moment)
    return (_event(delivery, table, ATTEMPT, failed_at, attempt), now)


def _event(delivery: Reading, table: StatusTable, scan: str, moment: datetime, qualifier: str) -> TrackingEvent:
    status = delivery.text("status")
    mapped = table.lookup(status, qualifier)
    return TrackingEvent(
        event_id=f"{delivery.text('id')}:{scan}",
        occurred_at=moment,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=status,
        carrier_qualifier=qualifier,
        description=", ".join(_said(delivery)),
        place=_place(delivery, scan),
        leg=Leg.RETURN if is_return(delivery) else Leg.OUTBOUND,
        raw={key: value.raw for key in RAW_KEYS if (value := delivery.maybe(key))},
    )


def _qualifier(delivery: Reading, status: str, table: StatusTable) -> str:
    """What tells apart the meanings of one status: the leg, the imminence, the outcome, the reason."""
    action = delivery.maybe_text("undeliverable_action").lower()
    if is_return(delivery):
        return "return"
    if _imminent(delivery, status):
        return "imminent"
    if status == "delivered":
        return action
    if status == "canceled" and (action == RETURNED or return_of(delivery)):
        return RETURNED
    if status == "canceled":
        return _listed(table, status, "", _reasons(delivery))
    return ""


def _imminent(delivery: Reading, status: str) -> bool:
    return status in IMMINENT_STATUSES and delivery.boolean("courier_imminent", False)


def _listed(table: StatusTable, status: str, general: str, qualifiers: Sequence[str]) -> str:
    """The first qualifier the table knows, else the general one: a reason nobody listed is never guessed."""
    return next((known for known in qualifiers if table.lookup(status, known).listed), general)


def _said(delivery: Reading) -> list[str]:
    """Why it was cancelled or not delivered, in Uber's words (there is no list), the finest first."""
    cancelled = _part(delivery, "cancelation_reason")
    words = (
        delivery.maybe_text("undeliverable_reason"),
        cancelled.maybe_text("secondary_reason"),
        cancelled.maybe_text("primary_reason"),
    )
    return [word for word in words if word]


def _reasons(delivery: Reading) -> list[str]:
    return [word.lower() for word in _said(delivery)]


def _moment(delivery: Reading, scan: str) -> datetime | None:
    """When a scan was made, where the delivery keeps it: the same moment in every later answer."""
    if scan == "pending":
        return delivery.maybe_time("created")
    return _part(delivery, WAYPOINTS.get(scan, "")).maybe_time("status_timestamp")


def _place(delivery: Reading, scan: str) -> Place | None:
    """The waypoint a scan was made at; none for what happens on the way."""
    address = _part(_part(delivery, WAYPOINTS.get(scan, "")), "detailed_address")
    city, postal_code = address.maybe_text("city"), address.maybe_text("zip_code")
    if not city and not postal_code:
        return None
    return Place(city=city, postal_code=postal_code, country=address.maybe_text("country"))


def _related(delivery: Reading) -> Mapping[str, str]:
    """Ids of related deliveries by relationship. Documented as an object, in traffic an array."""
    value = delivery.maybe("related_deliveries")
    entries = value.raw if value and isinstance(value.raw, list) else [value.raw if value else None]
    related = {}
    for entry in (Reading(entry) for entry in entries if isinstance(entry, dict)):
        id_, relationship = entry.maybe_text("id"), entry.maybe_text("relationship")
        back = relationship in ("return", RETURNED) or id_.startswith(RETURN_PREFIX)
        related["return" if back else relationship] = id_
    return related


def _scanned(seen: Reading) -> list[str]:
    """The barcodes that were scanned: not those that were skipped or did not match."""
    scanned = [
        barcode.maybe_text("value")
        for barcode in seen.maybe_objects("barcodes")
        if _part(barcode, "scan_result").maybe_text("outcome") not in ("INVALID", "SKIPPED")
    ]
    return [value for value in scanned if value]


def _part(whole: Reading, key: str) -> Reading:
    """A member that is an object, or an empty one: nothing in it is needed."""
    value = whole.maybe(key)
    return value if value is not None and isinstance(value.raw, dict) else Reading({})
