"""Our words -> Uber Direct's: the bodies of a quote and of a delivery. Pure functions.

Source: Uber Direct API 1.0.1, schemas DeliveryQuoteReq and DeliveryReq
(https://github.com/uber/uber-direct-sdk, src/deliveries/openapi.yaml).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from carriers.base import (
    Account,
    Address,
    BookRequest,
    Money,
    Parcel,
    QuoteRequest,
    Requirements,
    Shipment,
    ShipmentRejected,
    TimeWindow,
    check_doors,
    phone_number,
)

# DeliveryQuoteReq: pickup_ready_dt less than 30 days ahead and not in the past; pickup_deadline_dt at least
# 10 minutes after it and 20 minutes from now; dropoff_ready_dt not after pickup_deadline_dt;
# dropoff_deadline_dt at least 20 minutes after dropoff_ready_dt and not before pickup_deadline_dt.
HORIZON = timedelta(days=30)
PICKUP_FROM_NOW = timedelta(minutes=20)
DROPOFF_SPAN = timedelta(minutes=20)
# At least 10 minutes are asked for; 20 is what Uber itself set in recorded deliveries that named no deadline.
PICKUP_SPAN = timedelta(minutes=20)
# Our clock and theirs differ, and the request takes its time: earlier than this counts as now.
CLOCK_MARGIN = timedelta(minutes=5)
# Documented refusals ask for up to 29 minutes' notice of a dropoff start; an earlier one is left out.
DROPOFF_NOTICE = timedelta(minutes=30)

NOTES_LENGTH = 280

UNDELIVERABLE_ACTIONS = {"return": "return", "leave": "leave_at_door", "discard": "discard"}
LEAVE_AT_DOOR = "leave_at_door"

# The longest side up to which a parcel has a size; above the last it is xlarge.
LONGEST_SIDE_MM = {"small": 300, "medium": 450, "large": 750}


def quote(request: QuoteRequest, account: Account, now: datetime) -> dict[str, object]:
    """The body of POST delivery_quotes. Only what is known of the addresses is sent; they may be incomplete.

    Raises:
        ShipmentRejected: the times or requirements break a documented rule.
    """
    verification(request.shipment.requirements)
    return _trip(request.shipment, account) | times(request.ready_at, request.window, now)


def delivery(request: BookRequest, account: Account, now: datetime) -> dict[str, object]:
    """The body of POST deliveries. The tender's reference is idempotency key and external id.

    Raises:
        ShipmentRejected: something required is missing, or times or requirements break a documented rule.
    """
    shipment, reference = request.shipment, request.tender_reference
    check_doors(shipment, called=("sender", "recipient"))
    body = _trip(shipment, account) | times(request.ready_at, request.window, now)
    body |= _waypoint("pickup", shipment.origin) | _waypoint("dropoff", shipment.destination)
    body |= _handover(shipment.requirements, account)
    body["manifest_items"] = [item(parcel, number) for number, parcel in enumerate(shipment.parcels, 1)]
    body["external_id"] = body["idempotency_key"] = reference
    body["manifest_reference"] = shipment.reference or reference
    if request.rate.carrier_quote_id:
        body["quote_id"] = request.rate.carrier_quote_id
    robo_courier = account.options.get("robo_courier")
    if robo_courier and account.mode == "test":
        body["test_specifications"] = {"robo_courier_specification": {"mode": robo_courier}}
    return body


def times(ready_at: datetime, window: TimeWindow | None, now: datetime) -> dict[str, object]:
    """Pickup and dropoff windows that keep Uber's rules; {} for as soon as possible.

    Raises:
        ShipmentRejected: no windows that keep the rules fit.
    """
    ready = ready_at if ready_at > now + CLOCK_MARGIN else None
    start = ready or now
    if start >= now + HORIZON:
        raise ShipmentRejected("Uber Direct takes pickups within the next 30 days only")
    asked: dict[str, datetime] = {"pickup_ready_dt": ready} if ready else {}
    if window is not None:
        dropoff_ready = window.start if window.start > max(start, now + DROPOFF_NOTICE) else None
        earliest = dropoff_ready or start
        pickup_deadline = max(start + PICKUP_SPAN, now + PICKUP_FROM_NOW + CLOCK_MARGIN, earliest)
        if window.end < max(pickup_deadline, earliest + DROPOFF_SPAN):
            raise ShipmentRejected("the delivery window ends before Uber Direct could have delivered")
        asked |= {"dropoff_ready_dt": dropoff_ready} if dropoff_ready else {}
        asked |= {"pickup_deadline_dt": pickup_deadline, "dropoff_deadline_dt": window.end}
    return {key: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for key, moment in asked.items()}


def verification(requirements: Requirements) -> dict[str, object]:
    """What the courier must collect at the door.

    Raises:
        ShipmentRejected: leaving it at the door contradicts a signature, PIN or ID check
        (UndeliverableAction,
            note 1), or an ID check names no age, which is the only ID check there is.
    """
    if requirements.id_check and requirements.min_age is None:
        raise ShipmentRejected("Uber Direct checks an ID for a minimum age only; none was given")
    asked: dict[str, object] = {}
    if requirements.signature:
        asked["signature_requirement"] = {
            "enabled": True,
            "collect_signer_name": True,
            "collect_signer_relationship": True,
        }
    if requirements.pin:
        asked["pincode"] = {"enabled": True}
    if requirements.min_age is not None:
        asked["identification"] = {"min_age": requirements.min_age}
    if asked and UNDELIVERABLE_ACTIONS.get(requirements.undeliverable_action) == LEAVE_AT_DOOR:
        raise ShipmentRejected("Uber Direct leaves nothing at the door that needs a signature, a PIN or an ID")
    if requirements.photo:
        asked["picture"] = True
    return asked


def item(parcel: Parcel, number: int) -> dict[str, object]:
    """One parcel as a manifest item: grams, centimetres rounded up, cents."""
    longest = max(parcel.dimensions_mm)
    entry: dict[str, object] = {
        "name": parcel.description or f"Parcel {number}",
        "quantity": 1,
        "weight": parcel.weight_g,
    }
    if longest:
        entry["size"] = size(longest)
    if all(parcel.dimensions_mm):
        length, width, height = (-(-side // 10) for side in parcel.dimensions_mm)
        entry["dimensions"] = {"length": length, "height": height, "depth": width}
    if parcel.value is not None:
        entry["price"] = cents(parcel.value)
    return entry


def size(longest_mm: int) -> str:
    """Uber's size word for a parcel's longest side.

    Uber gives examples, no figures: small "a bottle of water", medium "a tote bag", large "a computer
    monitor", xlarge "a 42 inch flat screen TV". The limits of 30, 45 and 75 cm are our assumption from those.
    """
    return next((word for word, limit in LONGEST_SIDE_MM.items() if longest_mm <= limit), "xlarge")


def cents(amount: Money) -> int:
    """Hundredths of the currency unit, as Uber counts every currency; finer digits are rounded half up."""
    return int((amount.amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _trip(shipment: Shipment, account: Account) -> dict[str, object]:
    body: dict[str, object] = {}
    for side, place in (("pickup", shipment.origin), ("dropoff", shipment.destination)):
        body[f"{side}_address"] = _address(place)
        if place.latitude is not None and place.longitude is not None:
            body[f"{side}_latitude"] = place.latitude
            body[f"{side}_longitude"] = place.longitude
        if number := phone_number(place):
            body[f"{side}_phone_number"] = number
    values = [parcel.value for parcel in shipment.parcels if parcel.value is not None]
    # One amount without a currency: said only where all parcels count in the same.
    if len({value.currency for value in values}) == 1:
        body["manifest_total_value"] = sum(cents(value) for value in values)
    if store := account.options.get("external_store_id"):
        body["external_store_id"] = store
    return body


def _address(place: Address) -> str:
    """An address is a string that holds JSON."""
    parts = {
        "street_address": [line for line in (place.street1, place.street2) if line],
        "city": place.city,
        "state": place.subdivision,
        "zip_code": place.postal_code,
        "country": place.country,
    }
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def _waypoint(side: str, place: Address) -> dict[str, object]:
    waypoint = {
        f"{side}_name": place.name or place.company,
        f"{side}_business_name": place.company,
        f"{side}_notes": place.instructions[:NOTES_LENGTH],
    }
    return {key: text for key, text in waypoint.items() if text}


def _handover(requirements: Requirements, account: Account) -> dict[str, object]:
    """How to hand over, and what to do when nobody takes it; an unknown wish becomes a return."""
    asked = verification(requirements)
    # Not where a signature or an ID is needed (DeliverableAction); a PIN needs a person too.
    personal = asked.keys() - {"picture"}
    at_door = account.options.get("leave_at_door") is True and not personal
    body: dict[str, object] = {
        "deliverable_action": f"deliverable_action_{'leave' if at_door else 'meet'}_at_door",
        "undeliverable_action": UNDELIVERABLE_ACTIONS.get(requirements.undeliverable_action, "return"),
    }
    if asked:
        body["dropoff_verification"] = asked
    return body


def notes(instructions: str) -> dict[str, str]:
    """What the courier is to know at the dropoff, in place of what was said before."""
    return {"dropoff_notes": instructions[:NOTES_LENGTH]}
