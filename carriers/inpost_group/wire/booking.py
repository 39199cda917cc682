"""Booking: centimetres and kilograms out, the tracking number in. Source: developers.inpost-group.com, shipping v2."""

from __future__ import annotations

from decimal import Decimal

from carriers.base import (
    Account,
    Booking,
    BookingRef,
    BookRequest,
    Parcel,
    Reading,
    ServiceLevel,
    ShipmentRejected,
    filled,
)
from carriers.inpost_group.wire.parties import address, contact


def order(request: BookRequest, account: Account) -> dict[str, object]:
    """One shipment; to a point where the rate is of a point. Raises ShipmentRejected: no point was chosen."""
    shipment = request.shipment
    recipient = shipment.destination
    to_point = request.rate.service is ServiceLevel.SERVICE_POINT
    if to_point and not shipment.service_point:
        raise ShipmentRejected("InPost needs to know to which point: choose one")
    point = {"countryCode": recipient.country, "pointId": shipment.service_point}
    value = shipment.value if account.options.get("insure") else None
    cover = {"id": "additionalCover", "value": str(value.amount), "currency": value.currency} if value else None
    return filled(
        {
            "sender": contact(shipment.origin),
            "recipient": contact(recipient),
            "origin": address(shipment.origin),
            "destination": point if to_point else address(recipient),
            "references": {"orderNumber": request.tender_reference},
            "valueAddedServices": (cover,) if cover else (),
            "parcels": [_parcel(parcel) for parcel in shipment.parcels],
        }
    )


def booking(answer: Reading, tender_reference: str) -> Booking:
    """An accepted shipment. Its tracking number is its only name.

    Raises:
        BadCarrierResponse: no tracking number.
    """
    number = answer.text("trackingNumber")
    return Booking(ref=BookingRef(carrier_reference=number, tracking_number=number, tender_reference=tender_reference))


def _parcel(parcel: Parcel) -> dict[str, object]:
    """Numbers are written out as texts, as the documentation shows them; an unknown dimension is not sent."""
    sides = zip(("length", "width", "height"), parcel.dimensions_mm, strict=True)
    sized = {name: _shifted(side, -1) for name, side in sides} | {"unit": "CM"}
    weight = {"amount": _shifted(parcel.weight_g, -3), "unit": "KG"}
    return filled({"dimensions": sized if all(parcel.dimensions_mm) else {}, "weight": weight})


def _shifted(amount: int, places: int) -> str:
    """205 mm are "20.5" cm: exact, without trailing zeros."""
    return f"{Decimal(amount).scaleb(places).normalize():f}"
