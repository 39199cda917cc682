"""Areas of zones as paths in a picture, with the land that they lie on.

The projection is a plate carrée whose degrees of longitude are as long as they are in the middle of the picture.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from gateway.console.atlas.clipping import Box, clipped
from gateway.console.atlas.measuring import bar, grid
from gateway.domain.zones import Area, Polygon, Position, outlines_of

WIDTH = 960
HEIGHTS = (0.3, 0.7)
"""Of the width, at least and at most."""

TONES = 8
MARGIN = 0.15
LEAST_DEG = 0.15
STEP_PX = 1.6
MOST_SHAPES = 2000
MOST_POSITIONS = 50_000
LINE_PX = 16
LETTER_PX = 7
EDGE_PX = 4


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place; `tone` is that of its zone, None for names of countries."""

    x: float
    y: float
    text: str
    tone: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture: the land, countries with zones of postcodes, shapes of zones (tone, name, path), and names.

    `around` are zones that are not what it is about; `marks` lines of latitude and longitude, as a path with their
    texts; `bar` a length in pixels and how far that is. `left_out`: how many smaller shapes are not in it, for it would
    be too large.
    """

    width: int
    height: int
    land: str
    countries: Sequence[tuple[str, str]]
    shapes: Sequence[tuple[int, str, str]]
    labels: Sequence[Label]
    around: Sequence[tuple[str, str]]
    marks: tuple[str, Sequence[Label]]
    bar: tuple[float, str]
    left_out: int


@cache
def outlines() -> Mapping[str, Sequence[Polygon]]:
    """The polygons of each country, the largest first. Source: see `countries.LICENSE.txt`."""
    data = json.loads(files("gateway.console.atlas").joinpath("countries.json").read_text("utf-8"))
    return {
        each["properties"]["country"]: tuple(
            tuple(tuple((x, y) for x, y in ring) for ring in polygon) for polygon in each["geometry"]["coordinates"]
        )
        for each in data["features"]
    }


def drawn(areas: Sequence[Area], width: int = WIDTH, around: Sequence[Area] = ()) -> Drawing:
    """The picture of areas, as close as shows them all; of the world where there are none. What is `around` is in it as
    far as it lies in the picture.
    """
    every = [(area.zone, polygon) for area in areas for polygon in outlines_of(area)]
    shapes = list(_largest_first(every))
    by_country = _by_country(areas)
    view = _View(_bounds([*(polygon for _, polygon in shapes), *(outlines()[code][0] for code in by_country)]), width)
    tones = {zone: place % TONES for place, zone in enumerate(sorted({zone for zone, _ in shapes}))}
    labels = [_label(view, polygon, zone, tones[zone]) for zone, polygon in _largest(shapes)]
    for code, zones in by_country.items():
        labels.append(_label(view, outlines()[code][0], f"{code}: {_some(zones)}", None))
    return Drawing(
        width=width,
        height=view.height,
        land="".join(view.path(polygon, 0) for each in outlines().values() for polygon in each),
        countries=[(code, "".join(view.path(each, 0) for each in outlines()[code])) for code in by_country],
        shapes=[(tones[zone], zone, view.path(polygon)) for zone, polygon in shapes],
        labels=list(_apart(labels)),
        around=[(area.zone, path) for area in around for each in outlines_of(area) if (path := view.path(each))],
        marks=view.marks(),
        bar=bar(view.px_a_degree, width),
        left_out=len(every) - len(shapes),
    )


def _largest_first(shapes: Sequence[tuple[str, Polygon]]) -> Iterator[tuple[str, Polygon]]:
    """As many as a page takes."""
    positions = 0
    for shape in sorted(shapes, key=lambda each: -_size(each[1]))[:MOST_SHAPES]:
        positions += sum(map(len, shape[1]))
        if positions > MOST_POSITIONS:
            return
        yield shape


class _View:
    """What of the world is in the picture, and where there."""

    def __init__(self, box: Box, width: int) -> None:
        middle = (box.south + box.north) / 2
        squeeze = max(math.cos(math.radians(middle)), 0.05)
        wide, high = (box.east - box.west) * squeeze, box.north - box.south
        self.width = width
        self.height = round(width * min(max(high / wide, HEIGHTS[0]), HEIGHTS[1]))
        self._scale = min(width / wide, self.height / high)
        self._west = (box.west + box.east) / 2 - width / self._scale / squeeze / 2
        self._north = middle + self.height / self._scale / 2
        self._x = self._scale * squeeze
        self.px_a_degree = self._scale
        self._frame = Box(
            self._west,
            self._north - self.height / self._scale,
            self._west + width / self._x,
            self._north,
        ).wider(0.01)

    def at(self, position: Position) -> tuple[float, float]:
        """Pixels from the left and the top."""
        return (position[0] - self._west) * self._x, (self._north - position[1]) * self._scale

    def marks(self) -> tuple[str, Sequence[Label]]:
        """Lines of latitude and longitude, and at their ends which."""
        path, texts = "", []
        for mark in grid(self._frame):
            x, y = self.at((mark.at, mark.at))
            if mark.upright:
                path += f"M{x:.0f} 0V{self.height}"
                texts.append(Label(x, LINE_PX - EDGE_PX, mark.text))
            else:
                path += f"M0 {y:.0f}H{self.width}"
                texts.append(Label(EDGE_PX, y - EDGE_PX, mark.text))
        inside = [each for each in texts if 0 < each.x < self.width - LINE_PX and EDGE_PX < each.y < self.height]
        return path, inside

    def path(self, polygon: Polygon, digits: int = 1) -> str:
        """Its outline and holes, as far as they are in the picture, in pixels of so many digits after the point."""
        return "".join(self._ring(ring, digits) for ring in polygon)

    def _ring(self, ring: Sequence[Position], digits: int) -> str:
        kept: list[tuple[float, float]] = []
        for x, y in map(self.at, clipped(ring, self._frame)):
            if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= STEP_PX:
                kept.append((x, y))
        return f"M{'L'.join(f'{x:.{digits}f} {y:.{digits}f}' for x, y in kept)}Z" if len(kept) > 2 else ""


def _by_country(areas: Sequence[Area]) -> Mapping[str, Sequence[str]]:
    """The zones of postcodes, which have no outline, by the countries they are in."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for area in areas:
        for country in area.countries if area.postcodes else ():
            if country in outlines():
                found[country][area.zone] = None
    return {country: list(zones) for country, zones in found.items()}


