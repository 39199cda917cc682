"""The sandbox's words for pickups and service points <-> ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from carriers.base import Address, BookingRef, Manifest, OpeningHours, Pickup, PickupRequest, Reading, ServicePoint
from carriers.sandbox.wire import address


def pickup_request(request: PickupRequest) -> dict[str, object]:
    """The body of POST /pickups."""
    return {
        "address": address(request.address),
        "day": request.day.isoformat(),
        "ready_at": request.ready_at.isoformat(),
        "closes_at": request.closes_at and request.closes_at.isoformat(),
        "parcels": len(request.parcels),
        "weight_g": sum(parcel.weight_g for parcel in request.parcels),
        "reference": request.reference,
        "instructions": request.instructions,
    }


def pickup(answer: Reading) -> Pickup:
    """The pickup that was ordered."""
    return Pickup(
        carrier_reference=answer.text("id"),
        earliest=answer.maybe_time("earliest"),
        latest=answer.maybe_time("latest"),
    )


def manifest_request(bookings: Sequence[BookingRef], day: date) -> dict[str, object]:
    """The body of POST /manifests."""
    listed = [{"id": each.carrier_reference, "tracking_number": each.tracking_number} for each in bookings]
    return {"day": day.isoformat(), "bookings": listed}


def manifest(answer: Reading, day: date) -> Manifest:
    """What it took over."""
    numbers = tuple(each.text("tracking_number") for each in answer.get("bookings").items())
    return Manifest(carrier_reference=answer.text("id"), day=day, tracking_numbers=numbers)


def service_point(point: Reading) -> ServicePoint:
    """A place to collect at."""
    where = point.get("address")
    return ServicePoint(
        id=point.text("id"),
        name=point.text("name"),
        kind=point.maybe_text("kind", "shop"),
        distance_m=point.maybe_integer("distance_m"),
        address=Address(
            country=where.text("country"),
            postal_code=where.maybe_text("postal_code"),
            city=where.maybe_text("city"),
            street1=where.maybe_text("street1"),
        ),
        opening_hours=tuple(
            OpeningHours(
                weekday=hours.integer("weekday"),
                opens_min=hours.integer("opens_min"),
                closes_min=hours.integer("closes_min"),
            )
            for hours in point.maybe_objects("opening_hours")
        ),
    )
