"""The packing heuristic: units go one after the other to the deepest, lowest extreme point where they fit.

An extreme point is a corner that a placed unit makes with the walls and the other units: the only places worth trying.

Source: T. G. Crainic, G. Perboli, R. Tadei, "Extreme point-based heuristics for three-dimensional bin packing",
INFORMS Journal on Computing 20(3), 2008: the points, their projections, and how far each reaches (residual space).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

from gateway.domain.packing import Box, PackedBox, Packing, Placement, Sides, Unit

Solid = tuple[int, int, int, int, int, int]
"""From the corner (x, y, z) to the opposite one."""

Point = tuple[int, int, int, int, int, int]
"""z, y, x, and how far it is to the next obstacle along x, y, z. Sorted, the lowest and deepest come first."""

ORDERS: tuple[Callable[[Unit], tuple[int, ...]], ...] = (
    lambda unit: (unit.volume_mm3, max(unit.length_mm, unit.width_mm, unit.height_mm)),
    lambda unit: _by_faces(unit),
)
"""Largest volume first, and largest face first: neither is always better, so both are tried."""

MOST_TRIED = 3
"""Boxes among which the fullest is sought."""


def pack(units: Sequence[Unit], boxes: Sequence[Box]) -> Packing:
    """All units in as few and as small boxes as the heuristic finds; what fits into no box is named.

    The smallest box that holds everything; where none does, the one that takes most, and again for the rest.
    """
    by_size = sorted(boxes, key=lambda box: (box.volume_mm3, box.max_weight_g or 0, box.name))
    left, unplaced = _placeable(units, by_size)
    packed: list[PackedBox] = []
    while left:
        found = _whole(left, by_size) or _shrunk(_fullest(left, by_size), by_size)
        packed.append(found)
        placed = {id(each.unit) for each in found.placements}
        left = [unit for unit in left if id(unit) not in placed]
    return Packing(boxes=tuple(packed), unplaced=tuple(unplaced))


def fill(box: Box, units: Sequence[Unit]) -> PackedBox:
    """As much of the units as goes into one box, by the better of two orders."""
    tried = []
    for order in ORDERS:
        found = _fill(box, sorted(units, key=order, reverse=True))
        tried.append(PackedBox(box=box, placements=tuple(found)))
        if len(found) == len(units):
            return tried[-1]
    return max(tried, key=_content)


def _placeable(units: Sequence[Unit], boxes: Sequence[Box]) -> tuple[list[Unit], list[tuple[Unit, str]]]:
    """Those that some box takes, each an object of its own: units of one article are equal, and told apart by
    identity. And those that none takes.
    """
    left: list[Unit] = []
    unplaced: list[tuple[Unit, str]] = []
    for unit in units:
        roomy = [box for box in boxes if _fits(unit, box)]
        if not roomy:
            unplaced.append((unit, "is larger than every box"))
        elif all(box.max_weight_g is not None and unit.weight_g > box.max_weight_g for box in roomy):
            unplaced.append((unit, "is too heavy for every box it fits into"))
        else:
            left.append(replace(unit))
    return left, unplaced


def _fits(unit: Unit, box: Box) -> bool:
    length, width, height = box.inner_mm
    return any(sides[0] <= length and sides[1] <= width and sides[2] <= height for sides in _turned(unit))


def _whole(units: Sequence[Unit], by_size: Sequence[Box]) -> PackedBox | None:
    """The smallest box that holds them all."""
    volume, weight = sum(unit.volume_mm3 for unit in units), sum(unit.weight_g for unit in units)
    for box in by_size:
        if volume > box.volume_mm3 or (box.max_weight_g is not None and weight > box.max_weight_g):
            continue
        for order in ORDERS:
            found = _fill(box, sorted(units, key=order, reverse=True), or_nothing=True)
            if found:
                return PackedBox(box=box, placements=tuple(found))
    return None


def _fullest(units: Sequence[Unit], by_size: Sequence[Box]) -> PackedBox:
    """The box that takes most of them; only the largest are tried, unless nothing left fits into those."""
    best = max((fill(box, units) for box in by_size[-MOST_TRIED:]), key=_content)
    return best if best.placements else max((fill(box, units) for box in by_size), key=_content)


def _shrunk(packed: PackedBox, by_size: Sequence[Box]) -> PackedBox:
    """The same units in the smallest box that takes them."""
    smaller = [box for box in by_size if box.volume_mm3 < packed.box.volume_mm3]
    return _whole([each.unit for each in packed.placements], smaller) or packed


def _content(packed: PackedBox) -> tuple[int, float]:
    return sum(each.unit.volume_mm3 for each in packed.placements), packed.utilisation


def _by_faces(unit: Unit) -> tuple[int, ...]:
    small, middle, large = sorted((unit.length_mm, unit.width_mm, unit.height_mm))
    return middle * large, small


def _turned(unit: Unit) -> list[Sides]:
    """The ways it may lie, flattest first."""
    given = (unit.length_mm, unit.width_mm, unit.height_mm)
    ways: set[Sides] = {given, (given[1], given[0], given[2])}
    if not unit.keep_upright:
        ways.update((given[a], given[b], given[c]) for a, b, c in permutations(range(3)))
    return sorted(ways, key=lambda sides: (sides[2], sides[1], sides[0]))


def _fill(box: Box, units: Sequence[Unit], *, or_nothing: bool = False) -> list[Placement]:
    """What goes into a box, in this order; `or_nothing`: none unless all do."""
    filling = _Filling(box)
    placements = []
    hopeless: set[tuple[Sides, bool, bool]] = set()
    room = box.max_weight_g
    for unit in units:
        kind = ((unit.length_mm, unit.width_mm, unit.height_mm), unit.keep_upright, unit.nothing_on_top)
        too_heavy = room is not None and unit.weight_g > room
        found = None if too_heavy or kind in hopeless else filling.put(unit)
        if found is not None:
            placements.append(found)
            room = None if room is None else room - unit.weight_g
        elif or_nothing:
            return []
        elif not too_heavy:
            hopeless.add(kind)  # the space only shrinks
    return placements


class _Filling:
    """One box being filled."""

    def __init__(self, box: Box) -> None:
        self._sides = box.inner_mm
        self._solids: list[Solid] = []
        self._points: list[Point] = [(0, 0, 0, *box.inner_mm)]

    def put(self, unit: Unit) -> Placement | None:
        """Place it at the first point where it fits, turned so that the least is left beside it; None if nowhere."""
        ways = _turned(unit)
        for point in self._points:
            z, y, x, reach_x, reach_y, reach_z = point
            best: tuple[int, Sides] | None = None
            for sides in ways:
                length, width, height = sides
                if length > reach_x or width > reach_y or height > reach_z:
                    continue
                beside = (reach_x - length) * (reach_y - width)
                if best is not None and beside >= best[0]:
                    continue
                top = self._sides[2] if unit.nothing_on_top else z + height
                if self._free(x, y, z, x + length, y + width, top):
                    best = beside, sides
            if best is not None:
                return self._take(unit, (x, y, z), best[1])
        return None

    def _free(self, x: int, y: int, z: int, to_x: int, to_y: int, to_z: int) -> bool:
        for left, front, bottom, right, back, top in self._solids:
            if x < right and left < to_x and y < back and front < to_y and z < top and bottom < to_z:
                return False
        return True

    def _take(self, unit: Unit, corner: Sides, sides: Sides) -> Placement:
        x, y, z = corner
        to_x, to_y, to_z = x + sides[0], y + sides[1], z + sides[2]
        solid = (x, y, z, to_x, to_y, self._sides[2] if unit.nothing_on_top else to_z)
        self._points = [point for point in (_seen(point, solid) for point in self._points) if point is not None]
        new = [
            self._slid((to_x, y, z), 1),
            self._slid((to_x, y, z), 2),
            self._slid((x, to_y, z), 0),
            self._slid((x, to_y, z), 2),
            *(() if unit.nothing_on_top else (self._slid((x, y, to_z), 0), self._slid((x, y, to_z), 1))),
        ]
        self._solids.append(solid)
        known = {point[:3] for point in self._points}
        for place in new:
            key = (place[2], place[1], place[0])
            if key not in known and all(map(int.__lt__, place, self._sides)):
                known.add(key)
                self._points.append(self._reaching(place))
        self._points.sort()
        return Placement(unit=unit, corner_mm=corner, sides_mm=sides)

    def _slid(self, place: Sides, axis: int) -> Sides:
        """A place moved back along an axis until it meets a unit or the wall."""
        one, other = [each for each in range(3) if each != axis]
        at, at_one, at_other = place[axis], place[one], place[other]
        stop = 0
        for solid in self._solids:
            face = solid[axis + 3]
            if (
                stop < face <= at
                and solid[one] <= at_one < solid[one + 3]
                and solid[other] <= at_other < solid[other + 3]
            ):
                stop = face
        return (*place[:axis], stop, *place[axis + 1 :])  # type: ignore[return-value]  # three again

    def _reaching(self, place: Sides) -> Point:
        """A new point, with how far it is to the next unit or wall in each direction."""
        x, y, z = place
        length, width, height = self._sides
        point: Point | None = (z, y, x, length - x, width - y, height - z)
        for solid in self._solids:
            point = _seen(point, solid) if point is not None else None
        return point or (z, y, x, 0, 0, 0)


def _seen(point: Point, solid: Solid) -> Point | None:
    """The point with a unit in its way; None where it lies inside that."""
    z, y, x, reach_x, reach_y, reach_z = point
    left, front, bottom, right, back, top = solid
    in_x, in_y, in_z = left <= x < right, front <= y < back, bottom <= z < top
    if in_y and in_z:
        if in_x:
            return None
        if x < left:
            reach_x = min(reach_x, left - x)
    elif in_x and in_z and y < front:
        reach_y = min(reach_y, front - y)
    elif in_x and in_y and z < bottom:
        reach_z = min(reach_z, bottom - z)
    return z, y, x, reach_x, reach_y, reach_z