def _bounds(polygons: Sequence[Polygon]) -> Box:
    places = [position for polygon in polygons for position in polygon[0]]
    if not places:
        return Box(-170, -56, 178, 78)
    longitudes, latitudes = zip(*places, strict=True)
    box = Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    wide, high = max(box.east - box.west, LEAST_DEG), max(box.north - box.south, LEAST_DEG)
    x, y = (box.east + box.west) / 2, (box.north + box.south) / 2
    return Box(x - wide / 2, max(y - high / 2, -89.0), x + wide / 2, min(y + high / 2, 89.0)).wider(MARGIN)


def _largest(shapes: Sequence[tuple[str, Polygon]]) -> Iterator[tuple[str, Polygon]]:
    """Of each zone the polygon that its name is written on."""
    best: dict[str, Polygon] = {}
    for zone, polygon in shapes:
        if zone not in best or _size(polygon) > _size(best[zone]):
            best[zone] = polygon
    yield from best.items()


def _size(polygon: Polygon) -> float:
    return abs(_twice(polygon[0]))


def _twice(ring: Sequence[Position]) -> float:
    """Twice the area within a ring, negative where it runs clockwise. Source: the shoelace formula (Gauss)."""
    return sum(x * after[1] - after[0] * y for (x, y), after in pairwise(ring))


def _label(view: _View, polygon: Polygon, text: str, tone: int | None) -> Label:
    """At the centre of mass of its outline. Source: Bashein and Detmer, Graphics Gems IV, "Centroid of a Polygon"."""
    ring, twice = polygon[0], _twice(polygon[0])
    pairs = list(pairwise(ring))
    if not twice:
        centre = ring[0]
    else:
        crosses = [x * after[1] - after[0] * y for (x, y), after in pairs]
        summed = [
            sum((one[axis] + after[axis]) * cross for (one, after), cross in zip(pairs, crosses, strict=True))
            for axis in (0, 1)
        ]
        centre = (summed[0] / 3 / twice, summed[1] / 3 / twice)
    x, y = view.at(centre)
    half = len(text) * LETTER_PX / 2
    return Label(min(max(x, half), view.width - half), min(max(y, LINE_PX), view.height - LINE_PX / 2), text, tone)


def _apart(labels: Sequence[Label]) -> Iterator[Label]:
    """Those that would lie on another one, below it."""
    placed: list[Label] = []
    for label in sorted(labels, key=lambda each: (each.y, each.x)):
        y = label.y
        for other in placed:
            near = abs(other.x - label.x) < (len(other.text) + len(label.text)) * LETTER_PX / 2
            if near and abs(other.y - y) < LINE_PX:
                y = other.y + LINE_PX
        placed.append(Label(label.x, y, label.text, label.tone))
    yield from placed


def _some(zones: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(zones[:most])
    return shown if len(zones) <= most else f"{shown} and {len(zones) - most} more"
