"""Points and courier pickups. Source: developers.inpost-group.com, location v1 and pickups v1."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from carriers.base import (
    Address,
    Pickup,
    PickupRequest,
    Reading,
    ServicePoint,
    ShipmentRejected,
    closest,
    filled,
    opening_hours,
)
from carriers.inpost_group.wire.parties import address, person

KINDS = {"APM": "locker", "PUDO": "shop"}  # a HUB is InPost's own
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST_WINDOW = timedelta(minutes=120)
POLAND, WARSAW, PREFIX = "PL", ZoneInfo("Europe/Warsaw"), "+48"
MM3_PER_LITRE = 1_000_000


def search(near: Address, radius_m: int, limit: int) -> dict[str, object]:
    """Points around coordinates, else around a post code."""
    around: dict[str, object] = {"relativePostCode": near.postal_code}
    if near.latitude is not None and near.longitude is not None:
        around = {"relativePoint": f"{near.latitude},{near.longitude}"}
    return {**around, "maxDistance": radius_m, "address.country": near.country, "perPage": limit, "limit": limit}


def service_points(page: Reading, radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Lockers and shops within the radius, nearest first."""
    points = [_point(item) for item in page.objects("items") if item.maybe_text("type") in KINDS]
    return closest(points, radius_m, limit)


def _point(item: Reading) -> ServicePoint:
    place, where, week = item.part("address"), item.part("coordinates"), item.part("operatingHours")
    distance = item.maybe_decimal("distance")
    return ServicePoint(
        id=item.text("id"),
        name=item.maybe_text("name") or item.text("id"),
        kind=KINDS[item.text("type")],
        address=Address(
            country=place.maybe_text("country"),
            postal_code=place.maybe_text("postalCode"),
            city=place.maybe_text("city"),
            street1=" ".join(filter(None, (place.maybe_text("street"), place.maybe_text("buildingNumber")))),
            latitude=where.maybe_number("latitude"),
            longitude=where.maybe_number("longitude"),
        ),
        distance_m=int(distance) if distance is not None and distance >= 0 else None,
        opening_hours=tuple(chain(*(opening_hours(day, week.maybe_text(name)) for day, name in enumerate(DAYS)))),
    )


def pickup_order(request: PickupRequest) -> dict[str, object]:
    """A courier for a number of parcels within two hours or more.

    Raises:
        ShipmentRejected: not in Poland, or a parcel has no dimensions: InPost wants the volume.
    """
    place = request.address
    if place.country != POLAND:
        raise ShipmentRejected("InPost takes orders for a pickup in Poland only")
    if not all(parcel.volume_mm3 for parcel in request.parcels):
        raise ShipmentRejected("InPost wants the volume of what is picked up: give the dimensions of every parcel")
    litres = -(-sum(parcel.volume_mm3 for parcel in request.parcels) // MM3_PER_LITRE)
    window = {"from": request.ready_at, "to": _ends_at(request)}
    phone = {"prefix": PREFIX, "number": place.phone.removeprefix(PREFIX)}
    return filled(
        {
            "address": address(place),
            "contactPerson": {**person(place), "phone": phone},
            "pickupTime": {name: at.astimezone(WARSAW).isoformat(timespec="seconds") for name, at in window.items()},
            "references": {"custom": {"content": request.reference}},
            "volume": {
                "itemType": "PARCEL",
                "count": len(request.parcels),
                "totalVolume": {"amount": litres, "unit": "L"},
            },
            "trackingNumbers": [booking.tracking_number for booking in request.bookings],
        }
    )


def pickup(answer: Reading, request: PickupRequest) -> Pickup:
    """An accepted order, for the window that was asked for."""
    return Pickup(carrier_reference=answer.text("id"), earliest=request.ready_at, latest=_ends_at(request))


def _ends_at(request: PickupRequest) -> datetime:
    """The shortest window where nobody says when the merchant closes."""
    return request.closes_at or request.ready_at + SHORTEST_WINDOW
