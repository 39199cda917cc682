"""The sandbox's words and ours. Source of everything here: README.md beside this file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from carriers.base import (
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    InvalidValue,
    LabelKind,
    Money,
    OneByOne,
    Place,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    Requirements,
    ReturnWay,
    ServiceLevel,
    ServicePointClosed,
    Shipment,
    ShipmentRejected,
    StatusTable,
    Surcharge,
    TimeWindow,
    TrackingEvent,
    TrackingUpdate,
    UnknownReference,
)

LABEL_STARTS = {LabelKind.PDF: b"%PDF-", LabelKind.ZPL: b"^XA", LabelKind.PNG: b"\x89PNG\r\n\x1a\n"}

# 503 says by contract that nothing was done; a plain 500 says nothing and is left to the HTTP status.
_ERRORS: Mapping[str, type[CarrierError]] = {
    "unauthorized": AuthenticationFailed,
    "not_found": UnknownReference,
    "unavailable": CarrierUnavailable,
    "address_not_deliverable": ShipmentRejected,
    "parcel_not_accepted": ShipmentRejected,
    "price_changed": ShipmentRejected,
    "quote_expired": ShipmentRejected,
    "service_point_closed": ServicePointClosed,
    "on_vehicle": ShipmentRejected,
    "time_not_offered": ShipmentRejected,
}


def refusal(reply: Reply) -> CarrierError | None:
    """The error of an answer that is one, by its documented code; None where there is no such code."""
    try:
        error = reply.reading().maybe("error")
    except BadCarrierResponse:
        return None
    code = error.maybe_text("code") if error else ""
    if error is None or code not in _ERRORS:
        return None
    message = error.maybe_text("message")
    return _ERRORS[code](f"the sandbox says {code}", carrier_code=code, carrier_message=message)


def quote_request(request: QuoteRequest, services: Mapping[ServiceLevel, str]) -> dict[str, object]:
    """The body of POST /quotes."""
    return {
        **_shipment(request.shipment),
        "ready_at": request.ready_at.isoformat(),
        "window": _window(request.window),
        "services": [services[level] for level in request.services if level in services],
        **({"return": list(request.shipment.return_ways)} if request.shipment.return_ways else {}),
    }


def book_request(request: BookRequest, webhook_url: str) -> dict[str, object]:
    """The body of POST /bookings."""
    return {
        **_shipment(request.shipment),
        "quote_id": request.rate.carrier_quote_id,
        "service": request.rate.carrier_service,
        "reference": request.tender_reference,
        "ready_at": request.ready_at.isoformat(),
        "window": _window(request.window),
        "webhook_url": webhook_url,
        **({"return": request.rate.return_way} if request.rate.return_way else {}),
    }


def _shipment(shipment: Shipment) -> dict[str, object]:
    return {
        "merchant_reference": shipment.reference,
        "from": address(shipment.origin),
        "to": address(shipment.destination),
        "service_point": shipment.service_point,
        "requirements": _requirements(shipment.requirements),
        "parcels": [
            {
                "weight_g": parcel.weight_g,
                "length_mm": parcel.length_mm,
                "width_mm": parcel.width_mm,
                "height_mm": parcel.height_mm,
                "description": parcel.description,
            }
            for parcel in shipment.parcels
        ],
    }


def address(place: Address) -> dict[str, object]:
    """An address in the sandbox's words: what is not known is left out."""
    found = ((field.name, getattr(place, field.name)) for field in fields(place))
    return {name: value for name, value in found if value not in ("", None)}


def _requirements(needs: Requirements) -> dict[str, object]:
    return {"signature": needs.signature, "photo": needs.photo, "pin": needs.pin, "min_age": needs.min_age}


def _window(window: TimeWindow | None) -> dict[str, str] | None:
    return {"start": window.start.isoformat(), "end": window.end.isoformat()} if window else None


def rates(answer: Reading, services: Mapping[ServiceLevel, str]) -> Sequence[Rate]:
    """The rates of services we have a level for."""
    levels = {code: level for level, code in services.items()}
    known = (each for each in answer.get("quotes").items() if each.text("service") in levels)
    return tuple(_rate(each, levels[each.text("service")]) for each in known)


