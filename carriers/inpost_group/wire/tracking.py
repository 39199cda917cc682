"""Events, the same by push and by poll. Source: developers.inpost-group.com, tracking v1 and webhooks.

The documentation calls `timestamp` local, but every example is in UTC and says so, with nine digits of a second. One
that says no zone is read in `zone`: it is never taken for UTC.

A shipment of several parcels is answered with one number, and tracking calls numbers those of parcels. Whether it is
all of theirs or one's is not documented, so that what happens under way is told of all parcels, an end or a way back
of that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from carriers.base import (
    Leg,
    OneByOne,
    Place,
    ProofOfDelivery,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    in_order,
    moment,
    updates_of,
)


def updates(answer: Reading, table: StatusTable, zone: ZoneInfo) -> tuple[TrackingUpdate, ...]:
    """One update per parcel that InPost knows.

    Raises:
        BadCarrierResponse: there are parcels, and nothing can be read of any.
    """
    return updates_of(
        answer.get("parcels").items(),
        lambda parcel: _update(parcel.text("trackingNumber"), parcel.maybe_objects("events"), table, zone),
    )


def pushed(event: Reading, table: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    """The event of a webhook. Raises BadCarrierResponse where it has no parcel, no code or no time."""
    return _update(event.text("trackingNumber"), [event], table, zone)


def _update(number: str, told: Sequence[Reading], table: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    named = [each.maybe_text("customerReference") for each in told]
    one_by_one = OneByOne()
    read = one_by_one.of(reversed(told), lambda each: (_event(number, each, table, zone), _proof(each, table, zone)))
    return TrackingUpdate(
        tracking_number=number,
        reference=next(filter(None, named), ""),
        events=in_order(event for event, _ in read),
        proof=next(filter(None, (proof for _, proof in reversed(read))), None),
        unread=one_by_one.unread(),
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
        piece=number if mapped.status in ENDS or _leg(said) is Leg.RETURN else "",
        raw={key: found.raw for key in RAW_KEYS if (found := said.maybe(key))},
    )


ENDS = ("delivered", "returning", "returned", "failed")
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
