"""Zones: named parts of the world that policies, windows and reports speak of.

An area is a set of postcodes, a circle around a point, or polygons; a zone is all areas of its name. Postcodes are
written as in rate cards (see `gateway.domain.postcodes`).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.distance import METRES_A_DEGREE, arc_m
from gateway.domain.errors import InvalidValue
from gateway.domain.postcodes import PostcodeIndex, normalised
from gateway.domain.values import Address

SHORTENED: Mapping[str, int] = {"GB": 3, "CA": 3}
"""Characters that are left of a postcode before the buyer has agreed to pay. Source: Apple, Apple Pay on the Web,
ApplePayPaymentContact: redacted postal codes of the United Kingdom and Canada.
"""

Position = tuple[float, float]
"""Longitude and latitude in degrees, WGS 84, in this order. Source: RFC 7946, 3.1.1."""
Polygon = tuple[tuple[Position, ...], ...]
"""Closed rings: the outline, then its holes."""
CORNERS = 48


@dataclass(frozen=True, slots=True)
class Circle:
    """All within `radius_m` of a point, along the surface."""

    longitude: float
    latitude: float
    radius_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One part of a zone: `postcodes` of its countries, a circle or polygons, those within its countries if any.

    `row` is where it was written: a line of a table, or the number of a feature from 0.
    """

    zone: str
    row: int
    priority: int = 0
    countries: tuple[str, ...] = ()
    postcodes: str = ""
    circle: Circle | None = None
    polygons: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSetRecord:
    """One version of all zones of a merchant; its areas are kept apart. `digest` is their SHA-256."""

    merchant_id: str
    version: int
    zones: int
    areas: int
    digest: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """A zone that an address lies in, and by what."""

    zone: str
    priority: int
    how: str

    @property
    def why(self) -> str:
        """In a sentence."""
        return f"{self.how} (priority {self.priority})"


class ShapeIndex(Protocol):
    """Many polygons, and which are around a point."""

    def around(self, longitude: float, latitude: float) -> Sequence[tuple[float, int]]:
        """Size in square metres and place in the list of each polygon that covers the point."""


Shapes = Callable[[Sequence[Polygon]], ShapeIndex]
Complain = Callable[[int, str], None]
"""Told the row of an area and what is wrong with it."""


class ZoneMap:
    """Which zone an address lies in, in microseconds.

    The highest priority wins. Within one priority what is around the address's coordinates comes before what holds its
    postcode, the smaller before the larger, then the name decides. A beginning of a postcode is enough where every
    completion lies in the zone; of the three characters that wallets give in the United Kingdom and Canada it is
    enough that all areas inside them are of one zone, where nothing surer is known.
    """

    def __init__(self, areas: Sequence[Area], shapes: Shapes, complain: Complain, rows: str = "line") -> None:
        self.areas = tuple(areas)
        self._indexes = _by_postcode(areas, complain, rows)
        self._priorities = sorted({area.priority for area in areas}, reverse=True)
        self._circles = _Circles(areas)
        flat = [(area, polygon) for area in areas for polygon in area.polygons]
        self._shaped = [area for area, _ in flat]
        self._shapes = shapes([polygon for _, polygon in flat]) if flat else None

    @property
    def names(self) -> tuple[str, ...]:
        """Of all zones, in order."""
        return tuple(sorted({area.zone for area in self.areas}))

    def zone(self, address: Address) -> str | None:
        """The name of the zone that counts; None outside of all."""
        match = next(self.matches(address), None)
        return None if match is None else match.zone

    def matches(self, address: Address) -> Iterator[Match]:
        """Every zone around an address, that which counts first; the same zone may be there by several areas."""
        around = self._around(address)
        country, postcode = address.country, normalised(address.postal_code)
        sure = False
        for priority in self._priorities:
            for _, match in around.get(priority, ()):
                sure = True
                yield match
            if hit := self._indexes[priority].closest(country, postcode):
                sure = True
                yield Match(hit.value, priority, f"postcode {postcode or 'of any kind'} is in {country} {hit.area}")
        if not sure and len(postcode) == SHORTENED.get(country):
            for priority in self._priorities:
                if hit := self._indexes[priority].touched(country, postcode):
                    how = f"all areas that begin with {country} {postcode} are in this zone"
                    yield Match(hit.value, priority, how)

    def _around(self, address: Address) -> Mapping[int, Sequence[tuple[tuple[float, str], Match]]]:
        """What is around the coordinates, by priority, the smallest first."""
        longitude, latitude = address.longitude, address.latitude
        if longitude is None or latitude is None or not (self._circles.some or self._shapes):
            return {}
        found = defaultdict(list)
        for area, circle in self._circles.near(latitude):
            away = arc_m(circle.latitude, circle.longitude, latitude, longitude)
            if away <= circle.radius_m and _within(area, address.country):
                match = Match(area.zone, area.priority, f"{away:.0f} m from a point, within {circle.radius_m:.0f} m")
                found[area.priority].append(((math.pi * circle.radius_m**2, area.zone), match))
        for size, place in self._shapes.around(longitude, latitude) if self._shapes else ():
            area = self._shaped[place]
            if _within(area, address.country):
                match = Match(area.zone, area.priority, f"{latitude}, {longitude} is inside a polygon")
                found[area.priority].append(((size, area.zone), match))
        return {priority: sorted(each, key=lambda one: one[0]) for priority, each in found.items()}


class _Circles:
    """Areas that are circles, by latitude."""

    def __init__(self, areas: Sequence[Area]) -> None:
        pairs = [(area, area.circle) for area in areas if area.circle]
        self.some = sorted(pairs, key=lambda pair: pair[1].latitude)
        self._latitudes = [circle.latitude for _, circle in self.some]
        self._reach = max((circle.radius_m for _, circle in pairs), default=0.0) / METRES_A_DEGREE

    def near(self, latitude: float) -> Sequence[tuple[Area, Circle]]:
        """Those that a point at a latitude may lie in."""
        first = bisect_left(self._latitudes, latitude - self._reach)
        return self.some[first : bisect_right(self._latitudes, latitude + self._reach)]


def outlines_of(area: Area) -> Sequence[Polygon]:
    """The polygons of an area; a circle is one of `CORNERS` corners, all within the circle."""
    if area.circle is None:
        return area.polygons
    high = area.circle.radius_m / METRES_A_DEGREE
    wide = high / max(math.cos(math.radians(area.circle.latitude)), 0.01)
    turns = [2 * math.pi * corner / CORNERS for corner in (*range(CORNERS), 0)]
    middle = area.circle.longitude, area.circle.latitude
    return ((tuple((middle[0] + wide * math.cos(turn), middle[1] + high * math.sin(turn)) for turn in turns),),)


def _within(area: Area, country: str) -> bool:
    return not area.countries or country in area.countries


def _by_postcode(areas: Sequence[Area], complain: Complain, rows: str) -> Mapping[int, PostcodeIndex[str]]:
    """An index for each priority."""
    indexes: dict[int, PostcodeIndex[str]] = defaultdict(lambda: PostcodeIndex(rows))
    for area in areas:
        index = indexes[area.priority]
        for country in area.countries if area.postcodes else ():
            try:
                index.add(country, area.postcodes, area.zone, area.row)
            except InvalidValue as error:
                complain(area.row, str(error))
    for index in indexes.values():
        index.settle(complain)
    return indexes
