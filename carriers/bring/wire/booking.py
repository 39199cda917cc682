"""Booking: kilograms out, one consignment number and one number per package in.

Source: Bring Booking API, POST /booking/api/booking.
"""

from __future__ import annotations

from decimal import Decimal

from carriers.base import (
    Account,
    Address,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Parcel,
    Reading,
    ReturnWay,
    ServiceLevel,
    filled,
)
from carriers.bring.wire.local import OSLO, moment
from carriers.bring.wire.rating import centimetres
from carriers.bring.wire.refusals import problems, refused
from carriers.bring.wire.text import address_lines, cut, email


def booking_request(request: BookRequest, account: Account, customer_number: str) -> dict[str, object]:
    """One consignment; Bring takes no more in a booking.

    The tender's id is the sender's reference, which tracking finds again, and the correlation id, which the
    answer only echoes: Bring does not recognise a booking sent twice. The shipping time is Norwegian
    wall-clock, no zone.
    """
    shipment = request.shipment
    consignment: dict[str, object] = {
        "shippingDateTime": f"{request.ready_at.astimezone(OSLO):%Y-%m-%dT%H:%M:%S}",
        "parties": {
            "sender": party(shipment.origin, request.tender_reference),
            "recipient": party(shipment.destination, shipment.reference),
            "pickupPoint": _pickup_point(request),
        },
        "product": {
            "id": request.rate.carrier_service,
            "customerNumber": customer_number,
            "additionalServices": [],
        },
        "correlationId": cut(request.tender_reference),
        "packages": [package(str(n), parcel) for n, parcel in enumerate(shipment.parcels, start=1)],
    }
    if request.rate.return_way is ReturnWay.CODE:
        consignment["generateQrCodes"] = True
    return {"schemaVersion": 1, "testIndicator": account.mode == "test", "consignments": [consignment]}


def _pickup_point(request: BookRequest) -> dict[str, str] | None:
    chosen = request.shipment.service_point
    if not chosen or request.rate.service is not ServiceLevel.SERVICE_POINT:
        return None
    return {"id": chosen, "countryCode": request.shipment.destination.country}


def party(address: Address, reference: str) -> dict[str, object]:
    """A sender or recipient within Bring's field lengths."""
    street, second = address_lines(address)
    contact = filled({"name": cut(address.name), "email": email(address), "phoneNumber": address.phone})
    return filled(
        {
            "name": cut(address.company or address.name),
            "addressLine": street,
            "addressLine2": second,
            "postalCode": address.postal_code,
            "city": cut(address.city),
            "countryCode": address.country,
            "reference": cut(reference),
            "additionalAddressInfo": cut(address.instructions),
            "contact": contact or None,
        }
    )


def package(number: str, parcel: Parcel) -> dict[str, object]:
    """One parcel in kilograms and whole centimetres; `number` comes back beside Bring's package number."""
    described: dict[str, object] = {
        "weightInKg": Decimal(parcel.weight_g).scaleb(-3),
        "goodsDescription": cut(parcel.description),
        "correlationId": number,
    }
    if all(parcel.dimensions_mm):
        length, width, height = map(centimetres, parcel.dimensions_mm)
        described["dimensions"] = {"lengthInCm": length, "widthInCm": width, "heightInCm": height}
    return filled(described)


def booking(body: Reading, tender_reference: str) -> Booking:
    """An accepted booking. Only the consignment number is needed; whatever else is missing or odd is left
    out.

    Raises:
        ShipmentRejected, AuthenticationFailed, OutcomeUnknown: errors instead of a confirmation, with any
        status. BadCarrierResponse: neither a confirmation nor errors.
    """
    for consignment in body.maybe_objects("consignments"):
        confirmation = consignment.maybe("confirmation")
        number = confirmation and _number(confirmation, "consignmentNumber")
        if confirmation and number:
            return _confirmed(confirmation, number, tender_reference)
    found = [p for part in (*body.maybe_objects("consignments"), body) for p in problems(part)]
    if found:
        raise refused(found)
    raise BadCarrierResponse("the booking has neither a consignment number nor errors")


def _confirmed(confirmation: Reading, number: str, tender_reference: str) -> Booking:
    links = confirmation.maybe("links")
    dates = confirmation.maybe("dateAndTimes")
    return Booking(
        ref=BookingRef(
            carrier_reference=number,
            tracking_number=number,
            tender_reference=tender_reference,
            parcel_numbers=_package_numbers(confirmation),
            label_url=_link(links, "labels"),
            drop_off_codes=tuple(filter(None, map(_code, _packages(confirmation)))),
        ),
        deliver_by=moment(dates, "expectedDelivery") if dates else None,
        tracking_url=_link(links, "tracking"),
    )


def _number(body: Reading, key: str) -> str:
    value = body.maybe(key)
    if value is not None and isinstance(value.raw, int) and not isinstance(value.raw, bool):
        return str(value.raw)
    return body.maybe_text(key)


def _package_numbers(confirmation: Reading) -> tuple[str, ...]:
    """Package numbers in the order of our parcels, which the correlation ids count."""
    return tuple(filter(None, (_number(entry, "packageNumber") for entry in _packages(confirmation))))


def _packages(confirmation: Reading) -> list[Reading]:
    packages = confirmation.maybe_objects("packages")
    return sorted(packages, key=lambda entry: entry.maybe_text("correlationId").zfill(3))


def _code(package: Reading) -> str:
    """What is written on a parcel without label, such as BRING-1234-5678; else the picture that is scanned instead.

    Source: Bring Booking API, "Generating QR and label free codes for parcel returns"; booking-v1.xsd,
    PackageResponseType.
    """
    return package.maybe_text("labelFreeCode") or package.maybe_link("qrCodeLink")


def _link(links: Reading | None, key: str) -> str:
    return links.maybe_link(key) if links else ""
