"""Shipments: made, found again, voided or refunded, and their labels.

Source: /shipping/v1/... as public clients of the Developer Portal API call it; the bodies of D2PO options,
notifications and refunds are those of the XML web services in the new spelling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from carriers.base import (
    Account,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    LabelFormat,
    LabelKind,
    Reading,
    ServiceLevel,
    ShipmentRejected,
    filled,
)
from carriers.canadapost.wire.rating import options
from carriers.canadapost.wire.words import address_details, characteristics, postal, word

# A sheet of 8.5 x 11 inches is 216 mm wide, the thermal label 102.
SHEET_MM = 200
ARTIFACT = re.compile(r"/shipping/v1/artifacts/[\w-]+(?:/[\w-]+)*", re.ASCII)
MEDIA = {LabelKind.PDF: "application/pdf", LabelKind.ZPL: "application/zpl"}
TRANSMITTED = "transmitted"


def payment(account: Account) -> str:
    """Who is charged: the contract's account, or the card on file."""
    return str(account.options.get("payment") or ("Account" if account.options.get("contract_id") else "CreditCard"))


def group(tender_reference: str) -> str:
    """A group of its own for every shipment, so that a manifest transmits what was handed over and nothing else."""
    return re.sub(r"[^A-Za-z0-9]", "", tender_reference)


def shipment_request(request: BookRequest, account: Account) -> dict[str, object]:
    """One parcel, paid when made. Our reference only correlates: Canada Post does not recognise a repetition.

    With the account's option `manifest_address` it waits in a group for the day's manifest, else it is transmitted.

    Raises:
        ShipmentRejected: several parcels, another country, or a requirement there is no option for.
    """
    shipment = request.shipment
    codes = options(shipment.requirements)
    if codes is None or len(shipment.parcels) != 1 or shipment.destination.country != "CA":
        raise ShipmentRejected("Canada Post takes one parcel within Canada, without cash on delivery")
    if request.rate.service is ServiceLevel.SERVICE_POINT and not shipment.service_point:
        raise ShipmentRejected("no post office is chosen")
    waits = bool(account.options.get("manifest_address"))
    return {
        "customerRequestId": request.tender_reference,
        **({"groupId": group(request.tender_reference)} if waits else {"transmitShipment": True}),
        "requestedShippingPoint": postal(shipment.origin.postal_code),
        "providePricingInfo": True,
        "provideReceiptInfo": not waits,
        "deliverySpec": filled(
            {
                "serviceCode": request.rate.carrier_service,
                "sender": _sender(request),
                "destination": _recipient(request),
                "options": [*({"optionCode": code} for code in codes), *_to_post_office(request)] or None,
                "parcelCharacteristics": characteristics(shipment.parcels[0]),
                "notification": _notification(request),
                "printPreferences": _print(request.label_format),
                "preferences": dict.fromkeys(("showPackingInstructions", "showPostageRate", "showInsuredValue"), False),
                "references": filled({"customerRef1": (shipment.reference or request.tender_reference)[:35]}),
                "settlementInfo": _settlement(account),
            }
        ),
    }


def _settlement(account: Account) -> dict[str, object]:
    contract = account.options.get("contract_id", "")
    return filled({"contractId": contract, "intendedMethodOfPayment": payment(account)})


def _sender(request: BookRequest) -> dict[str, object]:
    """Canada Post wants a company; a person's name stands in for it."""
    origin = request.shipment.origin
    return filled(
        {
            "name": origin.name[:44],
            "company": (origin.company or origin.name)[:44],
            "contactPhone": origin.phone,
            "addressDetails": address_details(origin),
        }
    )


def _recipient(request: BookRequest) -> dict[str, object]:
    there = request.shipment.destination
    return filled(
        {
            "name": there.name[:44],
            "company": there.company[:44],
            "clientVoiceNumber": there.phone,
            "addressDetails": address_details(there),
        }
    )


def _to_post_office(request: BookRequest) -> list[dict[str, object]]:
    office = request.shipment.service_point
    return [{"optionCode": "D2PO", "optionQualifier2": office}] if office else []


def _notification(request: BookRequest) -> dict[str, object] | None:
    """A recipient who collects must be told when."""
    email = request.shipment.destination.email
    if not (request.shipment.service_point and email):
        return None
    return {"email": email, "onShipment": False, "onException": True, "onDelivery": True}


def _print(form: LabelFormat) -> dict[str, str]:
    size = "8.5x11" if form.width_mm >= SHEET_MM else "4x6"
    return {"outputFormat": size, "encoding": "ZPL" if form.kind is LabelKind.ZPL else "PDF"}


def booking(body: Reading, tender_reference: str, base: str) -> Booking:
    """A shipment that was made. Only its id is needed, which its links have too; Canada Post names no price here, so
    the rate's stands.
    """
    linked = (_linked(link.maybe_text("href")) for link in body.maybe_objects("links"))
    number = word(body, "shipmentId") or next(filter(None, linked), "")
    if not number:
        raise BadCarrierResponse("the shipment has no id")
    return Booking(
        ref=BookingRef(
            carrier_reference=number,
            tracking_number=word(body, "trackingPin") or number,
            tender_reference=tender_reference,
            label_url=_label(body, base),
        )
    )


def _label(body: Reading, base: str) -> str:
    """The first label link that leads to the API's own artifacts."""
    links = [link.maybe_text("href") for link in body.maybe_objects("links") if link.maybe_text("rel") == "label"]
    return next((href for href in links if artifact(href, base)), "")


def artifact(href: str, base: str) -> str:
    """The path of a link to an artifact below the API's own address; "" for a link to anywhere else."""
    path = href.removeprefix(base) if href.startswith(f"{base}/") else ""
    return path if ARTIFACT.fullmatch(path) else ""


def listed(body: Reading) -> tuple[str, ...]:
    """The ids of the shipments that a list links to. It is an array of links, or an object that holds one; links to
    labels name no shipment.
    """
    holds = body.maybe_objects("links") or body.maybe_objects("shipments")
    links = body.items() if isinstance(body.raw, list) else holds
    if not links and not (isinstance(body.raw, list) or body.has("links") or body.has("shipments")):
        raise BadCarrierResponse("a list of shipments has neither shipments nor links")
    links = [link for link in links if not ARTIFACT.search(link.maybe_text("href"))]
    ids = [word(link, "shipmentId") or _linked(link.maybe_text("href")) for link in links]
    if not all(ids):
        raise BadCarrierResponse("a list of shipments names one without an id")
    return tuple(dict.fromkeys(ids))


def _linked(href: str) -> str:
    """The shipment in a link to it, or to a part of it such as its details or price."""
    found = re.search(r"/shipments?/([\w-]+)(?:/[a-z-]+)?/?$", href, re.ASCII)
    return found[1] if found else ""


def is_transmitted(body: Reading) -> bool:
    """Whether a shipment is beyond voiding; one that does not say is, because a void would not be refused safely."""
    return body.maybe_text("shipmentStatus").lower() != "created"


def refund(body: Reading | None) -> Cancellation:
    """A refund that was asked for. It is a service ticket, not money: agreed to, and never asked for twice."""
    ticket = word(body, "serviceTicketId") if body else ""
    return Cancellation(
        state=CancellationState.AGREED,
        why=f"Canada Post was asked for a refund{f', ticket {ticket}' if ticket else ''}; it decides within days",
    )


def manifest_address(account: Account) -> Mapping[str, str]:
    """Who hands over, as the account's option says."""
    given = account.options.get("manifest_address")
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
