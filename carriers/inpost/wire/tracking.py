"""What ShipX tells about a shipment: its history by number, its own state before it has one, and pushed events.

Scans are named by number, status and minute, because nothing in ShipX has an event id and push and poll differ by
seconds. Source: "API ShipX", tracking and "[1.23.0] Webhooks"; recordings in xGrz/inpost-plugin@d33ca8f.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from carriers.base import BadCarrierResponse, Place, Reading, StatusTable, TrackingEvent, TrackingUpdate

OFFERS, CHANGED = "offers_prepared", "shipment_status_changed"
# Before the label is bought.
PENDING = frozenset({"created", OFFERS, "offer_selected"})
UNAVAILABLE, EXPIRED, NOT_PAID = "unavailable", "expired", "not_paid"


def history(answer: Reading, number: str, table: StatusTable) -> TrackingUpdate:
    """Every scan of a tracking number, oldest first; what ShipX lists twice is one.

    Raises:
        BadCarrierResponse: there are scans, and none of them has a status and a time.
    """
    listed = answer.get("tracking_details").items()
    events = [_event(number, scan.text("status"), at, table, scan) for scan in listed if (at := _scanned_at(scan))]
    if listed and not events:
        raise BadCarrierResponse(f"no scan of {number} can be read")
    unique = {event.event_id: event for event in events}
    return TrackingUpdate(tracking_number=number, events=tuple(reversed(unique.values())))


def state(shipment: Reading, number: str, table: StatusTable, now: datetime) -> TrackingUpdate:
    """What a shipment says of itself. `number` is what it was asked by.

    Raises:
        BadCarrierResponse: no status, or no time since when.
    """
    status, labelled = shipment.text("status"), shipment.maybe_text("tracking_number")
    trouble, since = _trouble(shipment, now) if status in PENDING else ("", None)
    at = since or shipment.maybe_time("updated_at") or shipment.maybe_time("created_at")
    if at is None:
        raise BadCarrierResponse(f"shipment {number} is {status}, but nothing says since when")
    return TrackingUpdate(
        tracking_number=number,
        reference=shipment.maybe_text("reference"),
        events=(_event(labelled or number, status, at, table, shipment, trouble),),
        numbers=(labelled,) if labelled else (),
    )


def pushed(call: Reading, table: StatusTable) -> TrackingUpdate:
    """One webhook. Kinds that are not documented are kept as events with a code nobody lists."""
    kind, payload = call.text("event"), call.get("payload")
    id_, labelled = str(payload.integer("shipment_id")), payload.maybe_text("tracking_number")
    code = payload.text("status") if kind == CHANGED else kind
    trouble = UNAVAILABLE if kind == OFFERS and _none_available(payload) else ""
    return TrackingUpdate(
        tracking_number=id_,
        events=(_event(labelled or id_, code, call.time("event_ts"), table, payload, trouble),),
        numbers=(labelled,) if labelled else (),
    )


def _event(
    number: str, code: str, at: datetime, table: StatusTable, said: Reading, qualifier: str = ""
) -> TrackingEvent:
    mapped = table.lookup(code, qualifier)
    scan = ":".join(filter(None, (code.removeprefix("shipment_"), qualifier)))
    agency = said.maybe_text("agency")
    raw = {key: found.raw for key in RAW_KEYS if (found := said.maybe(key))}
    return TrackingEvent(
        event_id=f"{number}:{scan}:{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        occurred_at=at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=qualifier,
        place=Place(facility=agency) if agency else None,
        raw=raw,
    )


RAW_KEYS = ("status", "origin_status", "datetime", "location", "updated_at", "transactions", "return_tracking_number")


def _scanned_at(scan: Reading) -> datetime | None:
    return scan.maybe_time("datetime") if scan.maybe_text("status") else None


def _trouble(shipment: Reading, now: datetime) -> tuple[str, datetime | None]:
    """Why a shipment that ShipX accepted will not get its label, and since when: HTTP never says so.

    No offer fits; the purchase failed (a transaction with details that is no success); or the offers ran out unbought,
    as they do five minutes after they were made, when a prepaid account has no funds. None of it is final.
    """
    offers = shipment.maybe_objects("offers")
    for transaction in shipment.maybe_objects("transactions"):
        if transaction.maybe_text("status") != "success" and transaction.has("details"):
            return NOT_PAID, transaction.maybe_time("updated_at") or transaction.maybe_time("created_at")
    if _none_available(shipment):
        return UNAVAILABLE, None
    ends = [
        offer.maybe_time("expires_at") for offer in offers if offer.maybe_text("status") in ("available", "selected")
    ]
    known: Sequence[datetime] = [end for end in ends if end]
    return (EXPIRED, max(known)) if known and len(known) == len(ends) and max(known) < now else ("", None)


def _none_available(said: Reading) -> bool:
    statuses = {offer.maybe_text("status") for offer in said.maybe_objects("offers")}
    return statuses == {UNAVAILABLE}