def _rate(quote: Reading, level: ServiceLevel) -> Rate:
    price = _money(quote.get("price"))
    fees = [
        Surcharge(code=fee.text("code"), label=fee.text("label"), amount=_money(fee.get("price")))
        for fee in quote.objects("fees")
    ]
    try:
        return Rate(
            service=level,
            carrier_service=quote.text("service"),
            price=price,
            surcharges=tuple(fees),
            pickup_by=quote.maybe_time("pickup_by"),
            deliver_from=quote.maybe_time("deliver_from"),
            deliver_by=quote.maybe_time("deliver_by"),
            expires_at=quote.time("expires_at"),
            carrier_quote_id=quote.text("id"),
            co2e_g=quote.maybe_integer("co2e_g"),
            return_way=ReturnWay(quote.text("way")) if quote.has("way") else None,
        )
    except ValueError as error:
        raise BadCarrierResponse(f"{quote.path}: {error}") from None


def _money(price: Reading) -> Money:
    try:
        return Money(price.decimal("amount"), price.text("currency"))
    except InvalidValue as error:
        raise BadCarrierResponse(f"{price.path}: {error}") from None


def booking(answer: Reading, tender_reference: str) -> Booking:
    """A booking as the sandbox shows it in answers to book and find; its id is all that it needs."""
    number = answer.text("id")
    parcels = answer.maybe_objects("parcels")
    ref = BookingRef(
        carrier_reference=number,
        # The sandbox finds a booking by its id as well as by the number on its label.
        tracking_number=answer.maybe_text("tracking_number") or number,
        tender_reference=tender_reference,
        parcel_numbers=tuple(filter(None, (parcel.maybe_text("tracking_number") for parcel in parcels))),
        drop_off_codes=tuple(filter(None, (parcel.maybe_text("drop_off_code") for parcel in parcels))),
    )
    return Booking(
        ref=ref,
        price=_maybe_money(answer.maybe("price")),
        deliver_by=answer.maybe_time("deliver_by"),
    )


def _maybe_money(price: Reading | None) -> Money | None:
    try:
        return _money(price) if price else None
    except BadCarrierResponse:
        return None


def cancellation(answer: Reading) -> Cancellation:
    """What came of a cancellation; "too_late" is an error of theirs and an answer of ours."""
    error = answer.maybe("error")
    word = error.text("code") if error else answer.text("status")
    states = {
        "cancelled": CancellationState.ACCEPTED,
        "pending": CancellationState.PENDING,
        "too_late": CancellationState.TOO_LATE,
    }
    if word not in states:
        raise BadCarrierResponse(f"{word!r} is no answer to a cancellation")
    return Cancellation(state=states[word], why=error.maybe_text("message") if error else "")


def pushed(message: Reading, table: StatusTable) -> Sequence[TrackingUpdate]:
    """The update in a webhook; other types carry none."""
    return (update(message.get("shipment"), table),) if message.text("type") == "tracking" else ()


def update(shipment: Reading, table: StatusTable) -> TrackingUpdate:
    """Events of one tracking number, the same from push and from poll."""
    shown, one_by_one = shipment.maybe("proof"), OneByOne()
    return TrackingUpdate(
        tracking_number=shipment.text("tracking_number"),
        reference=shipment.maybe_text("reference"),
        events=tuple(one_by_one.of(shipment.get("events").items(), lambda each: _event(each, table))),
        proof=proof(shown) if shown else None,
        deliver_by=shipment.maybe_time("deliver_by"),
        unread=one_by_one.unread(),
    )


def _event(event: Reading, table: StatusTable) -> TrackingEvent:
    code, detail = event.text("code"), event.maybe_text("detail")
    mapped = table.lookup(code, detail)
    place = event.maybe("place")
    return TrackingEvent(
        event_id=event.text("id"),
        occurred_at=event.happened("at"),
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=detail,
        place=_place(place) if place else None,
        piece=event.maybe_text("parcel"),
        raw=event.raw if isinstance(event.raw, dict) else {},
    )


def _place(place: Reading) -> Place:
    return Place(
        city=place.maybe_text("city"),
        postal_code=place.maybe_text("postal_code"),
        country=place.maybe_text("country"),
        facility=place.maybe_text("facility"),
    )


def proof(answer: Reading) -> ProofOfDelivery:
    """Who took it and when."""
    return ProofOfDelivery(
        delivered_at=answer.maybe_time("delivered_at"),
        received_by=answer.maybe_text("received_by"),
        relationship=answer.maybe_text("relationship"),
        signature=answer.base64("signature_png") if answer.has("signature_png") else b"",
    )
