"""Lockers and PaczkoPunkt shops. Source: "API ShipX", points; recorded in xGrz/inpost-plugin@d33ca8f."""

from __future__ import annotations

from carriers.base import Address, OpeningHours, Reading, ServicePoint, closest
from carriers.inpost.wire.text import post_code

# A shop bears the type of a locker too. Source: openlinker-project/openlinker@3c9e45b7.
SHOPS = frozenset({"pop", "parcel_locker_superpop"})
ALWAYS = tuple(OpeningHours(weekday=day, opens_min=0, closes_min=24 * 60) for day in range(7))


def search(near: Address, radius_m: int, limit: int) -> dict[str, object]:
    """Points where a recipient can collect, around coordinates, else around a post code, else in a city."""
    around: dict[str, object] = {"city": near.city}
    if near.latitude is not None and near.longitude is not None:
        around = {"relative_point": f"{near.latitude},{near.longitude}", "max_distance": radius_m}
    elif near.postal_code:
        around = {"relative_post_code": post_code(near), "max_distance": radius_m}
    return {"functions": "parcel_collect", "status": "Operating", "per_page": limit, **around}


def service_points(page: Reading, near: Address, radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Those in operation within the radius, nearest first; ShipX measures only where it was given a place."""
    items = [item for item in page.objects("items") if item.maybe_text("status", "Operating") == "Operating"]
    return closest([_point(item, near.country) for item in items], radius_m, limit)


def _point(item: Reading, country: str) -> ServicePoint:
    code, types = item.text("name"), item.maybe("type")
    words = types.raw if types and isinstance(types.raw, list) else []
    lines, parts, where = item.part("address"), item.part("address_details"), item.part("location")
    street = " ".join(filter(None, (parts.maybe_text("street"), parts.maybe_text("building_number"))))
    always = item.boolean("location_247", False) or item.maybe_text("opening_hours") == "24/7"
    distance = item.maybe_decimal("distance")
    return ServicePoint(
        id=code,
        name=item.maybe_text("display_name") or code,
        kind="shop" if SHOPS & {word for word in words if isinstance(word, str)} else "locker",
        address=Address(
            country=country,
            postal_code=parts.maybe_text("post_code"),
            city=parts.maybe_text("city"),
            street1=street or lines.maybe_text("line1"),
            latitude=where.maybe_number("latitude"),
            longitude=where.maybe_number("longitude"),
            instructions=item.maybe_text("location_description"),
        ),
        distance_m=int(distance) if distance is not None and distance >= 0 else None,
        opening_hours=ALWAYS if always else (),
        label_address=", ".join(filter(None, (lines.maybe_text("line1"), lines.maybe_text("line2")))),
    )
