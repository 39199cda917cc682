"""Shipments: booked, found again by our reference, voided.

Source: Shipping API v2409 (Shipment, Void Shipment), Label Recovery API v1.
"""

from __future__ import annotations

from carriers.base import (
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    LabelKind,
    Reading,
    TrackingUpdate,
    filled,
)
from carriers.ups.wire import labels, parts, points

REFERENCE, DESCRIPTION = 35, 50
TRACKING_PAGE = "https://www.ups.com/track?tracknum="
# What is printed at once; UPS documents no PDF here, Label Recovery has it afterwards.
PRINTED = {LabelKind.ZPL: "ZPL", LabelKind.PNG: "PNG", LabelKind.PDF: "GIF"}
HOLD_AT_ACCESS_POINT = "01"


def shipment_request(request: BookRequest, account_number: str, point: Reading | None) -> dict[str, object]:
    """One shipment, billed to the account; `point` is the access point it goes to, as the Locator describes it."""
    shipment = request.shipment
    country = shipment.origin.country
    options = parts.confirmation(shipment)
    references = [{"Value": text[:REFERENCE]} for text in (request.tender_reference, shipment.reference) if text]
    home = parts.domestic(shipment)
    on_packages = filled({"PackageServiceOptions": options, "ReferenceNumber": references}) if home else {}
    on_shipment = {} if home else filled({"ShipmentServiceOptions": options, "ReferenceNumber": references})
    contents = next((parcel.description for parcel in shipment.parcels if parcel.description), "Goods")
    if shipment.return_ways:  # Source: Shipping API, Package/Description: required for shipments with return service
        on_packages = {**on_packages, "Description": contents[:DESCRIPTION]}
    packages = [{**parts.package(parcel, country, "Packaging"), **on_packages} for parcel in shipment.parcels]
    body = {
        "Description": contents[:DESCRIPTION],
        "Shipper": {**parts.party(parts.sender(shipment)), "ShipperNumber": account_number},
        "ShipTo": parts.party(shipment.destination),
        "ShipFrom": parts.party(shipment.origin),
        "PaymentInformation": {"ShipmentCharge": parts.charge_to(account_number)},
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": "Y"},
        "TaxInformationIndicator": "Y",
        "Service": {"Code": request.rate.carrier_service},
        "Package": packages,
        **on_shipment,
        **parts.return_service(shipment),
        **parts.invoice_total(shipment),
        **(_to_point(point, request) if shipment.service_point else {}),
    }
    context = {"CustomerContext": request.tender_reference}
    return {
        "ShipmentRequest": {
            "Request": {"RequestOption": "nonvalidate", "TransactionReference": context},
            "Shipment": body,
            "LabelSpecification": labels.specification(PRINTED[request.label_format.kind]),
        }
    }


def _to_point(point: Reading | None, request: BookRequest) -> dict[str, object]:
    """Where the parcel is held for its recipient. Its id says where; an address that is not known is UPS's to miss."""
    shipment = request.shipment
    recipient = shipment.destination
    key = (point.maybe("AddressKeyFormat") if point else None) or Reading({})
    place = {
        "AddressLine": [line[: parts.LINE] for line in points.street(key)][: parts.LINES],
        "City": key.maybe_text("PoliticalDivision2"),
        "StateProvinceCode": key.maybe_text("PoliticalDivision1"),
        "PostalCode": key.maybe_text("PostcodePrimaryLow"),
        "CountryCode": key.maybe_text("CountryCode", default=recipient.country),
    }
    return {
        "ShipmentIndicationType": [{"Code": HOLD_AT_ACCESS_POINT}],
        "AlternateDeliveryAddress": {
            "Name": key.maybe_text("ConsigneeName", default=shipment.service_point, limit=parts.LINE),
            "AttentionName": (recipient.name or recipient.company)[: parts.LINE],
            "UPSAccessPointID": shipment.service_point,
            "Address": filled(place),
        },
    }


def booking(body: Reading, request: BookRequest) -> Booking:
    """What UPS booked. The shipment's number is its first package's, so either of them will do.

    Raises:
        BadCarrierResponse: there is no number.
    """
    results = body.get("ShipmentResponse").get("ShipmentResults")
    packages = parts.several(results, "PackageResults")
    numbers = tuple(filter(None, (package.maybe_text("TrackingNumber") for package in packages)))
    named = results.maybe_text("ShipmentIdentificationNumber") or next(iter(numbers), "")
    if not named:
        raise BadCarrierResponse("UPS booked without saying a shipment number")
    agreed, published = results.maybe("NegotiatedRateCharges"), results.maybe("ShipmentCharges")
    charges = [(agreed, "TotalChargesWithTaxes"), (agreed, "TotalCharge")]
    charges += [(published, "TotalChargesWithTaxes"), (published, "TotalCharges")]
    return Booking(
        ref=_ref(named, numbers, request.tender_reference),
        price=parts.price(charges),
        label=labels.printed(packages, request.label_format.kind, len(request.shipment.parcels)),
        tracking_url=TRACKING_PAGE + named,
    )


def _ref(number: str, packages: tuple[str, ...], tender_reference: str) -> BookingRef:
    return BookingRef(
        carrier_reference=number,
        tracking_number=number,
        tender_reference=tender_reference,
        parcel_numbers=packages,
    )


def found(body: Reading, tender_reference: str) -> Booking | None:
    """The shipment whose labels bear our reference; None when there is none.

    Raises:
        BadCarrierResponse: several are candidates, so it may have been booked more than once: for a person.
    """
    answer = body.get("LabelRecoveryResponse")
    results = parts.several(answer, "LabelResults")
    numbers = tuple(filter(None, (result.maybe_text("TrackingNumber") for result in results)))
    candidates = tuple(
        filter(None, (each.maybe_text("TrackingNumber") for each in parts.several(answer, "TrackingCandidate")))
    )
    if len(candidates) > 1:
        raise BadCarrierResponse(f"{tender_reference} names several packages: {', '.join(sorted(candidates))}")
    numbers = numbers or candidates
    named = answer.maybe_text("ShipmentIdentificationNumber") or next(iter(numbers), "")
    if not named:
        return None
    return Booking(ref=_ref(named, numbers, tender_reference), tracking_url=TRACKING_PAGE + named)


def voided(body: Reading) -> Cancellation:
    """What came of a void. A package that was not voided hides under HTTP 200, so every one is looked at.

    Source: Void API, PackageLevelResults: 1 = voided or voided already, 0 = not voided.
    """
    answer = body.get("VoidShipmentResponse")
    summary = answer.get("SummaryResult").get("Status")
    named = ("PackageLevelResults", "PackageLevelResult")
    packages = [package for key in named for package in parts.several(answer, key)]
    left = [package for package in packages if not parts.succeeded(package.maybe("Status"))]
    if left:
        numbers = ", ".join(package.maybe_text("TrackingNumber") or "one package" for package in left)
        return Cancellation(state=CancellationState.TOO_LATE, why=f"UPS did not void {numbers}")
    if not parts.succeeded(summary):
        why = summary.maybe_text("Description") or "no reason given"
        return Cancellation(state=CancellationState.TOO_LATE, why=f"UPS did not void it: {why}")
    return Cancellation(state=CancellationState.ACCEPTED)


def voided_before(update: TrackingUpdate, booking: BookingRef) -> bool:
    """Whether tracking shows a void of every package."""
    gone = {event.piece for event in update.events if event.status == "cancelled"}
    return gone.issuperset(booking.parcel_numbers or (booking.tracking_number,))
