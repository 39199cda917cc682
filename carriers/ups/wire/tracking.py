"""Tracking, polled and pushed, and the one way an event is built from either.

Source: Tracking API v1, Track Alert API v1 and v2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from carriers.base import (
    BadCarrierResponse,
    Mapped,
    OneByOne,
    Place,
    ProofOfDelivery,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    clock_at,
    in_order,
    wall_clock,
)
from carriers.ups.wire.local import END_OF_DAY, clock, day, moment
from carriers.ups.wire.parts import several

STATUS, TYPE = "statusCode", "type"
POLLED = (("date", "time"), ("gmtDate", "gmtTime"))
PUSHED = (("localActivityDate", "localActivityTime"), ("gmtActivityDate", "gmtActivityTime"))
# A rescheduled date counts before the first promise. Source: Tracking API, DeliveryDate/type.
EXPECTED = ("RDD", "SDD")


def meaning(type_: str, code: str, status: str, statuses: StatusTable) -> tuple[str, str, Mapped]:
    """(code, qualifier, what they mean). The three-digit status decides, where there is one; without it, the code
    of this type; without that, the type, which never makes a delivery.

    "Delivered" may be said of an access point, an agent or the sender, so the code beside it decides where the table
    knows it to say more. A status that nobody lists stays unknown, whatever code stands beside it.
    """
    detail = statuses.lookup(code, type_)
    told = statuses.lookup(status, STATUS)
    if told.status == "delivered" and detail.status != "unknown" and detail != told:
        return code, type_, detail
    if status:
        return status, STATUS, told
    if code:
        return code, type_, detail
    return type_, TYPE, statuses.lookup(type_, TYPE)


def scanned(
    said: Reading, names: tuple[tuple[str, str], tuple[str, str]], piece: str, statuses: StatusTable, assumed: ZoneInfo
) -> TrackingEvent:
    """One activity. Its identity is package, type, code and moment: all that push and poll have in common."""
    polled = names is POLLED
    status = said.maybe("status" if polled else "activityStatus") or Reading({}, said.path)
    place, state = _place(said, polled)
    type_, code = status.maybe_text("type"), status.maybe_text("code")
    word, qualifier, mapped = meaning(
        type_, code, status.maybe_text("statusCode" if polled else "descriptionCode"), statuses
    )
    when = moment(said, *names, place=place, state=state, assumed=assumed)
    return TrackingEvent(
        event_id=f"{piece}/{type_}/{code or word}/{_stamp(said, names[1], when.at)}",
        occurred_at=when.at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=word,
        carrier_qualifier=qualifier,
        description=status.maybe_text("description"),
        place=place if place != Place() else None,
        piece=piece,
        occurred_at_local=when.local,
        tz_source=when.tz_source,
        raw=dict(said.raw) if isinstance(said.raw, Mapping) else {},
    )


def _stamp(said: Reading, gmt: tuple[str, str], when: datetime) -> str:
    """GMT as written, so that a doubted one names the scan too; the moment where there is none."""
    written = said.maybe_text(gmt[0]) + said.maybe_text(gmt[1])
    return written if len(written) == len("YYYYMMDDHHMMSS") else f"{when:%Y%m%d%H%M%S}"


def _place(said: Reading, polled: bool) -> tuple[Place, str]:
    """Where it happened, and its state or province."""
    location = said.maybe("location" if polled else "activityLocation")
    found = location.maybe("address") if location and polled else location
    if found is None:
        return Place(), ""
    place = Place(
        city=found.maybe_text("city"),
        postal_code=found.maybe_text("postalCode"),
        country=found.maybe_text("countryCode") or found.maybe_text("country"),
        facility=location.maybe_text("slic") if location and polled else "",
    )
    return place, found.maybe_text("stateProvince")


def packages(body: Reading, number: str) -> list[Reading]:
    """The packages of an answer that are the number asked for, or of the shipment that was asked for by it.

    "Not found" is HTTP 200 with a warning and no package.
    """
    found = []
    for shipment in several(body.get("trackResponse"), "shipment"):
        listed = several(shipment, "package")
        asked = shipment.maybe_text("inquiryNumber") == number
        found += listed if asked else [each for each in listed if each.maybe_text("trackingNumber") == number]
    return found


def untold(known: Sequence[Reading]) -> bool:
    """Whether the shipment has more packages than were told of. Source: Tracking API, packageCount."""
    return any((package.maybe_integer("packageCount") or 0) > len(known) for package in known)


def update(known: Sequence[Reading], number: str, statuses: StatusTable, assumed: ZoneInfo) -> TrackingUpdate:
    """What is known of a number. A single package is the number that was asked for, whatever it calls itself."""
    events: list[TrackingEvent] = []
    handed_over = []
    one_by_one = OneByOne()
    for package in known:
        piece = package.maybe_text("trackingNumber", default=number) if len(known) > 1 else number
        read = partial(scanned, names=POLLED, piece=piece, statuses=statuses, assumed=assumed)
        told = one_by_one.of(several(package, "activity"), read)
        events += told
        handed_over.append(max((event.occurred_at for event in told if event.status == "delivered"), default=None))
    ordered = in_order(events)
    expected = [when for package in known if (when := _expected(package, ordered, assumed))]
    moments = [when for when in handed_over if when]
    done = bool(known) and len(moments) == len(known)
    return TrackingUpdate(
        tracking_number=number,
        events=ordered,
        proof=_proof(known[0], max(moments)) if done else None,
        deliver_by=None if done else max(expected, default=None),
        unread=one_by_one.unread(),
    )


def _expected(package: Reading, events: tuple[TrackingEvent, ...], assumed: ZoneInfo) -> datetime | None:
    """When it is expected at the recipient's: the end of the window or of the day."""
    dates = {said.maybe_text("type"): day(said.maybe_text("date")) for said in package.maybe_objects("deliveryDate")}
    when = next((found for kind in EXPECTED if (found := dates.get(kind))), None)
    if when is None:
        return None
    window = package.maybe("deliveryTime")
    until = clock(window.maybe_text("endTime")) if window else None
    home = next((each for each in package.maybe_objects("packageAddress") if "DEST" in each.maybe_text("type")), None)
    address = home.maybe("address") if home else None
    last = events[-1].place if events else None
    country = address.maybe_text("countryCode") if address else last.country if last else ""
    state = address.maybe_text("stateProvince") if address else ""
    return wall_clock(when, until or END_OF_DAY, clock_at(country, state, assumed)[0])


