"""Our words -> DoorDash's: the body of a quote, which is that of a delivery too. Pure functions.

Source: Drive API 2.1.59, DeliveryQuoteInput (api-evangelist/doordash, doordash-drive-openapi.yml), and the field
descriptions of npm @doordash/sdk 0.6.13.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from carriers.base import (
    Account,
    Address,
    InvalidValue,
    Money,
    Parcel,
    Requirements,
    Shipment,
    ShipmentRejected,
    TimeWindow,
    phone_number,
)

# The quote that is accepted names the delivery in this currency: money in a body bears none.
CURRENCIES = {"US": "USD", "PR": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD"}
# Source: NIST Special Publication 811, appendix B: the international pound, inch and cubic foot, all exact.
GRAMS_PER_POUND = Decimal("453.59237")
MM_PER_INCH = Decimal("25.4")
MM3_PER_CUBIC_FOOT = Decimal("28316846.592")
# Fine enough that a gram and a millimetre come back exactly.
MEASURE = Decimal("0.0001")
MAX_NAME = 100
MAX_PRICE_CENTS = 9_999_999

# Our clock and theirs differ, and the request takes its time: earlier than this counts as now.
CLOCK_MARGIN = timedelta(minutes=5)

# A blank one is treated as contactless: left at the door.
UNDELIVERABLE_ACTIONS = {"return": "return_to_pickup", "discard": "dispose", "leave": ""}


def delivery(
    shipment: Shipment, account: Account, ready_at: datetime, window: TimeWindow | None, now: datetime
) -> dict[str, object]:
    """The body of a quote or delivery, without an id.

    Raises:
        ShipmentRejected: the requirements contradict each other, or the window has passed.
    """
    origin, destination = shipment.origin, shipment.destination
    body: dict[str, object] = {
        "pickup_address": address(origin),
        "pickup_business_name": origin.company or origin.name,
        "pickup_phone_number": phone_number(origin) or str(account.options.get("phone", "")),
        "pickup_instructions": origin.instructions,
        "pickup_reference_tag": shipment.reference,
        "dropoff_address": address(destination),
        "dropoff_business_name": destination.company,
        "dropoff_phone_number": phone_number(destination),
        "dropoff_instructions": destination.instructions,
        "order_fulfillment_method": account.options.get("order_fulfillment_method", ""),
        "items": [item(parcel, number, origin.country) for number, parcel in enumerate(shipment.parcels, 1)],
    }
    given, _, family = (destination.name or destination.company).partition(" ")
    body |= {"dropoff_contact_given_name": given, "dropoff_contact_family_name": family}
    body |= handover(shipment.requirements) | times(ready_at, window, now)
    value = _value(shipment)
    if value is not None and value.currency == CURRENCIES.get(origin.country):
        body["order_value"] = value.minor
    return {name: member for name, member in body.items() if member != ""}


def price_question(body: Mapping[str, object], now: datetime) -> dict[str, object]:
    """The body of a quote that only asks the price, under an id of its own.

    The recipient's number is needed even for a price. Where a basket has none yet, the sender's stands in: this
    quote is never accepted, so that nobody is called.

    Raises:
        ShipmentRejected: neither number is known.
    """
    number = body.get("dropoff_phone_number") or body.get("pickup_phone_number")
    if not number:
        raise ShipmentRejected(
            "DoorDash prices nothing without a phone number (+ and country code): set the account's option phone"
        )
    asked = dict(body) | {"dropoff_phone_number": number}
    told = json.dumps([asked, now.isoformat()], default=str, sort_keys=True)
    return {"external_delivery_id": f"price-{hashlib.sha256(told.encode()).hexdigest()[:32]}"} | asked


def times(ready_at: datetime, window: TimeWindow | None, now: datetime) -> dict[str, object]:
    """Pickup time, or both windows, of which DoorDash wants all four ends; {} for as soon as possible.

    Raises:
        ShipmentRejected: the window ends before the parcels are ready.
    """
    ready = ready_at if ready_at > now + CLOCK_MARGIN else None
    if window is None:
        return {"pickup_time": written(ready)} if ready else {}
    start = max(ready or now, now)
    if window.end <= start:
        raise ShipmentRejected("the delivery window ends before the parcels can be picked up")
    pickup_end = window.start if window.start > start else window.end
    return {
        "pickup_window": {"start_time": written(start), "end_time": written(pickup_end)},
        "dropoff_window": {"start_time": written(max(window.start, start)), "end_time": written(window.end)},
    }


def handover(requirements: Requirements) -> dict[str, object]:
    """How to hand over, and what to do when nobody takes it; an unknown wish becomes a return.

    Raises:
        ShipmentRejected: a minimum age (DoorDash checks an ID, not a number of years), a photo and a PIN together
            (one proof of delivery is taken), or something left at the door that needs a person.
    """
    if requirements.min_age is not None:
        raise ShipmentRejected("DoorDash checks an ID, but no minimum age")
    if requirements.photo and requirements.pin:
        raise ShipmentRejected("DoorDash takes one proof of delivery: a photo or a PIN")
    personal = requirements.signature or requirements.id_check or requirements.pin
    action = UNDELIVERABLE_ACTIONS.get(requirements.undeliverable_action, "return_to_pickup")
    if personal and not action:
        raise ShipmentRejected("DoorDash leaves nothing at the door that needs a signature, a PIN or an ID")
    options = {
        "signature": "required" if requirements.signature else "",
        "id_verification": "required" if requirements.id_check else "",
        "proof_of_delivery": "photo_required" if requirements.photo else "pin_code" if requirements.pin else "",
    }
    options = {name: wish for name, wish in options.items() if wish}
    body: dict[str, object] = {"contactless_dropoff": not action, "action_if_undeliverable": action}
    if options:
        body["dropoff_options"] = options
    if requirements.pin:
        body["dropoff_pin_code_verification_metadata"] = {"pin_code_type": "random_number"}
    return body


def item(parcel: Parcel, number: int, country: str) -> dict[str, object]:
    """One parcel as an item: pounds, inches, cubic feet, cents."""
    entry: dict[str, object] = {
        "name": (parcel.description or f"Parcel {number}")[:MAX_NAME],
        "quantity": 1,
        "weight": _measure(Decimal(parcel.weight_g) / GRAMS_PER_POUND),
    }
    sides = zip(("length", "width", "height"), parcel.dimensions_mm, strict=True)
    entry |= {name: _measure(Decimal(side) / MM_PER_INCH) for name, side in sides if side}
    if parcel.volume_mm3:
        entry["volume"] = _measure(Decimal(parcel.volume_mm3) / MM3_PER_CUBIC_FOOT)
    value = parcel.value
    if value is not None and value.currency == CURRENCIES.get(country) and 0 <= value.minor <= MAX_PRICE_CENTS:
        entry["price"] = value.minor
    return entry


def address(place: Address) -> str:
    """One text with commas, as `1000 4th Ave, Seattle, WA, 98104`; the country is not part of it."""
    parts: Sequence[str] = (place.street1, place.street2, place.city, place.subdivision, place.postal_code)
    return ", ".join(part for part in parts if part)


def written(moment: datetime) -> str:
    """A moment as DoorDash writes it: ISO 8601, UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _value(shipment: Shipment) -> Money | None:
    """All parcels' value; None also where their currencies differ, for the body bears one amount."""
    try:
        return shipment.value
    except InvalidValue:
        return None


def _measure(exact: Decimal) -> Decimal:
    return exact.quantize(MEASURE, rounding=ROUND_HALF_UP)
