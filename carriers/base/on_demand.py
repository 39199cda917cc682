"""What couriers on demand have in common: a level read off the times, doors to be found, phones to be called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from carriers.base.errors import ShipmentRejected
from carriers.base.messages import QuoteRequest
from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address

# Source: ITU-T E.164, with the decoration of ITU-T E.123 that people type around the digits.
_NUMBER = re.compile(r"\+[0-9]+")
_DECORATION = re.compile(r"[\s().\-/]")


def on_demand_level(request: QuoteRequest) -> ServiceLevel | None:
    """A courier comes at once, or the same day within a window; None when neither was asked for."""
    offered = [ServiceLevel.SAME_DAY] if request.window else [ServiceLevel.INSTANT, ServiceLevel.SAME_DAY]
    return next((speed for speed in offered if not request.services or speed in request.services), None)


def phone_number(place: Address) -> str:
    """The number in E.164 without decoration; "" where it is none."""
    number = _DECORATION.sub("", place.phone)
    return number if _NUMBER.fullmatch(number) else ""


def check_doors(shipment: Shipment, called: Sequence[Literal["sender", "recipient"]]) -> None:
    """Raises ShipmentRejected, with every reason, unless both doors can be found and those `called` have a phone."""
    missing = []
    for whose, place in (("sender", shipment.origin), ("recipient", shipment.destination)):
        if not place.addressable:
            missing.append(f"the {whose}'s street, city and name are needed")
        if whose in called and not phone_number(place):
            missing.append(f"the {whose}'s phone number is needed, with + and country code")
    if missing:
        raise ShipmentRejected("; ".join(missing), reasons=missing)
