"""Where parcels are: the Track & Trace API for news, ShipIT's own tracking for what Track & Trace does not tell.

Source: Track And Trace V1 1.0.7; ShipIT REST 5.0.11, tracking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from carriers.base import (
    BadCarrierResponse,
    Booking,
    Cancellation,
    CancellationState,
    CarrierUnavailable,
    Place,
    ProofOfDelivery,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
)
from carriers.gls.wire.booking import reference

SHIPIT = "shipit"
BROKEN = "E_500"
PRE_TRANSIT = ("booked", "unknown")


def parcels(body: Reading) -> dict[str, list[Reading]]:
    """The parcels of an answer by what was asked for: the number (`unitno` lacks the check digit), or a reference,
    which may be that of several. Errors stand beside parcels under HTTP 200: what GLS does not know is left out.

    Raises:
        CarrierUnavailable: GLS has no parcel to tell of, and says that it is broken.
    """
    found: dict[str, list[Reading]] = {}
    errors = []
    for entry in body.get("parcels").items():
        error = entry.maybe_text("errorCode")
        if error:
            errors.append(error)
        else:
            found.setdefault(entry.text("requested"), []).append(entry)
    broken = [error for error in errors if error.startswith(BROKEN)]
    if broken and not found:
        raise CarrierUnavailable(f"GLS tracking answered {broken[0]}", carrier_code=broken[0])
    return found


def update(number: str, found: Mapping[str, Sequence[Reading]], statuses: StatusTable) -> TrackingUpdate | None:
    """What is known of a booking's number, which may be those of several parcels; None where nothing is."""
    known = [(asked, found[asked]) for asked in number.split(",") if asked in found]
    events = [
        event for asked, listed in known for parcel in listed for event in _events(asked, parcel, listed, statuses)
    ]
    if not known:
        return None
    return TrackingUpdate(tracking_number=number, events=tuple(sorted(events, key=lambda event: event.occurred_at)))


def _events(asked: str, parcel: Reading, listed: Sequence[Reading], statuses: StatusTable) -> Sequence[TrackingEvent]:
    """The parcel's scans, and its status: the list of event codes is open, that of statuses is not."""
    piece = asked if len(listed) == 1 else parcel.text("unitno")
    told = [
        _event(piece, scan, scan.text("code"), scan.time("eventDateTime"), statuses)
        for scan in parcel.objects("events")
    ]
    if parcel.has("status"):
        told.append(_event(piece, parcel, parcel.text("status"), parcel.time("statusDateTime"), statuses))
    return tuple({event.event_id: event for event in told}.values())


def _event(piece: str, told: Reading, code: str, at: datetime, statuses: StatusTable) -> TrackingEvent:
    mapped = statuses.lookup(code)
    raw = told.raw if isinstance(told.raw, dict) else {}
    return TrackingEvent(
        event_id=f"{piece}/{code}/{at.isoformat()}",
        occurred_at=at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        description=told.maybe_text("description"),
        place=_place(told),
        piece=piece,
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
