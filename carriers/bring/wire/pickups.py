"""Ordering a collection: grams here, unlike in a booking.

Source: Bring Booking API, POST /booking/api/pickupOrder, with `pickupDetails` as revised on 10 January 2024.
"""

from __future__ import annotations

from carriers.base import (
    Account,
    BadCarrierResponse,
    Pickup,
    PickupRequest,
    Reading,
    filled,
)
from carriers.bring.wire.local import moment, zone
from carriers.bring.wire.refusals import problems, refused
from carriers.bring.wire.text import address_lines, cut, email


def pickup_request(request: PickupRequest, account: Account, customer_number: str) -> dict[str, object]:
    """Parcels of one sender on one day, ready from a local time. Bring takes no closing time and no
    reference.

    `pickupTimeZone` has no documented values, so none is sent and the time is the pickup place's own.
    """
    address = request.address
    return {
        "customerInformation": {
            "customerNumber": customer_number,
            "companyName": cut(address.company or address.name),
        },
        "pickupAddress": filled(
            {
                "street": address_lines(address)[0],
                "postalCode": address.postal_code,
                "city": cut(address.city),
                "email": email(address),
                "phoneNumber": address.phone,
                "message": cut(request.instructions or address.instructions),
            }
        ),
        "pickupDate": request.day.isoformat(),
        "pickupIsReadyAtTime": f"{request.ready_at.astimezone(zone(address.country)):%H:%M:%S}",
        "countryCode": address.country,
        "service": "PARCEL",
        "pickupDetails": {"package": _load(request)},
        "testIndicator": account.mode == "test",
    }


def _load(request: PickupRequest) -> dict[str, int]:
    load = {
        "count": len(request.parcels),
        "weightInGrams": sum(parcel.weight_g for parcel in request.parcels),
    }
    if all(parcel.volume_mm3 for parcel in request.parcels):
        load["volumeInDm3"] = -(-sum(parcel.volume_mm3 for parcel in request.parcels) // 1_000_000)
    return load


def pickup(body: Reading, reference: str) -> Pickup:
    """A confirmed collection. Bring's number for it is optional; ours stands in where it is missing."""
    confirmation = body.maybe("pickupConfirmation")
    if confirmation is None or confirmation.maybe_text("status") != "OK":
        found = problems(body)
        if found:
            raise refused(found)
        raise BadCarrierResponse("the pickup is neither confirmed nor refused")
    return Pickup(
        carrier_reference=confirmation.maybe_text("packageNumber") or confirmation.maybe_text("url") or reference,
        earliest=moment(confirmation, "earliestPickupDate"),
        latest=moment(confirmation, "latestPickupDate"),
    )
