"""What passes between the gateway and our own vans: bookings out, scans in."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from carriers.base import (
    Booking,
    BookingRef,
    Money,
    Place,
    ProofOfDelivery,
    Rate,
    ServiceLevel,
    Slot,
    StatusTable,
    Surcharge,
    TimeWindow,
    TrackingEvent,
    TrackingUpdate,
    Window,
)

NUMBER_BYTES = 10


def rate(
    window: Window, service: ServiceLevel, price: Money, surcharges: Sequence[Surcharge], cut_off: datetime
) -> Rate:
    """A place in a window at a price, on sale until its cut-off or its start."""
    return Rate(
        service=service,
        carrier_service=service.value,
        price=price,
        surcharges=tuple(surcharges),
        deliver_from=window.start,
        deliver_by=window.end,
        expires_at=min(cut_off, window.start),
        carrier_quote_id=window.id,
    )


def slot(window: Window) -> Slot:
    """A window as another time for a parcel that has a place."""
    return Slot(id=window.id, window=TimeWindow(start=window.start, end=window.end))


def tracking_number(tender_reference: str) -> str:
    """What stands on the parcel: the same for the same tender, and not to be guessed from another."""
    digest = sha256(tender_reference.encode()).digest()
    return f"OF{b32encode(digest[:NUMBER_BYTES]).decode()}"


def booking(
    tender_reference: str, deliver_by: datetime | None, price: Money | None = None, parcels: int = 1
) -> Booking:
    """A place that a tender holds; the tender's reference is our own number of the booking.

    Of several parcels each has a number of its own, as it stands on its label: the booking's, and which one it is.
    """
    number = tracking_number(tender_reference)
    ref = BookingRef(
        carrier_reference=tender_reference,
        tracking_number=number,
        tender_reference=tender_reference,
        parcel_numbers=tuple(f"{number}/{place}" for place in range(1, parcels + 1)) if parcels > 1 else (),
    )
    return Booking(ref=ref, price=price, deliver_by=deliver_by)


def scan(
    table: StatusTable,
    *,
    client_event_id: str,
    tracking_number: str,
    code: str,
    detail: str,
    occurred_at: datetime,
    place: Place | None,
    piece: str,
    proof: ProofOfDelivery | None,
) -> TrackingUpdate:
    """One scan as an update of one event, named by the id that the driver's device gave it.

    A parcel is known by what stands on its label, or by its place among the others alone.
    """
    mapped = table.lookup(code, detail)
    number, _, place_told = tracking_number.partition("/")
    parcel = piece or place_told
    if parcel.isdecimal():
        parcel = f"{number}/{parcel}"
    event = TrackingEvent(
        event_id=client_event_id,
        occurred_at=occurred_at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=detail,
        place=place,
        piece=parcel,
    )
    return TrackingUpdate(tracking_number=number, events=(event,), proof=proof)
