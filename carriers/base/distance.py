"""How far apart two places are."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from gateway.domain.values import Address

EARTH_M = 6_371_009  # mean radius. Source: IUGG, Moritz, Geodetic Reference System 1980


def metres_between(one: Address, other: Address) -> int | None:
    """Great-circle distance in metres (haversine); None where coordinates are missing."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    lat1, lon1, lat2, lon2 = map(radians, (one.latitude, one.longitude, other.latitude, other.longitude))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * EARTH_M * asin(min(1.0, sqrt(half))))
