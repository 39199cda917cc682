"""Pickup points and Z-BOX lockers, from the one list of all there are.

Source: Salamek/zasilkovna@581ccc3 (address of the list; `data` by id). The members of a point, but for its id, are
not documented there and are what this adapter assumes: all are optional here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from carriers.base import (
    Address,
    BadCarrierResponse,
    OpeningHours,
    Reading,
    ServicePoint,
    closest,
    metres_between,
    opening_hours,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LOCKER = "z-box"
# Postcodes of the same place begin alike.
SAME_DIGITS = 3


def points(body: Reading) -> tuple[ServicePoint, ...]:
    """Every point of the list. Raises BadCarrierResponse where there is no list."""
    data = body.get("data")
    if not isinstance(data.raw, dict):
        raise BadCarrierResponse("the list of points is not an object by id")
    listed = (data.get(id_) for id_, value in data.raw.items() if isinstance(value, dict))
    return tuple(_point(entry) for entry in listed if entry.maybe_text("id"))


def nearest(known: Sequence[ServicePoint], near: Address, radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Points within the radius, nearest first; where `near` has no coordinates, those of its city or postcode."""
    at_home = [point for point in known if point.address.country == near.country]
    if near.latitude is None or near.longitude is None:
        return tuple(sorted((p for p in at_home if _same_place(p, near)), key=lambda p: -_alike(p, near))[:limit])
    measured = (replace(point, distance_m=metres_between(near, point.address)) for point in at_home)
    return closest((point for point in measured if point.distance_m is not None), radius_m, limit)


def _same_place(point: ServicePoint, near: Address) -> bool:
    same_city = bool(near.city) and point.address.city.casefold() == near.city.casefold()
    return same_city or _alike(point, near) >= SAME_DIGITS


def _alike(point: ServicePoint, near: Address) -> int:
    """How many first digits two postcodes share."""
    count = 0
    for one, other in zip(_digits(point.address), _digits(near), strict=False):
        if one != other:
            break
        count += 1
    return count


def _digits(address: Address) -> str:
    return address.postal_code.replace(" ", "").replace("-", "")


def _point(entry: Reading) -> ServicePoint:
    name, place = entry.maybe_text("name"), entry.maybe_text("place")
    address = Address(
        country=entry.maybe_text("country").upper(),
        company=place,
        street1=entry.maybe_text("street"),
        postal_code=entry.maybe_text("zip"),
        city=entry.maybe_text("city"),
        latitude=entry.maybe_number("latitude"),
        longitude=entry.maybe_number("longitude"),
        instructions=entry.maybe_text("directions"),
    )
    return ServicePoint(
        id=entry.text("id"),
        name=name,
        address=address,
        kind="locker" if LOCKER in f"{name} {place}".casefold() else "shop",
        opening_hours=_opening_hours(entry),
    )


def _opening_hours(entry: Reading) -> tuple[OpeningHours, ...]:
    told = entry.maybe("openingHours")
    regular = told.maybe("regular") if told else None
    if regular is None:
        return ()
    return tuple(chain(*(opening_hours(day, regular.maybe_text(name)) for day, name in enumerate(WEEKDAYS))))
