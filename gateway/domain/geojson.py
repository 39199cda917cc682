"""Zones as a GeoJSON FeatureCollection (RFC 7946), both ways.

A feature has the words of the table (see `gateway.domain.zone_files`) as its properties; countries and postcodes may be
lists. Its geometry is null for postcodes, a Point with `radius_m` for a circle, a Polygon or a MultiPolygon. The style
of an editor (simplestyle) is passed over; any other property is refused, because a word with a typing error would
silently do nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.domain.countries import countries as known_countries
from gateway.domain.zone_files import (
    HIGHEST_PRIORITY,
    LARGEST_RADIUS_M,
    NAME,
    Told,
    misplaced,
    share_priorities,
)
from gateway.domain.zones import Area, Circle, Polygon, Position

WORDS = ("zone", "priority", "country", "postcodes", "radius_m")
STYLE = frozenset({"title", "description", "stroke", "stroke-width", "stroke-opacity", "fill", "fill-opacity"}) | {
    "marker-size",
    "marker-symbol",
    "marker-color",
}
"""Source: Mapbox, simplestyle-spec 1.1.0."""


def from_features(data: object, told: Told) -> list[Area]:
    """The areas of parsed GeoJSON; pointers are into it."""
    if not isinstance(data, Mapping) or data.get("type") != "FeatureCollection":
        told("/type", "a FeatureCollection is needed")
        return []
    features = data.get("features")
    if not isinstance(features, list):
        told("/features", "a list of features is needed")
        return []
    if "crs" in data:
        told("/crs", "GeoJSON is WGS 84, longitude before latitude; other systems were dropped (RFC 7946, section 4)")
    areas = [area for row, feature in enumerate(features) for area in _of_feature(feature, row, told)]
    share_priorities(areas, lambda row, why: told(f"/features/{row}/properties/priority", why))
    return areas


def _of_feature(feature: object, row: int, told: Told) -> Iterator[Area]:
    """The area of a feature; none where it is wrong."""
    here = f"/features/{row}"
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        told(here, "a Feature is needed")
        return
    faults = list[tuple[str, str]]()
    said = _properties(feature.get("properties"), lambda at, why: faults.append((f"{here}/properties{at}", why)))
    shape = _geometry(feature.get("geometry"), said, lambda at, why: faults.append((f"{here}{at}", why)))
    name = said.get("zone") if isinstance(said.get("zone"), str) else None
    for pointer, why in faults:
        told(pointer, f"{name}: {why}" if name else why)
    if not faults:
        yield Area(zone=said["zone"], row=row, priority=said["priority"], countries=tuple(said["country"]), **shape)


def _properties(given: object, told: Told) -> dict[str, Any]:
    """The properties as they shall be, with a word for everything that is not."""
    if not isinstance(given, Mapping):
        told("", "properties with a zone are needed")
        return {}
    for name in given:
        if name not in WORDS and name not in STYLE:
            told(f"/{str(name).replace('~', '~0').replace('/', '~1')}", f"there are {', '.join(WORDS)}")
    zone, priority = given.get("zone"), given.get("priority", 0)
    if not isinstance(zone, str) or not NAME.fullmatch(zone):
        told("/zone", f"{zone!r} is no name of small letters, digits, _ and -, at most 64")
    if type(priority) is not int or abs(priority) >= HIGHEST_PRIORITY:
        told("/priority", f"{priority!r} is not a whole number of at most six digits")
    countries, postcodes = _texts(given.get("country")), _texts(given.get("postcodes"))
    if countries is None or not all(country in known_countries() for country in countries):
        told(
            "/country",
            f"{given['country']!r} is no country of two capitals such as NO (ISO 3166-1), and no list of such",
        )
    if postcodes is None:
        told("/postcodes", "a text such as 01*|0250-0299, or a list of such")
    return {
        "zone": zone,
        "priority": priority,
        "country": countries or [],
        "postcodes": "|".join(postcodes or ()),
        "radius_m": given.get("radius_m"),
    }


def _texts(given: object) -> list[str] | None:
    if given is None:
        return []
    found: list[Any] = given if isinstance(given, list) else [given]
    return found if all(isinstance(each, str) for each in found) else None


def _geometry(geometry: object, said: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """What of an area its geometry says."""
    if not said:
        return {}
    if geometry is None:
        return _postcodes(said, told)
    if said["postcodes"]:
        told("/properties/postcodes", "a feature has a geometry or postcodes: use two features of the same zone")
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Point", "Polygon", "MultiPolygon"):
        told("/geometry/type", "a zone is a Point with radius_m, a Polygon, a MultiPolygon, or null for postcodes")
        return {}
    at, given = "/geometry/coordinates", geometry.get("coordinates")
    if geometry["type"] == "Point":
        return _circle(given, said["radius_m"], at, told)
    if said["radius_m"] is not None:
        told("/properties/radius_m", "a radius is around a Point")
    return _polygons(given, geometry["type"] == "MultiPolygon", at, told)


def _postcodes(said: Mapping[str, Any], told: Told) -> dict[str, Any]:
    if not said["country"]:
        told("/properties/country", "without a geometry it is postcodes: of which country?")
    if said["radius_m"] is not None:
        told("/geometry", "a radius is around a Point")
    return {"postcodes": said["postcodes"] or "*"}


def _polygons(given: object, many: bool, at: str, told: Told) -> dict[str, Any]:
    parts = given if many else [given]
    if not isinstance(parts, list) or not parts:
        told(at, "a list of polygons is needed")
        return {}
    found = [_polygon(part, f"{at}/{place}" if many else at, told) for place, part in enumerate(parts)]
    return {"polygons": tuple(each for each in found if each)}


def _circle(given: object, radius_m: object, at: str, told: Told) -> dict[str, Any]:
    position = _position(given, at, told)
    if not isinstance(radius_m, int | float) or isinstance(radius_m, bool) or not 0 < radius_m <= LARGEST_RADIUS_M:
        told("/properties/radius_m", f"a Point needs a radius_m from 1 to {LARGEST_RADIUS_M}")
        return {}
    return {"circle": Circle(*position, float(radius_m))} if position else {}


def _polygon(given: object, at: str, told: Told) -> Polygon | None:
    """Closed rings of at least four positions. Source: RFC 7946, 3.1.6."""
    if not isinstance(given, list) or not given:
        told(at, "a polygon is a list of rings: the outline, then its holes")
        return None
    rings = [_ring(ring, f"{at}/{place}", told) for place, ring in enumerate(given)]
    return tuple(ring for ring in rings if ring) if all(rings) else None


def _ring(given: object, at: str, told: Told) -> tuple[Position, ...] | None:
    if not isinstance(given, list) or len(given) < 4:
        told(at, "a ring has at least four positions, the last as the first")
        return None
    ring = list[Position]()
    for place, each in enumerate(given):
        position = _position(each, f"{at}/{place}", told)
        if position is None:
            return None
        ring.append(position)
    if ring[0] != ring[-1]:
        told(at, "a ring is closed: its last position is its first one again")
        return None
    for place in range(1, len(ring)):
        if abs(ring[place][0] - ring[place - 1][0]) > 180:
            told(f"{at}/{place}", "it crosses the antimeridian: cut it there into a MultiPolygon (RFC 7946, 3.1.9)")
            return None
    return tuple(ring)


def _position(given: object, at: str, told: Told) -> Position | None:
    if not isinstance(given, list) or not 2 <= len(given) <= 3 or not all(_is_number(each) for each in given):
        told(at, "a position is [longitude, latitude]")
        return None
    position = (float(given[0]), float(given[1]))
    why = misplaced(position)
    if why:
        told(at, why)
    return None if why else position


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def as_features(areas: Sequence[Area]) -> list[dict[str, Any]]:
    """The features of which `from_features` makes these areas again."""
    return [_feature(area) for area in areas]


def _feature(area: Area) -> dict[str, Any]:
    said: dict[str, Any] = {"zone": area.zone, "priority": area.priority, "country": list(area.countries)}
    geometry: dict[str, Any] | None = None
    if area.circle:
        geometry = {"type": "Point", "coordinates": [area.circle.longitude, area.circle.latitude]}
        said["radius_m"] = area.circle.radius_m
    elif area.polygons:
        rings = [[list(map(list, ring)) for ring in polygon] for polygon in area.polygons]
        single = len(rings) == 1
        geometry = (
            {"type": "Polygon", "coordinates": rings[0]} if single else {"type": "MultiPolygon", "coordinates": rings}
        )
    else:
        said["postcodes"] = area.postcodes
    return {"type": "Feature", "properties": said, "geometry": geometry}
