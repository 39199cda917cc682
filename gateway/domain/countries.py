"""The countries there are, by their codes of two capitals.

Source: `iso3166.tab` of the IANA time zone database (ISO 3166-1 alpha-2), and XK, which ISO leaves to its users and
carriers use for Kosovo.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import files


@cache
def countries() -> Collection[str]:
    """Their codes."""
    lines = files("gateway.domain").joinpath("countries.csv").read_text("utf-8").split()
    return frozenset(lines[1:])
