"""Events, the same by push and by poll. Source: developers.inpost-group.com, tracking v1 and webhooks.

The documentation calls `timestamp` local, but every example is in UTC and says so, with nine digits of a second.
"""

from __future__ import annotations

from collections.abc import Sequence

from carriers.base import Leg, Place, ProofOfDelivery, Reading, StatusTable, TrackingEvent, TrackingUpdate


def updates(answer: Reading, table: StatusTable) -> tuple[TrackingUpdate, ...]:
    """One update per parcel that InPost knows; events that name no code or time are left out."""
    found = []
    for parcel in answer.get("parcels").items():
        readable = [e for e in parcel.objects("events") if e.maybe_text("eventCode") and e.maybe_time("timestamp")]
        found.append(_update(parcel.text("trackingNumber"), readable, table))
    return tuple(found)


def pushed(event: Reading, table: StatusTable) -> TrackingUpdate:
    """The event of a webhook. Raises BadCarrierResponse where it has no parcel, no code or no time."""
    return _update(event.text("trackingNumber"), [event], table)


def _update(number: str, told: Sequence[Reading], table: StatusTable) -> TrackingUpdate:
    events = {event.event_id: event for event in (_event(number, each, table) for each in told)}
    named = [each.maybe_text("customerReference") for each in told]
    return TrackingUpdate(
        tracking_number=number,
        reference=next(filter(None, named), ""),
        events=tuple(events.values()),
        proof=next(filter(None, (_proof(each, table) for each in told)), None),
    )


def _event(number: str, said: Reading, table: StatusTable) -> TrackingEvent:
    code, at = said.text("eventCode"), said.time("timestamp")
    mapped = table.lookup(code)
    location = said.part("location")
    return TrackingEvent(
        # "<uuid>#<code>"
        event_id=said.maybe_text("eventId") or f"{number}:{code}:{at.isoformat()}",
        occurred_at=at,
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


def _proof(said: Reading, table: StatusTable) -> ProofOfDelivery | None:
    """Who took it, where InPost says so. There is no other proof."""
    taken_by = said.part("delivery").maybe_text("recipientName")
    delivered = table.lookup(said.text("eventCode")).status == "delivered" and _leg(said) is Leg.OUTBOUND
    return (
        ProofOfDelivery(delivered_at=said.time("timestamp"), received_by=taken_by) if delivered and taken_by else None
    )