def _proof(package: Reading, delivered_at: datetime) -> ProofOfDelivery:
    """Who took it, signature and photo where they were asked for and taken."""
    said = package.maybe("deliveryInformation") or Reading({})
    return ProofOfDelivery(
        delivered_at=delivered_at,
        received_by=said.maybe_text("receivedBy"),
        signature=_image(said.maybe("signature"), "image"),
        photo=_image(said.maybe("deliveryPhoto"), "photo"),
    )


def _image(said: Reading | None, key: str) -> bytes:
    try:
        return said.base64(key) if said and said.maybe_text(key) else b""
    except BadCarrierResponse:
        return b""


def pushed(body: Reading, statuses: StatusTable, assumed: ZoneInfo) -> TrackingUpdate:
    """One pushed event. Empty texts stand for what is not known; the number may come with a blank before it."""
    number = body.text("trackingNumber")
    event = scanned(body, PUSHED, number, statuses, assumed)
    if event.status == "delivered":
        proof = ProofOfDelivery(
            delivered_at=event.occurred_at,
            received_by=body.maybe_text("receivedBy"),
            photo=_image(body, "deliveryPhoto"),
        )
        return TrackingUpdate(tracking_number=number, events=(event,), proof=proof)
    return TrackingUpdate(tracking_number=number, events=(event,), deliver_by=_promised(body, event, assumed))


def _promised(body: Reading, event: TrackingEvent, assumed: ZoneInfo) -> datetime | None:
    """The scheduled day, on the clock of the last scan's place. One long gone, as UPS sends them, is none."""
    when = day(body.maybe_text("scheduledDeliveryDate"))
    if when is None or event.place is None:
        return None
    _, state = _place(body, polled=False)
    where = clock_at(event.place.country, state, assumed)[0]
    until = wall_clock(when, clock(body.maybe_text("deliveryEndTime")) or END_OF_DAY, where)
    return until if until >= event.occurred_at else None
