"""Where countries' towns are, by the table of the tz database. Implements `gateway.services.ports.places.Towns`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from gateway.domain.distance import arc_m

ISO_6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")

Town = tuple[float, float]
"""Latitude and longitude of the principal place of a time zone."""


class TimezoneTowns:
    """The principal places of the time zones of each country: a few, but enough to tell one end of it from another."""

    def away_m(self, country: str, latitude: float, longitude: float) -> float | None:
        """How far the nearest principal place of a country is."""
        towns = _towns().get(country, ())
        return min((arc_m(latitude, longitude, north, east) for north, east in towns), default=None)


@cache
def _towns() -> Mapping[str, Sequence[Town]]:
    """By country. Source: tz database, zone.tab (in the package tzdata): country, ISO 6709 coordinates, zone."""
    found: dict[str, list[Town]] = defaultdict(list)
    text = files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, where = line.split("\t")[:2]
            found[country].append(_degrees(where))
    return found


def _degrees(where: str) -> tuple[float, float]:
    found = ISO_6709.fullmatch(where)
    if found is None:
        raise ValueError(f"{where!r} is not of the form of zone.tab")
    north, east = ((int(found[n + 1]) + int(found[n + 2]) / 60 + int(found[n + 3] or 0) / 3600) for n in (1, 5))
    return (north if found[1] == "+" else -north, east if found[5] == "+" else -east)
