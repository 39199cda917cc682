"""Zones: named sets of postcodes that policies, rate cards and reports speak of."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.errors import InvalidValue
from gateway.domain.values import Address

COLUMNS = ("zone", "country", "kind", "value", "priority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Postcodes of one country: from `first` to `last`, or all that begin with `prefix` ("" is every one)."""

    country: str
    prefix: str = ""
    first: str = ""
    last: str = ""

    def covers(self, country: str, postcode: str) -> bool:
        """Whether a normalised postcode lies inside, all of it: a shortened one must leave no doubt."""
        if country != self.country:
            return False
        if not self.first:
            return postcode.startswith(self.prefix)
        if not postcode.isdecimal():
            return False
        length = len(self.first)
        lowest, highest = postcode.ljust(length, "0")[:length], postcode.ljust(length, "9")[:length]
        return self.first <= lowest and highest <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A named set of postcodes. Where zones overlap, the higher `priority` wins, then the name."""

    name: str
    areas: tuple[Area, ...]
    priority: int = 0


def normalised(postcode: str) -> str:
    """A postcode without spaces and hyphens, in capitals: "sw1a 1aa" -> "SW1A1AA"."""
    return re.sub(r"[\s-]", "", postcode).upper()


def zone_of(address: Address, zones: Sequence[Zone]) -> str | None:
    """The name of the zone an address lies in, or None. The first part of a postcode may be enough."""
    postcode = normalised(address.postal_code)
    inside = [zone for zone in zones if any(area.covers(address.country, postcode) for area in zone.areas)]
    return min(inside, key=lambda zone: (-zone.priority, zone.name)).name if inside else None


def read_zones(text: str, file: str = "zones.csv") -> tuple[Zone, ...]:
    """Zones from CSV with the columns zone, country, kind, value, priority.

    `kind` is `country` (no value), `prefix` ("100") or `range` ("0200-1299", digits); rows share a zone.

    Raises:
        InvalidValue: names the file and every line at fault.
    """
    areas: dict[str, list[Area]] = defaultdict(list)
    priorities: dict[str, int] = {}
    faults: list[str] = []
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise InvalidValue(f"{file} line 1: the columns are {', '.join(COLUMNS)}")
    for row in reader:
        try:
            name, priority, area = _row(row)
            if priorities.setdefault(name, priority) != priority:
                raise InvalidValue(f"zone {name!r} already has priority {priorities[name]}")
            areas[name].append(area)
        except InvalidValue as fault:
            faults.append(f"{file} line {reader.line_num}: {fault}")
    if faults:
        raise InvalidValue("\n".join(faults))
    return tuple(Zone(name=name, areas=tuple(found), priority=priorities[name]) for name, found in areas.items())


def _row(row: Mapping[str, str | None]) -> tuple[str, int, Area]:
    cells = [row[column] for column in COLUMNS]
    if len(row) != len(COLUMNS) or None in cells:
        raise InvalidValue(f"expected {len(COLUMNS)} cells")
    name, country, kind, value, priority = ((cell or "").strip() for cell in cells)
    if not name:
        raise InvalidValue("a zone has a name")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise InvalidValue(f"{country!r} is not a country of two capitals")
    if not re.fullmatch(r"-?\d{1,6}", priority):
        raise InvalidValue(f"{priority!r} is not a whole number")
    return name, int(priority), _area(country, kind, value)


def _area(country: str, kind: str, value: str) -> Area:
    if kind == "country" and not value:
        return Area(country=country)
    if kind == "prefix" and normalised(value):
        return Area(country=country, prefix=normalised(value))
    if kind == "range":
        first, _, last = (part.strip() for part in value.partition("-"))
        if first.isdecimal() and last.isdecimal() and len(first) == len(last) and first <= last:
            return Area(country=country, first=first, last=last)
    raise InvalidValue(f"{value!r} is not a {kind!r} of postcodes")
