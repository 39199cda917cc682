"""Rings cut to a rectangle, so that a picture of a city does not carry a continent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.domain.zones import Position


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees of longitude and latitude."""

    west: float
    south: float
    east: float
    north: float

    def wider(self, share: float) -> Box:
        """By a share on each side."""
        x, y = (self.east - self.west) * share, (self.north - self.south) * share
        return Box(self.west - x, self.south - y, self.east + x, self.north + y)


def clipped(ring: Sequence[Position], box: Box) -> Sequence[Position]:
    """What of a ring is in the box; () for nothing.

    Source: Sutherland and Hodgman, Reentrant Polygon Clipping (1974).
    """
    longitudes = [x for x, _ in ring]
    latitudes = [y for _, y in ring]
    if max(longitudes) < box.west or min(longitudes) > box.east or max(latitudes) < box.south:
        return ()
    if min(latitudes) > box.north:
        return ()
    found = _cut(ring, 0, box.west, lambda value: value >= box.west)
    found = _cut(found, 0, box.east, lambda value: value <= box.east)
    found = _cut(found, 1, box.south, lambda value: value >= box.south)
    return _cut(found, 1, box.north, lambda value: value <= box.north)


def _cut(ring: Sequence[Position], axis: int, edge: float, inside: Callable[[float], bool]) -> list[Position]:
    found: list[Position] = []
    for place, here in enumerate(ring):
        before = ring[place - 1]
        if inside(here[axis]) != inside(before[axis]):
            found.append(_crossing(before, here, axis, edge))
        if inside(here[axis]):
            found.append(here)
    return found


def _crossing(before: Position, here: Position, axis: int, edge: float) -> Position:
    share = (edge - before[axis]) / (here[axis] - before[axis])
    other = before[1 - axis] + share * (here[1 - axis] - before[1 - axis])
    return (edge, other) if axis == 0 else (other, edge)
