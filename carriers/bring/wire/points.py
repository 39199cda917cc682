"""Pickup points and lockers.

Source: Bring Pickup Point API. `address` (often a post-office box) belongs on the label, `visitingAddress` is
where people walk to.
"""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

from carriers.base import (
    Address,
    OpeningHours,
    Reading,
    ServicePoint,
    closest,
    street_and_number,
)

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
BUSINESS_ONLY = "1"
# 37 Norway, 39 Sweden, 43 Denmark, LOCKER Finland. Source: Bring Pickup Point API, pickup point types. 27 is
# what the documented example answers call a "Pakkeautomat" (locker inside a shop).
LOCKERS = frozenset({"27", "37", "39", "43", "LOCKER"})


def search(near: Address, limit: int) -> tuple[str, dict[str, str]]:
    """Path and parameters of a search: around coordinates, or around a postal code and street."""
    base, wanted = f"/pickuppoint/api/pickuppoint/{near.country}", {"numberOfResponses": str(limit)}
    if near.latitude is not None and near.longitude is not None:
        return f"{base}/location/{near.latitude},{near.longitude}.json", wanted
    return f"{base}/postalCode/{quote(near.postal_code, safe='')}.json", wanted | _street(near.street1)


def _street(line: str) -> dict[str, str]:
    """Bring asks for name and number apart."""
    street, number = street_and_number(line)
    return {name: told for name, told in (("street", street), ("streetNumber", number)) if told}


def service_points(body: Reading, radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Points within the radius that serve private recipients, nearest first; one of unknown distance counts
    as near enough (Bring was asked for the nearest) and comes last.
    """
    return closest(filter(None, map(_point, body.objects("pickupPoint"))), radius_m, limit)


def _point(entry: Reading) -> ServicePoint | None:
    kind = entry.maybe_text("type")
    if kind == BUSINESS_ONLY:
        return None
    label = (entry.maybe_text("address"), entry.maybe_text("postalCode"), entry.maybe_text("city"))
    return ServicePoint(
        id=entry.text("id"),
        name=entry.maybe_text("name"),
        address=_visiting(entry),
        kind="locker" if kind in LOCKERS else "shop",
        distance_m=_metres(entry),
        opening_hours=_opening_hours(entry),
        label_address=", ".join(part for part in (label[0], f"{label[1]} {label[2]}".strip()) if part),
        limits_mm=_limits(entry),
    )


def _visiting(entry: Reading) -> Address:
    return Address(
        country=entry.maybe_text("countryCode"),
        company=entry.maybe_text("name"),
        street1=entry.maybe_text("visitingAddress") or entry.maybe_text("address"),
        postal_code=entry.maybe_text("visitingPostalCode") or entry.maybe_text("postalCode"),
        city=entry.maybe_text("visitingCity") or entry.maybe_text("city"),
        instructions=entry.maybe_text("locationDescription"),
        latitude=entry.maybe_number("latitude"),
        longitude=entry.maybe_number("longitude"),
    )


def _metres(entry: Reading) -> int | None:
    """`distanceInKm` is a decimal string, empty where Bring did not measure."""
    kilometres = entry.maybe_decimal("distanceInKm")
    return int(kilometres * 1000) if kilometres is not None else None


def _opening_hours(entry: Reading) -> tuple[OpeningHours, ...]:
    hours = [_hours(day) for day in entry.maybe_objects("openingHours")]
    return tuple(sorted((h for h in hours if h), key=lambda h: (h.weekday, h.opens_min)))


def _hours(day: Reading) -> OpeningHours | None:
    name = day.maybe_text("day").upper()
    opens, closes = _minutes(day.maybe_text("opening")), _minutes(day.maybe_text("closing"))
    if name not in WEEKDAYS or opens is None or closes is None:
        return None
    return OpeningHours(weekday=WEEKDAYS.index(name), opens_min=opens, closes_min=closes)


def _minutes(clock_time: str) -> int | None:
    """Minutes after midnight of "0700"; 1440 for "2400"."""
    if len(clock_time) != 4 or not clock_time.isdecimal():
        return None
    minutes = int(clock_time[:2]) * 60 + int(clock_time[2:])
    return minutes if minutes <= 24 * 60 else None


def _limits(entry: Reading) -> tuple[int, int, int] | None:
    """Length, width, height in millimetres; Bring gives centimetres (lockers: 44.5 x 50.5 x 60)."""
    limits = entry.maybe("maxParcelDimensions")
    if limits is None:
        return None
    sides = [limits.maybe_decimal(side) for side in ("length", "width", "height")]
    length, width, height = (int(side * Decimal(10)) if side else 0 for side in sides)
    return (length, width, height) if length and width and height else None
