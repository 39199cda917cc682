"""Polygons by shapely: which of many are around a point, and what is wrong with one. Implements
`gateway.services.ports.places.Geometry`.

shapely is imported when the first polygon is there: most merchants have none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.domain.distance import METRES_A_DEGREE
from gateway.domain.zones import Polygon, ShapeIndex

if TYPE_CHECKING:
    from shapely import Polygon as Shape


class ShapelyGeometry:
    """Plane geometry on degrees: the edges of an outline are straight lines on a plate carrée (RFC 7946, 3.1.1)."""

    def index(self, polygons: Sequence[Polygon]) -> ShapeIndex:
        """An index of polygons by their place in the list; points on an edge are inside."""
        return _Tree([_shape(each) for each in polygons])

    def fault(self, polygon: Polygon) -> str | None:
        """Why an outline with holes is no area, in words."""
        from shapely import is_valid_reason

        shape = _shape(polygon)
        why: str = is_valid_reason(shape)
        if why == "Valid Geometry":
            return None if shape.area else "it has no area"
        what, _, where = why.rstrip("]").partition("[")
        said = SENTENCES.get(what.strip(), f"it is no polygon: {what.strip()}")
        return f"{said} at {', '.join(where.split())}" if where else said

    def overlaps(self, polygons: Sequence[Polygon]) -> Sequence[tuple[int, int]]:
        """Pairs that share more than an edge, the smaller one first."""
        from shapely import STRtree, area, intersection

        shapes = [_shape(each) for each in polygons]
        found: list[tuple[int, int]] = []
        for one, other in zip(*STRtree(shapes).query(shapes, predicate="intersects").tolist(), strict=True):
            if one < other and area(intersection(shapes[one], shapes[other])) > NOTHING:
                found.append((one, other) if shapes[one].area <= shapes[other].area else (other, one))
        return found


NOTHING = 1e-10
"""Square degrees, about a square metre: what shapes share whose edges were drawn after each other."""

SENTENCES = {
    "Self-intersection": "its outline crosses itself",
    "Ring Self-intersection": "its outline touches itself",
    "Hole lies outside shell": "a hole lies outside of the outline",
    "Holes are nested": "a hole lies in another hole",
    "Interior is disconnected": "its holes cut it in two",
    "Duplicate Rings": "a hole is the outline, or another hole, again",
    "Too few points in geometry component": "a ring has fewer than three corners",
}
"""What GEOS says, in our words. Source: GEOS, TopologyValidationError.cpp."""


class _Tree:
    """Polygons in an STR-tree; the squares of degrees become square metres at each polygon's latitude."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        from shapely import STRtree, prepare

        self._tree = STRtree(shapes)
        prepare(shapes)
        self._sizes_m2 = [
            each.area * METRES_A_DEGREE**2 * math.cos(math.radians((each.bounds[1] + each.bounds[3]) / 2))
            for each in shapes
        ]

    def around(self, longitude: float, latitude: float) -> Sequence[tuple[float, int]]:
        """Size in square metres and place of each polygon that covers the point."""
        from shapely import Point

        found = self._tree.query(Point(longitude, latitude), predicate="intersects")
        return [(self._sizes_m2[place], place) for place in found.tolist()]


def _shape(polygon: Polygon) -> Shape:
    from shapely import Polygon as Shape

    return Shape(polygon[0], polygon[1:])
