"""Booking in the simplified mode: ShipX itself prepares, selects and buys the offer in the background.

The other mode, in which we would buy one of several offers within the five minutes that they live, takes three more
calls that cannot be repeated and gains nothing. Source: "API ShipX", creating a shipment in the simplified mode.
"""

from __future__ import annotations

from decimal import Decimal

from carriers.base import (
    Account,
    BadCarrierResponse,
    Booking,
    BookingRef,
    Money,
    Parcel,
    Reading,
    Shipment,
    ShipmentRejected,
    filled,
)
from carriers.inpost.wire.text import address, comments, person

LOCKER = "inpost_locker_"
# Sizes A, B, C by height; the footprint and the 25 kg are common knowledge, not documented with the API.
TEMPLATES = {"small": (80, 380, 640), "medium": (190, 380, 640), "large": (380, 410, 640)}
LOCKER_WEIGHT_G = 25_000
SENDING_METHOD = "dispatch_order"


def to_locker(service: str) -> bool:
    """Whether a service ends at a locker or a shop instead of a door."""
    return service.startswith(LOCKER)


def fits(shipment: Shipment, service: str) -> bool:
    """Whether a service may be offered: domestic; to a locker or point only one parcel that goes into it, and nothing
    else once a point is chosen.
    """
    if shipment.origin.country != shipment.destination.country:
        return False
    if not to_locker(service):
        return not shipment.service_point
    light = len(shipment.parcels) == 1 and shipment.weight_g <= LOCKER_WEIGHT_G
    return light and template(shipment.parcels[0]) is not None


def template(parcel: Parcel) -> str | None:
    """The smallest locker size; the largest where a dimension is not known; None where none takes it."""
    if not all(parcel.dimensions_mm):
        return "large"
    sides = sorted(parcel.dimensions_mm)
    fitting = (name for name, box in TEMPLATES.items() if all(a <= b for a, b in zip(sides, box, strict=True)))
    return next(fitting, None)


def order(shipment: Shipment, service: str, account: Account, reference: str = "") -> dict[str, object]:
    """The body that books, and that prices.

    Raises:
        ShipmentRejected: a locker does not take it, or a courier shipment has no value to insure.
    """
    locker = to_locker(service)
    recipient, origin = shipment.destination, shipment.origin
    receiver = person(recipient) | ({} if locker else {"address": address(recipient)})
    # Without a complete sender ShipX takes the organisation's.
    sender = (
        person(origin) | {"address": address(origin)} if origin.addressable and origin.phone and origin.email else {}
    )
    attributes = {
        "target_point": shipment.service_point if locker else "",
        "sending_method": str(account.options.get("sending_method") or SENDING_METHOD),
    }
    return filled(
        {
            "receiver": receiver,
            "sender": sender,
            "parcels": _locker_parcel(shipment) if locker else [_parcel(parcel) for parcel in shipment.parcels],
            "service": service,
            "custom_attributes": filled(attributes),
            "cod": _money(shipment.requirements.cash_on_delivery),
            "insurance": _insurance(shipment, account, needed=not locker),
            "reference": reference,
            "comments": comments(recipient),
        }
    )


def booking(shipment: Reading, tender_reference: str) -> Booking:
    """An accepted shipment. Its tracking number comes later, when the label is bought; so does a failed purchase,
    which tracking tells.

    Raises:
        BadCarrierResponse: no id.
    """
    ref = BookingRef(
        carrier_reference=str(shipment.integer("id")),
        tracking_number=shipment.maybe_text("tracking_number"),
        tender_reference=tender_reference,
    )
    return Booking(ref=ref)


def found(page: Reading, tender_reference: str) -> Booking | None:
    """The shipment of a page that bears our reference and is not cancelled; ShipX may have ignored the filter.

    Raises:
        BadCarrierResponse: several do, so it may be paid more than once: for a person.
    """
    ours = [item for item in page.get("items").items() if item.maybe_text("reference") == tender_reference]
    standing = [booking(item, tender_reference) for item in ours if item.maybe_text("status") != "canceled"]
    if len(standing) > 1:
        ids = ", ".join(each.ref.carrier_reference for each in standing)
        raise BadCarrierResponse(f"{tender_reference} names several shipments: {ids}")
    return standing[0] if standing else None


def _locker_parcel(shipment: Shipment) -> dict[str, object]:
    size = template(shipment.parcels[0])
    if size is None or len(shipment.parcels) > 1:
        raise ShipmentRejected("a locker takes one parcel of at most 41 x 38 x 64 cm")
    return {"template": size}


def _parcel(parcel: Parcel) -> dict[str, object]:
    """Millimetres and kilograms, written out as in all public examples."""
    sides = dict(zip(("length", "width", "height"), map(str, parcel.dimensions_mm), strict=True))
    return filled(
        {
            "dimensions": {**sides, "unit": "mm"} if all(parcel.dimensions_mm) else {},
            "weight": {"amount": str(Decimal(parcel.weight_g).scaleb(-3)), "unit": "kg"},
            "is_non_standard": False,
        }
    )


def _money(amount: Money | None) -> dict[str, object]:
    return {"amount": amount.amount, "currency": amount.currency} if amount else {}


def _insurance(shipment: Shipment, account: Account, *, needed: bool) -> dict[str, object]:
    """The declared value; it costs, so where it is not needed only an account that wants it pays for it."""
    declared = _money(shipment.value)
    if not needed:
        return declared if account.options.get("insure") else {}
    value = account.options.get("insured_value") if shipment.origin.country == "PL" else None
    if not declared and not value:
        raise ShipmentRejected("InPost takes courier shipments only insured: declare the value of the parcels")
    return declared or {"amount": Decimal(str(value)), "currency": "PLN"}
