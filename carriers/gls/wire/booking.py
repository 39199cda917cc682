"""Booking: kilograms out, one TrackID and one number per parcel and the label in.

Source: ShipIT REST 5.0.11, shipment processing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_UP, Decimal

from carriers.base import (
    Account,
    Address,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Label,
    LabelKind,
    Parcel,
    Reading,
    ServiceLevel,
    ShipmentRejected,
    filled,
    kind_of,
    street_and_number,
    together,
)

LINE, ZIP, EMAIL, PHONE = 40, 10, 80, 40
FORBIDDEN = re.compile(r'["{},;()|\s]+')
# The lightest parcel is above 0.10 kg; weights have two decimals.
LIGHTEST_KG, STEP_KG = Decimal("0.11"), Decimal("0.01")
FORMATS: Mapping[LabelKind, tuple[str, str]] = {
    LabelKind.PDF: ("NONE", "PDF"),
    LabelKind.PNG: ("NONE", "PNG"),
    LabelKind.ZPL: ("ZPL_200", "ZEBRA"),
}
"""Template set and label format."""


def shipment_request(request: BookRequest, account: Account, shipping_day: date) -> dict[str, object]:
    """One shipment of one unit per parcel. Our tender's id is its first reference; GLS keeps several.

    The real shipper is the account's ContactID; the origin only shows on the label.

    Raises:
        ShipmentRejected: to a service point, and none was chosen.
    """
    shipment = request.shipment
    alternative = address(shipment.origin) if shipment.origin.addressable else None
    incoterms = account.options.get("incoterms")
    body = {
        "Middleware": account.options.get("middleware"),
        "ShipmentReference": [text(ref) for ref in (request.tender_reference, shipment.reference) if ref],
        "ShippingDate": shipping_day.isoformat(),
        "IncotermCode": incoterms.get(shipment.destination.country) if isinstance(incoterms, Mapping) else None,
        "Product": request.rate.carrier_service,
        "Consignee": {
            "Category": "BUSINESS" if shipment.destination.company else "PRIVATE",
            "Address": address(shipment.destination),
        },
        "Shipper": filled({"ContactID": account.option("contact_id"), "AlternativeShipperAddress": alternative}),
        "ShipmentUnit": [{"Weight": kilograms(parcel)} for parcel in shipment.parcels],
        "Service": _services(request),
    }
    template, form = FORMATS[request.label_format.kind]
    return {
        "Shipment": filled(body),
        "PrintingOptions": {"ReturnLabels": {"TemplateSet": template, "LabelFormat": form}},
    }


def _services(request: BookRequest) -> list[object] | None:
    if request.rate.service is not ServiceLevel.SERVICE_POINT:
        return None
    shop = request.shipment.service_point
    if not shop:
        raise ShipmentRejected("GLS delivers to a ParcelShop only when one is chosen")
    return [{"ShopDelivery": {"ServiceName": "service_shopdelivery", "ParcelShopID": shop}}]


def kilograms(parcel: Parcel) -> Decimal:
    """Rounded up, so that no parcel is declared lighter than it is."""
    return max(Decimal(parcel.weight_g).scaleb(-3).quantize(STEP_KG, ROUND_UP), LIGHTEST_KG)


def address(place: Address) -> dict[str, object]:
    """Within GLS' field lengths and without the characters it forbids; empty members are refused. Half an e-mail
    address is somebody else's.
    """
    street, number = street_and_number(place.street1)
    return filled(
        {
            "Name1": text(place.company or place.name),
            "Name2": text(place.name) if place.company else "",
            "Name3": text(place.street2),
            "CountryCode": place.country,
            "ZIPCode": text(place.postal_code, ZIP),
            "City": text(place.city),
            "Street": text(street),
            "StreetNumber": text(number),
            "eMail": place.email if len(place.email) <= EMAIL else "",
            "MobilePhoneNumber": text(place.phone, PHONE),
        }
    )


def text(value: str, limit: int = LINE) -> str:
    """One line of what GLS takes, cut at its length."""
    return FORBIDDEN.sub(" ", value).strip()[:limit].rstrip()


def booking(body: Reading, request: BookRequest) -> Booking:
    """What GLS made. Each parcel has a TrackID, which cancels, and a ParcelNumber, which is printed and tracked.

    GLS has no number for several parcels together, so a booking's are all of them, with commas in between. Of one
    parcel either number is enough; whatever else is missing or odd is left out.
    """
    parcels = body.get("CreatedShipment").get("ParcelData").items()
    printed = [_parcel_number(parcel) for parcel in parcels]
    ids = [parcel.maybe_text("TrackID") or number for parcel, number in zip(parcels, printed, strict=True)]
    numbers = [number or id_ for number, id_ in zip(printed, ids, strict=True)]
    if not ids or not ids[0]:
        raise BadCarrierResponse("the created shipment has no parcel with a TrackID or a number")
    ref = reference([id_ for id_ in ids if id_], [number for number in numbers if number], request.tender_reference)
    return Booking(ref=ref, label=_label(body.get("CreatedShipment"), request.label_format.kind))


def reference(track_ids: list[str], numbers: list[str], tender_reference: str) -> BookingRef:
    """How to speak about parcels that were booked together."""
    return BookingRef(
        carrier_reference=",".join(track_ids),
        tracking_number=",".join(numbers),
        tender_reference=tender_reference,
        parcel_numbers=tuple(numbers),
    )


def _parcel_number(parcel: Reading) -> str:
    barcodes = parcel.maybe("Barcodes")
    return parcel.maybe_text("ParcelNumber") or (barcodes.maybe_text("Primary1D") if barcodes else "")


def _label(created: Reading, kind: LabelKind) -> Label | None:
    """The documents with the labels in one; None where one cannot be read, because the booking stands without them
    and half of them would pass for all. One that does not name its format is known by how it begins.
    """
    form = FORMATS[kind][1]
    contents = []
    try:
        for printed in created.maybe_objects("PrintData"):
            content, named = printed.base64("Data"), printed.maybe_text("LabelFormat")
            if named.startswith(form) if named else kind_of(content) is kind:
                contents.append(content)
        return together(kind, contents)
    except BadCarrierResponse:
        return None
