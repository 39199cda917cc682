"""Manifests, pickups and post offices.

Source: the endpoints of the Developer Portal API's catalogue (July 2026). Their bodies are not public; these are those
of the XML web services (manifest-v8, pickuprequest, postoffice) in the new spelling. An answer of another form is
BadCarrierResponse, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from carriers.base import (
    Address,
    BadCarrierResponse,
    BookingRef,
    Manifest,
    Pickup,
    PickupRequest,
    Reading,
    ServicePoint,
    ShipmentRejected,
    closest,
    filled,
)
from carriers.canadapost.wire.local import zone_of
from carriers.canadapost.wire.shipping import artifact, group
from carriers.canadapost.wire.words import address_details, postal, word

METRES_PER_KM = 1000


def manifest_request(bookings: Sequence[BookingRef], by: Mapping[str, str], paid_by: str) -> dict[str, object]:
    """Transmit the groups of these bookings, one each."""
    address = Address(
        country="CA",
        street1=by.get("street1", ""),
        city=by.get("city", ""),
        subdivision=by.get("subdivision", ""),
        postal_code=by.get("postal_code", ""),
    )
    return {
        "groupIds": [group(booking.tender_reference) for booking in bookings],
        "requestedShippingPoint": postal(address.postal_code),
        "detailedManifests": True,
        "methodOfPayment": paid_by,
        "manifestAddress": filled(
            {
                "manifestCompany": by.get("company", ""),
                "phoneNumber": by.get("phone", ""),
                "addressDetails": address_details(address),
            }
        ),
    }


def manifest_ids(body: Reading) -> tuple[str, ...]:
    """The manifests that were made: Canada Post may make one per group, and answers with links to them."""
    links = body.items() if isinstance(body.raw, list) else body.maybe_objects("links")
    hrefs = [link.maybe_text("href") for link in links if link.maybe_text("rel") in ("manifest", "self")]
    ids = tuple(dict.fromkeys(href.rstrip("/").rpartition("/")[2] for href in hrefs if href))
    if not ids:
        raise BadCarrierResponse("the groups were transmitted, but no manifest is named")
    return ids


def document(body: Reading, base: str) -> str:
    """The path of a manifest's PDF; "" where it is not linked."""
    links = [link.maybe_text("href") for link in body.maybe_objects("links") if link.maybe_text("rel") == "artifact"]
    return next((path for href in links if (path := artifact(href, base))), "")


def manifest(ids: Sequence[str], bookings: Sequence[BookingRef], day: date) -> Manifest:
    """The day's manifest, its document not read yet; where Canada Post made several, all of their numbers."""
    numbers = tuple(booking.tracking_number for booking in bookings)
    return Manifest(carrier_reference=",".join(ids), day=day, tracking_numbers=numbers)


def pickup_request(request: PickupRequest, email: str, timezone: ZoneInfo) -> dict[str, object]:
    """A collection on demand, between two local times.

    Raises:
        ShipmentRejected: it is not said until when somebody is there, which Canada Post must know.
    """
    if request.closes_at is None:
        raise ShipmentRejected("Canada Post must know until when the parcels can be collected")
    zone = zone_of(request.address, timezone)
    return {
        "customerRequestId": request.reference[:35],
        "pickupType": "OnDemand",
        "pickupLocation": {"businessAddressFlag": False, "alternateAddress": _location(request.address)},
        "contactInfo": _contact(request.address, email),
        "locationDetails": filled({"pickupInstructions": request.instructions or request.address.instructions}),
        "pickupVolume": str(len(request.parcels)),
        "pickupTimes": {
            "onDemandPickupTime": {
                "date": request.day.isoformat(),
                "preferredTime": _clock(request.ready_at, zone),
                "closingTime": _clock(request.closes_at, zone),
            }
        },
    }


def _location(address: Address) -> dict[str, object]:
    street = address_details(address)
    return filled(
        {
            "company": (address.company or address.name)[:44],
            "addressLine1": street.get("addressLine1"),
            "city": street.get("city"),
            "province": address.subdivision,
            "postalCode": postal(address.postal_code),
        }
    )


def _contact(address: Address, email: str) -> dict[str, object]:
    return filled(
        {
            "contactName": (address.name or address.company)[:45],
            "email": email,
            "contactPhone": address.phone,
            "receiveEmailUpdatesFlag": True,
        }
    )


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def pickup(body: Reading, request: PickupRequest) -> Pickup:
    """A collection that was accepted as asked."""
    header = body.maybe("pickupRequestHeader") or body
    number = word(header, "requestId")
    if not number:
        raise BadCarrierResponse("the pickup has no request id")
    return Pickup(carrier_reference=number, earliest=request.ready_at, latest=request.closes_at)


def search(near: Address, limit: int) -> dict[str, object]:
    """Post offices that take parcels for collection, around coordinates where they are known, else a postal code."""
    wanted: dict[str, object] = {"maximum": min(limit, 50), "d2po": "true"}
    if near.latitude is not None and near.longitude is not None:
        return wanted | {"longitude": near.longitude, "latitude": near.latitude}
    return wanted | filled({"postalCode": postal(near.postal_code), "city": near.city, "province": near.subdivision})


def post_offices(body: Reading, radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Post offices within the radius, nearest first.

    Opening hours stand only in each office's own details, a call apiece, and are left out.
    """
    if not isinstance(body.raw, list) and not body.has("postOffices"):
        raise BadCarrierResponse("a search for post offices is answered without any")
    entries = body.items() if isinstance(body.raw, list) else body.maybe_objects("postOffices")
    return closest(filter(None, map(_point, entries)), radius_m, limit)


def _point(entry: Reading) -> ServicePoint | None:
    number, where = word(entry, "officeId"), entry.maybe("address") or entry
    if not number:
        return None
    name = entry.maybe_text("location") or entry.maybe_text("name")
    kilometres = entry.maybe_number("distance")
    address = Address(
        country="CA",
        company=name,
        street1=where.maybe_text("officeAddress"),
        postal_code=postal(where.maybe_text("postalCode")),
        city=where.maybe_text("city"),
        subdivision=where.maybe_text("province"),
        latitude=where.maybe_number("latitude"),
        longitude=where.maybe_number("longitude"),
    )
    distance_m = None if kilometres is None else round(kilometres * METRES_PER_KM)
    return ServicePoint(id=number, name=name, address=address, distance_m=distance_m)
