"""Whose clock a place goes by.

Source: IANA time zone database; of a state or country that has several, `clocks.csv` names that of most people.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from carriers.base.tables import table


@cache
def _known() -> Mapping[tuple[str, str], ZoneInfo]:
    rows = table("carriers.base", "clocks.csv")
    return {(row["country"], row["subdivision"]): ZoneInfo(row["zone"]) for row in rows}


@cache
def clocks_of(country: str) -> tuple[ZoneInfo, ...]:
    """Every zone of a country (ISO 3166-1 alpha-2), the most populous first. Source: `zone.tab`."""
    lines = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return tuple(ZoneInfo(row[2]) for row in rows if row[0] == country)


def clock_at(country: str, subdivision: str, assumed: ZoneInfo) -> tuple[ZoneInfo, str]:
    """The clock of a place, and how sure: `location`, or `assumed` where its country has several or is not known."""
    country, subdivision = country.upper(), subdivision.upper()
    known = _known().get((country, subdivision)) or _known().get((country, ""))
    if known:
        return known, "location"
    clocks = clocks_of(country)
    return (clocks[0], "location" if len(clocks) == 1 else "assumed") if clocks else (assumed, "assumed")
