"""The views of `views.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure of Today: how many a search finds, or what is `counted` otherwise. `tone` colours it where there are
    any.
    """

    title: str
    tone: str
    what: str
    query: str = ""
    counted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab over the list: its statuses, commas between, or "" for all. Each status is of one tab, so that what the
    tabs count adds up.
    """

    title: str
    status: str = ""


@cache
def tiles() -> Sequence[Tile]:
    """In their order."""
    return tuple(Tile(**each) for each in _read("tiles"))


@cache
def tabs() -> Sequence[Tab]:
    """In their order."""
    return tuple(Tab(**each) for each in _read("tabs"))


def _read(name: str) -> Sequence[dict[str, str]]:
    found: Sequence[dict[str, str]] = tomllib.loads(files("gateway.console").joinpath("views.toml").read_text("utf-8"))[
        name
    ]
    return found
