"""Parcel & Co's words and ours."""

from __future__ import annotations

from decimal import Decimal

from carriers.base import (
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    CarrierError,
    InvalidValue,
    Money,
    OneByOne,
    Place,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServiceLevel,
    Shipment,
    ShipmentRejected,
    Slot,
    StatusTable,
    TimeWindow,
    TrackingEvent,
    TrackingUpdate,
)

LEVELS = {"NEXT": ServiceLevel.NEXT_DAY, "ECO": ServiceLevel.ECONOMY}
CANCELLED = {"cancelled": CancellationState.ACCEPTED, "on_its_way": CancellationState.TOO_LATE}


def rate_request(request: QuoteRequest) -> dict[str, object]:
    """What POST /rates takes."""
    return {**_shipment(request.shipment), "ready": request.ready_at.isoformat()}


def book_request(request: BookRequest) -> dict[str, object]:
    """What POST /bookings takes."""
    return {**_shipment(request.shipment), "service": request.rate.carrier_service}


def rates(answer: Reading) -> list[Rate]:
    """The services we know, with their prices."""
    return [rate for each in answer.get("rates").items() for rate in _rate(each)]


def booking(answer: Reading, tender_reference: str) -> Booking:
    """A booking."""
    number = answer.text("id")
    ref = BookingRef(
        carrier_reference=number,
        tracking_number=answer.maybe_text("tracking") or number,
        tender_reference=tender_reference,
    )
    price = answer.maybe("price")
    return Booking(ref=ref, price=maybe_money(price), deliver_by=answer.maybe_time("eta"))


def cancellation(answer: Reading) -> Cancellation:
    """Cancelled, or too late."""
    state = answer.text("state")
    if state not in CANCELLED:
        raise BadCarrierResponse("a state of cancellation that is not documented")
    return Cancellation(state=CANCELLED[state])


def slots(answer: Reading) -> list[Slot]:
    """The times it names."""
    try:
        return [
            Slot(id=each.text("id"), window=TimeWindow(start=each.time("from"), end=each.time("to")))
            for each in answer.get("times").items()
        ]
    except InvalidValue as error:
        raise BadCarrierResponse(str(error)) from error


def check_agreed(answer: Reading) -> None:
    """Nothing else is an agreement."""
    if answer.text("state") != "agreed":
        raise BadCarrierResponse("neither agreed nor refused")


def refusal(reply: Reply) -> CarrierError | None:
    """Why a shipment is refused."""
    if reply.status != 422:
        return None
    try:
        error = reply.reading().get("error")
    except BadCarrierResponse:
        return None
    return ShipmentRejected("Parcel & Co refuses it", carrier_code=error.maybe_text("code"))


def update(parcel: Reading, statuses: StatusTable) -> TrackingUpdate:
    """The scans of one parcel."""
    number = parcel.text("number")
    one_by_one = OneByOne()
    scans = one_by_one.of(parcel.get("scans").items(), lambda scan: _event(number, scan, statuses))
    return TrackingUpdate(tracking_number=number, events=tuple(scans), unread=one_by_one.unread())


def money(amount: Reading) -> Money:
    """An exact amount."""
    try:
        return Money(amount.decimal("amount"), amount.text("currency"))
    except InvalidValue as error:
        raise BadCarrierResponse(f"not an amount: {error}") from error


def maybe_money(amount: Reading | None) -> Money | None:
    """An exact amount, if there is one."""
    try:
        return money(amount) if amount else None
    except BadCarrierResponse:
        return None


def _rate(each: Reading) -> list[Rate]:
    service = each.text("service")
    if service not in LEVELS:
        return []
    price = money(each.get("price"))
    if price.amount < 0:
        raise BadCarrierResponse("a price below zero")
    by = each.maybe_time("by")
    return [Rate(service=LEVELS[service], carrier_service=service, price=price, deliver_by=by)]


def _shipment(shipment: Shipment) -> dict[str, object]:
    parcels = [{"kg": Decimal(parcel.weight_g) / 1000} for parcel in shipment.parcels]
    to = shipment.destination
    return {"to": {"country": to.country, "postcode": to.postal_code}, "parcels": parcels}


def _event(number: str, scan: Reading, statuses: StatusTable) -> TrackingEvent:
    code, at = scan.text("code"), scan.time("at")
    mapped = statuses.lookup(code)
    return TrackingEvent(
        event_id=f"{number}/{code}/{at.isoformat()}",
        occurred_at=at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        place=Place(city=scan.maybe_text("city")),
    )
