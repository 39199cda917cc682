"""Dispatch orders: a courier comes for named shipments. Source: "API ShipX", dispatch orders."""

from __future__ import annotations

from datetime import date

from carriers.base import Pickup, PickupRequest, Reading, ShipmentRejected, filled
from carriers.inpost.wire.text import address, person


def dispatch_order(request: PickupRequest, today: date) -> dict[str, object]:
    """Shipments by ShipX's ids, which must have their labels.

    Raises:
        ShipmentRejected: nothing is named, or it is for another day: the next courier's round takes a dispatch order.
    """
    ids = [int(each.carrier_reference) for each in request.bookings if each.carrier_reference.isdecimal()]
    if not ids:
        raise ShipmentRejected("InPost collects named shipments only: say for which bookings the courier comes")
    if request.day > today:
        raise ShipmentRejected("InPost takes no date for a pickup: order it on the day")
    contact = person(request.address)
    return filled(
        {
            "shipments": ids,
            "address": address(request.address),
            "name": request.address.company or request.address.name,
            "phone": contact.get("phone"),
            "email": request.address.email,
            "comment": request.instructions or request.address.instructions,
        }
    )


def pickup(answer: Reading) -> Pickup:
    """An accepted dispatch order; ShipX does not say when the courier comes."""
    return Pickup(carrier_reference=str(answer.integer("id")))
