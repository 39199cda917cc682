"""What ShipX tells about a shipment: its history by number, its own state before it has one, and pushed events.

Scans are named by number, status and minute, because nothing in ShipX has an event id and push and poll differ by
seconds. Source: "API ShipX", tracking and "[1.23.0] Webhooks"; recordings in xGrz/inpost-plugin@d33ca8f.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from carriers.base import (
    Moment,
    OneByOne,
    Place,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    in_order,
    maybe_moment,
    moment,
)

OFFERS, CHANGED = "offers_prepared", "shipment_status_changed"
# Before the label is bought.
PENDING = frozenset({"created", OFFERS, "offer_selected"})
ENDS = ("delivered", "returning", "returned", "failed")
UNAVAILABLE, EXPIRED, NOT_PAID = "unavailable", "expired", "not_paid"


def history(answer: Reading, number: str, table: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    """Every scan of a parcel's number, oldest first; what ShipX lists twice is one.

    `zone`, here and below, is that of times without an offset, which no example has.

    Raises:
        BadCarrierResponse: there are scans, and none of them has a status and a time.
    """
    one_by_one = OneByOne()
    events = one_by_one.of(
        answer.get("tracking_details").items(),
        lambda scan: _event(number, scan.text("status"), moment(scan, "datetime", zone), table, scan, piece=number),
    )
    return TrackingUpdate(tracking_number=number, events=in_order(reversed(events)), unread=one_by_one.unread())


def state(shipment: Reading, number: str, table: StatusTable, now: datetime, zone: ZoneInfo) -> TrackingUpdate:
    """What a shipment says of itself, and the numbers of its parcels. `number` is what it was asked by.

    Of one parcel it is the same scan that the history has. Of several, whatever it says under way is of all of them;
    whether it has come to its end when one has or when all have is not documented, so that an end, or a way back, is
    that of the parcel whose number the shipment bears, until each parcel's history says more.

    Raises:
        BadCarrierResponse: no status, or no time since when.
    """
    status = shipment.text("status")
    trouble, since = _trouble(shipment, now) if status in PENDING else ("", None)
    at = maybe_moment(shipment, "updated_at", zone) or maybe_moment(shipment, "created_at", zone)
    at = Moment(at=since) if since else at or moment(shipment, "updated_at", zone)
    told = [each.maybe_text("tracking_number") for each in (shipment, *shipment.maybe_objects("parcels"))]
    numbers = tuple(dict.fromkeys(filter(None, told)))
    several = len(numbers) > 1 or len(shipment.maybe_objects("parcels")) > 1
    piece = "" if several else next(iter(numbers), "")
    event = _event(piece or number, status, at, table, shipment, trouble, piece)
    if several and event.status in ENDS:
        event = replace(event, piece=next(iter(numbers), number))
    return TrackingUpdate(
        tracking_number=number,
        reference=shipment.maybe_text("reference"),
        events=(event,),
        numbers=numbers,
    )


def pushed(call: Reading, table: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    """One webhook. Kinds that are not documented are kept as events with a code nobody lists.

    It is of the parcel whose number it bears; without one, an end is of none that is known by its number (see `state`).
    """
    kind, payload = call.text("event"), call.get("payload")
    id_, labelled = str(payload.integer("shipment_id")), payload.maybe_text("tracking_number")
    code = payload.text("status") if kind == CHANGED else kind
    trouble = UNAVAILABLE if kind == OFFERS and _none_available(payload) else ""
    event = _event(labelled or id_, code, moment(call, "event_ts", zone), table, payload, trouble, labelled)
    if event.status in ENDS and not labelled:
        event = replace(event, piece=id_)
    return TrackingUpdate(
        tracking_number=id_,
        events=(event,),
        numbers=(labelled,) if labelled else (),
    )


def _event(
    number: str, code: str, when: Moment, table: StatusTable, said: Reading, qualifier: str = "", piece: str = ""
) -> TrackingEvent:
    mapped = table.lookup(code, qualifier)
    scan = ":".join(filter(None, (code.removeprefix("shipment_"), qualifier)))
    agency = said.maybe_text("agency")
    raw = {key: found.raw for key in RAW_KEYS if (found := said.maybe(key))}
    return TrackingEvent(
        event_id=f"{number}:{scan}:{when.at.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        occurred_at=when.at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=qualifier,
        place=Place(facility=agency) if agency else None,
        piece=piece,
        occurred_at_local=when.local,
        tz_source=when.tz_source,
        raw=raw,
    )


RAW_KEYS = ("status", "origin_status", "datetime", "location", "updated_at", "transactions", "return_tracking_number")


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
