"""Events, the same by push and by poll. Source: developers.inpost-group.com, tracking v1 and webhooks.

The documentation calls `timestamp` local, but every example is in UTC and says so, with nine digits of a second. One
that says no zone is read in `zone`: it is never taken for UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from carriers.base import (
    BadCarrierResponse,
    Leg,
    Place,
    ProofOfDelivery,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    in_order,
    maybe_moment,
    moment,
)


def updates(answer: Reading, table: StatusTable, zone: ZoneInfo) -> tuple[TrackingUpdate, ...]:
    """One update per parcel that InPost knows; events that name no code or time are left out.

    Raises:
        BadCarrierResponse: there are parcels, and none says which.
    """
    parcels, found = answer.get("parcels").items(), []
    for parcel in parcels:
        scans, number = parcel.maybe_objects("events"), parcel.maybe_text("trackingNumber")
        readable = [scan for scan in scans if scan.maybe_text("eventCode") and maybe_moment(scan, "timestamp", zone)]
        if number:
            found.append(_update(number, readable, table, zone))
    if parcels and not found:
        raise BadCarrierResponse("InPost does not say of which parcels it tells")
    return tuple(found)


def pushed(event: Reading, table: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    """The event of a webhook. Raises BadCarrierResponse where it has no parcel, no code or no time."""
    return _update(event.text("trackingNumber"), [event], table, zone)


def _update(number: str, told: Sequence[Reading], table: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    named = [each.maybe_text("customerReference") for each in told]
    return TrackingUpdate(
        tracking_number=number,
        reference=next(filter(None, named), ""),
        events=in_order(_event(number, each, table, zone) for each in reversed(told)),
        proof=next(filter(None, (_proof(each, table, zone) for each in told)), None),
    )


def _event(number: str, said: Reading, table: StatusTable, zone: ZoneInfo) -> TrackingEvent:
    code, when = said.text("eventCode"), moment(said, "timestamp", zone)
    mapped = table.lookup(code)
    location = said.part("location")
    return TrackingEvent(
        # "<uuid>#<code>"
        event_id=said.maybe_text("eventId") or f"{number}:{code}:{when.at.isoformat()}",
        occurred_at=when.at,
        occurred_at_local=when.local,
        tz_source=when.tz_source,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        description=location.maybe_text("description"),
        place=Place(
            city=location.maybe_text("city"),
            postal_code=location.maybe_text("postalCode"),
            country=location.maybe_text("country"),
            facility=location.maybe_text("name") or location.maybe_text("id"),
        ),
        leg=_leg(said),
        raw={key: found.raw for key in RAW_KEYS if (found := said.maybe(key))},
    )


RAW_KEYS = ("eventCode", "timestamp", "location", "delivery", "shipment", "returnToSender", "newDestination")


def _leg(said: Reading) -> Leg:
    return Leg.RETURN if said.part("shipment").maybe_text("type") == "RETURN" else Leg.OUTBOUND


def _proof(said: Reading, table: StatusTable, zone: ZoneInfo) -> ProofOfDelivery | None:
    """Who took it, where InPost says so. There is no other proof."""
    taken_by = said.part("delivery").maybe_text("recipientName")
    delivered = table.lookup(said.text("eventCode")).status == "delivered" and _leg(said) is Leg.OUTBOUND
    if not (delivered and taken_by):
        return None
    return ProofOfDelivery(delivered_at=moment(said, "timestamp", zone).at, received_by=taken_by)
