"""Packets: attributes out, an id in. Source: Zasilkovna/WooCommerce@77a8da97; Salamek/zasilkovna@581ccc3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from carriers.base import (
    Account,
    Address,
    Booking,
    BookingRef,
    BookRequest,
    Label,
    LabelFormat,
    LabelKind,
    Manifest,
    Money,
    Parcel,
    ServiceLevel,
    ShipmentRejected,
    XmlReading,
    filled,
    printable,
    street_and_number,
)

# The one age there is to be checked. Source: attribute adultContent.
ADULT = 18
A4_WIDTH_MM = 210
BARCODE_PREFIX = "Z"
# Where a packet says to which point it goes.
POINT_ATTRIBUTES = {"addressId", "carrierPickupPoint"}


def attributes(request: BookRequest, account: Account) -> dict[str, object]:
    """One packet. Our tender's id is the order number; it is no key, and how long it may be is not documented.

    Weight in kilograms; size in millimetres, as clients send it.

    Raises:
        ShipmentRejected: what Packeta cannot do, or what the account does not say how.
    """
    shipment, to = request.shipment, request.shipment.destination
    if len(shipment.parcels) != 1:
        raise ShipmentRejected("Packeta makes one packet at a time")
    first, last = _names(to)
    (parcel,) = shipment.parcels
    packet: dict[str, object] = {
        "number": request.tender_reference,
        "name": first,
        "surname": last,
        "company": to.company,
        "email": to.email,
        "phone": to.phone,
        **_where(request, account),
        **_money(request),
        "weight": Decimal(parcel.weight_g).scaleb(-3),
        "eshop": account.option("eshop"),
        "adultContent": _adult(request),
        "note": shipment.reference,
        "size": _size(parcel),
    }
    return filled(packet)


def is_about_point(request: BookRequest, reasons: Sequence[str]) -> bool:
    """Whether what is wrong is the chosen point; to a door the same attribute names the carrier that goes there."""
    wrong = {reason.partition(":")[0] for reason in reasons}
    return request.rate.service is ServiceLevel.SERVICE_POINT and not wrong.isdisjoint(POINT_ATTRIBUTES)


def _names(to: Address) -> tuple[str, str]:
    """Packeta asks for two; somebody with one name, or a company, has it twice."""
    words = (to.name or to.company).split()
    return (" ".join(words[:-1]) or words[0], words[-1]) if words else ("", "")


def _where(request: BookRequest, account: Account) -> dict[str, object]:
    """A point of Packeta's by its id, a point of another carrier's as `carrier id/point code`, or the door."""
    if request.rate.service is ServiceLevel.SERVICE_POINT:
        id_, _, code = request.shipment.service_point.partition("/")
        if not id_:
            raise ShipmentRejected("Packeta delivers to a point only when one is chosen")
        return {"addressId": id_, "carrierPickupPoint": code}
    to, carriers = request.shipment.destination, account.options.get("home_carriers")
    carrier = carriers.get(to.country) if isinstance(carriers, Mapping) else None
    if not carrier:
        raise ShipmentRejected(f"the account names no carrier that delivers to doors in {to.country}")
    street, number = street_and_number(to.street1)
    return {"addressId": carrier, "street": street, "houseNumber": number, "city": to.city, "zip": to.postal_code}


def _money(request: BookRequest) -> dict[str, object]:
    """Declared value and cash on delivery, in one currency."""
    value, cash = request.shipment.value, request.shipment.requirements.cash_on_delivery
    if value and cash and value.currency != cash.currency:
        raise ShipmentRejected("Packeta takes value and cash on delivery in one currency")
    stated = value or cash
    if stated is None:
        return {}
    return {"cod": _amount(cash), "value": _amount(stated), "currency": stated.currency}


def _amount(money: Money | None) -> str | None:
    """A decimal without needless digits: crowns are whole."""
    if money is None:
        return None
    whole = money.amount == money.amount.to_integral_value()
    return str(int(money.amount)) if whole else f"{money.amount:f}"


def _adult(request: BookRequest) -> str | None:
    least = request.shipment.requirements.min_age
    if least and least > ADULT:
        raise ShipmentRejected(f"Packeta checks for {ADULT} years, not for {least}")
    return "1" if least else None


def _size(parcel: Parcel) -> dict[str, int] | None:
    if not all(parcel.dimensions_mm):
        return None
    return dict(zip(("length", "width", "height"), parcel.dimensions_mm, strict=True))


def booking(envelope: XmlReading, tender_reference: str) -> Booking:
    """An accepted packet. Its id is the one directly in the result; other carriers' ids are nested deeper. The barcode
    is the id with a letter before it, so either of them will do.
    """
    result = envelope.get("result")
    id_ = result.maybe_text("id") or result.text("barcode").removeprefix(BARCODE_PREFIX)
    number = f"{BARCODE_PREFIX}{id_}"
    return Booking(
        ref=BookingRef(
            carrier_reference=id_,
            tracking_number=number,
            tender_reference=tender_reference,
            parcel_numbers=(number,),
        )
    )


def label_format(form: LabelFormat) -> str:
    """A6 on thermal paper, or in a corner of A4. Raises ShipmentRejected: Packeta's labels are PDF."""
    if form.kind is not LabelKind.PDF:
        raise ShipmentRejected("Packeta prints PDF labels only")
    return "A6 on A4" if form.width_mm >= A4_WIDTH_MM else "A6 on A6"


def label(envelope: XmlReading) -> Label:
    """The PDF in the result."""
    return printable(LabelKind.PDF, envelope.base64("result"))


def manifest(envelope: XmlReading, bookings: Sequence[BookingRef], day: date) -> Manifest:
    """The bulk shipment that the packets were put into; its barcode is scanned for all of them."""
    result = envelope.get("result")
    data = {name: result.maybe_text(name) for name in ("barcode", "barcodeText", "checksum")}
    return Manifest(
        carrier_reference=result.text("id"),
        day=day,
        tracking_numbers=tuple(booking.tracking_number for booking in bookings),
        carrier_data={name: value for name, value in data.items() if value},
    )
