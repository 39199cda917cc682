"""Where parcels are: the Track & Trace API for news, ShipIT's own tracking for what Track & Trace does not tell.

Source: Track And Trace V1 1.0.7; ShipIT REST 5.0.11, tracking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from carriers.base import (
    BadCarrierResponse,
    Booking,
    Cancellation,
    CancellationState,
    CarrierUnavailable,
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
from carriers.gls.wire.booking import reference

SHIPIT = "shipit"
BROKEN = "E_500"
NAMELESS = ""
PRE_TRANSIT = ("booked", "unknown")


def parcels(body: Reading) -> dict[str, list[Reading]]:
    """The parcels of an answer by what was asked for: the number (`unitno` lacks the check digit), or a reference,
    which may be that of several. Errors stand beside parcels under HTTP 200: what GLS does not know is left out. Those
    that do not say what they answer are under "".

    Raises:
        CarrierUnavailable: GLS has no parcel to tell of, and says that it is broken.
        BadCarrierResponse: it tells of parcels, and of none which.
    """
    found: dict[str, list[Reading]] = {}
    entries = body.get("parcels").items()
    for entry in entries:
        asked = entry.maybe_text("requested")
        if not entry.maybe_text("errorCode"):
            found.setdefault(asked, []).append(entry)
    errors = [entry.maybe_text("errorCode") for entry in entries]
    broken = [error for error in errors if error.startswith(BROKEN)]
    if broken and not found:
        raise CarrierUnavailable(f"GLS tracking answered {broken[0]}", carrier_code=broken[0])
    if list(found) == [NAMELESS]:
        raise BadCarrierResponse("GLS does not say of which parcels it tells")
    return found


def updates(
    numbers: Sequence[str], found: Mapping[str, Sequence[Reading]], statuses: StatusTable, zone: ZoneInfo
) -> tuple[TrackingUpdate, ...]:
    """What is known of several numbers.

    Raises:
        BadCarrierResponse: nothing can be read of any.
    """
    asked = [each for each in (*numbers, NAMELESS) if any(piece in found for piece in each.split(","))]
    return updates_of(asked, lambda number: update(number, found, statuses, zone))


def update(
    number: str, found: Mapping[str, Sequence[Reading]], statuses: StatusTable, zone: ZoneInfo
) -> TrackingUpdate | None:
    """What is known of a booking's number, which may be those of several parcels; None where nothing is.

    `zone` is that of times without an offset, which no example has.
    """
    if number == NAMELESS:
        raise BadCarrierResponse("GLS does not say of which parcel it tells")
    known = [(asked, found[asked]) for asked in number.split(",") if asked in found]
    one_by_one = OneByOne()
    told = [
        event
        for asked, listed in known
        for parcel in listed
        for event in _events(asked if len(listed) == 1 else parcel.text("unitno"), parcel, statuses, zone, one_by_one)
    ]
    return TrackingUpdate(tracking_number=number, events=in_order(told), unread=one_by_one.unread()) if known else None


def _events(
    piece: str, parcel: Reading, statuses: StatusTable, zone: ZoneInfo, one_by_one: OneByOne
) -> Sequence[TrackingEvent]:
    """The parcel's scans, and its status: the list of event codes is open, that of statuses is not."""
    read = partial(_event, piece, statuses, zone)
    scans = one_by_one.of(parcel.maybe_objects("events"), partial(read, ("code", "eventDateTime")))
    state = [parcel] if parcel.has("status") else []
    return [*scans, *one_by_one.of(state, partial(read, ("status", "statusDateTime")))]


def _event(piece: str, statuses: StatusTable, zone: ZoneInfo, names: tuple[str, str], told: Reading) -> TrackingEvent:
    code, when = told.text(names[0]), moment(told, names[1], zone)
    mapped = statuses.lookup(code)
    raw = told.raw if isinstance(told.raw, dict) else {}
    return TrackingEvent(
        event_id=f"{piece}/{code}/{when.at.isoformat()}",
        occurred_at=when.at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        description=told.maybe_text("description"),
        place=_place(told),
        piece=piece,
        occurred_at_local=when.local,
        tz_source=when.tz_source,
        raw={name: value for name, value in raw.items() if name != "events"},
    )


def _place(told: Reading) -> Place | None:
    place = Place(
        city=told.maybe_text("city"), postal_code=told.maybe_text("postalCode"), country=told.maybe_text("country")
    )
    return place if place != Place() else None


def found(body: Reading, tender_reference: str) -> Booking | None:
    """The parcels that bear our reference, by their TrackIDs: ShipIT names no parcel number here, and no label.

    Cancelled ones are no booking. Were there two bookings, both are in it, so that cancelling it ends both.
    """
    ids = [
        item.text("TrackID")
        for item in body.maybe_objects("UnitItems")
        if tender_reference in _references(item) and item.maybe_text("Status") != "CANCELLED"
    ]
    return Booking(ref=reference(ids, ids, tender_reference)) if ids else None


def _references(item: Reading) -> set[str]:
    """A text, as the list shows it, or an array, as the details do."""
    told = item.maybe("ShipmentReference")
    texts = told.raw if told and isinstance(told.raw, list) else [told.raw] if told else []
    return {word for each in texts for word in re.split(r"[\s,;|]+", str(each))}


def cancelled(body: Reading) -> Cancellation:
    """The answer to a cancellation. Only CANCELLED says that it is done: SCANNED is a 200 that says no."""
    result = body.text("result")
    if result == "CANCELLED":
        return Cancellation(state=CancellationState.ACCEPTED)
    if result == "SCANNED":
        return Cancellation(state=CancellationState.TOO_LATE, why="GLS has scanned the parcel already")
    if result == "CANCELLATION_PENDING":
        return Cancellation(state=CancellationState.PENDING, why="GLS has scheduled the cancellation")
    raise BadCarrierResponse("the cancellation is neither done, nor scheduled, nor refused")


def settled(body: Reading, statuses: StatusTable) -> Cancellation:
    """What became of a cancellation that GLS does not answer twice, by the newest scan in the parcel's details."""
    scans = body.get("UnitDetail").objects("History")
    if not scans:
        return Cancellation(state=CancellationState.PENDING, why="GLS shows no scan of the parcel yet")
    newest = max(scans, key=lambda scan: scan.time("Date"))
    code = newest.text("StatusCode")
    status = statuses.lookup(code, SHIPIT).status
    if status == "cancelled":
        return Cancellation(state=CancellationState.ACCEPTED)
    if status in PRE_TRANSIT:
        return Cancellation(state=CancellationState.PENDING, why=f"GLS shows the parcel as {code}")
    return Cancellation(state=CancellationState.TOO_LATE, why=f"GLS shows the parcel as {code}")


def together(answers: Sequence[Cancellation]) -> Cancellation:
    """Several parcels: cancelled when all are, too late when one is."""
    for state in (CancellationState.TOO_LATE, CancellationState.PENDING):
        for answer in answers:
            if answer.state is state:
                return answer
    return Cancellation(state=CancellationState.ACCEPTED)


def proof(body: Reading) -> ProofOfDelivery:
    """GLS' proof is one PDF with the signature in it."""
    return ProofOfDelivery(signature=body.get("PODItem").base64("ImageData"))
