"""Zones as a table (CSV), and what is told of faults in files of zones.

It has the columns `zone`, `country`, `postcodes`, and may have `priority`, `latitude`, `longitude`, `radius_m`:

    zone,country,postcodes,priority,latitude,longitude,radius_m
    oslo,NO,01*|0250-0299|0350,10,,,
    nordics,NO|SE|DK,*,,,,
    near-the-store,,,20,59.9111,10.7528,2500

`postcodes` are written as in rate cards; `*` or nothing is all of the countries. A row with a point and a radius is a
circle; its countries, if there are any, bound it. A higher priority (0 when blank) wins; rows of a zone share theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gateway.domain.countries import countries as known_countries
from gateway.domain.errors import InvalidValue
from gateway.domain.sheets import MAX_FAULTS, BadCell, Faults, Row, table
from gateway.domain.zones import Area, Circle, Complain, Position

COLUMNS = (frozenset({"zone", "country", "postcodes"}), frozenset({"priority", "latitude", "longitude", "radius_m"}))
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MOST_AREAS = 20_000
MOST_POSITIONS = 500_000
LARGEST_RADIUS_M = 2_000_000
HIGHEST_PRIORITY = 1_000_000
Told = Callable[[str, str], None]
"""Told a JSON pointer and what is wrong there."""


class BadZones(InvalidValue):
    """Zones with faults: `faults` are pointers and sentences of the first hundred, `count` is how many there are."""

    def __init__(self, faults: Sequence[tuple[str, str]], count: int) -> None:
        shown = "; ".join(f"{pointer or 'the file'}: {why}" for pointer, why in faults[:3])
        super().__init__(shown + (f" (and {count - 3} more)" if count > 3 else ""))
        self.faults = tuple(faults)
        self.count = count


class Complaints:
    """Collects what is wrong, by pointer."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, str]] = []
        self._count = 0

    def __call__(self, pointer: str, why: str) -> None:
        """One more."""
        self._count += 1
        if len(self._kept) < MAX_FAULTS:
            self._kept.append((pointer, why))

    def stop(self) -> None:
        """Raise BadZones if there was any."""
        if self._count:
            raise BadZones(self._kept, self._count)


def from_table(text: str, told: Told) -> list[Area]:
    """The areas of CSV; pointers are `/line/column`."""
    faults, areas = Faults(), list[Area]()
    for row in table(text, COLUMNS, faults):
        try:
            areas.append(_of_row(row))
        except BadCell as bad:
            faults.add(row.line, bad.column, bad.why)
    for fault in sorted(faults.kept, key=lambda each: each.line):
        told("/".join(["", str(fault.line), *filter(None, [fault.column])]), fault.why)
    for _ in range(faults.count - len(faults.kept)):
        told("", "and more")  # only counted: so many are listed already
    share_priorities(areas, lambda row, why: told(f"/{row}/priority", why))
    return areas


def _of_row(row: Row) -> Area:
    zone, priority = row.text("zone"), row.maybe_whole("priority") or 0
    if not NAME.fullmatch(zone):
        raise BadCell("zone", f"{zone!r} is no name of small letters, digits, _ and -, at most 64")
    countries = tuple(filter(None, map(str.strip, row.maybe("country").split("|"))))
    for country in countries:
        if country not in known_countries():
            raise BadCell("country", f"{country!r} is no country: two capitals, such as NO (ISO 3166-1)")
    circle = _circle(row)
    if circle is None and not countries:
        raise BadCell("country", "is empty: postcodes of which country?")
    if circle and row.maybe("postcodes"):
        raise BadCell("postcodes", "a row is a circle or postcodes, not both: use two rows of the same zone")
    postcodes = "" if circle else row.maybe("postcodes") or "*"
    return Area(zone=zone, row=row.line, priority=priority, countries=countries, postcodes=postcodes, circle=circle)


def _circle(row: Row) -> Circle | None:
    """The circle of a row; None where no cell of one is filled."""
    point = [row.maybe_number(name) for name in ("latitude", "longitude", "radius_m")]
    if point == [None, None, None]:
        return None
    latitude, longitude, radius_m = point
    if latitude is None or longitude is None or radius_m is None:
        raise BadCell("radius_m", "a circle has latitude, longitude and radius_m")
    if why := misplaced((longitude, latitude)):
        raise BadCell("latitude", why)
    if not 0 < radius_m <= LARGEST_RADIUS_M:
        raise BadCell("radius_m", f"is from 1 to {LARGEST_RADIUS_M}")
    return Circle(longitude, latitude, radius_m)


def misplaced(position: Position) -> str:
    """Why a longitude and latitude cannot be such; "" where they can."""
    longitude, latitude = position
    if abs(latitude) > 90:
        swapped = abs(longitude) <= 90 and abs(latitude) <= 180
        return f"latitude {latitude:g} is beyond 90" + (": are longitude and latitude swapped?" if swapped else "")
    if abs(longitude) > 180:
        return f"longitude {longitude:g} is beyond 180: cut what crosses the antimeridian (RFC 7946, 3.1.9)"
    return ""


def share_priorities(areas: Sequence[Area], complain: Complain) -> None:
    """Tell each area whose zone has another priority already."""
    priorities: dict[str, int] = {}
    for area in areas:
        if priorities.setdefault(area.zone, area.priority) != area.priority:
            complain(area.row, f"zone {area.zone} has priority {priorities[area.zone]} already")
