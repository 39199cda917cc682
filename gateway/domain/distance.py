"""How far apart two places are, over a sphere: off by at most 0.5 % against the ellipsoid."""

from __future__ import annotations

import math

from gateway.domain.values import Address

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius R1 of the WGS 84 ellipsoid. Source: IUGG; NGA.STND.0036 (WGS 84)."""

METRES_A_DEGREE = EARTH_RADIUS_M * math.pi / 180
"""Of latitude."""


def arc_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres between two positions in degrees (haversine).

    Source: Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984).
    """
    north, other_north = math.radians(latitude), math.radians(other_latitude)
    east = math.radians(other_longitude - longitude)
    chord = math.sin((other_north - north) / 2) ** 2 + math.cos(north) * math.cos(other_north) * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(chord, 1.0)))


def metres_between(one: Address, other: Address) -> int | None:
    """Metres between two addresses; None where one has no coordinates."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    return round(arc_m(one.latitude, one.longitude, other.latitude, other.longitude))
