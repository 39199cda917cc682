"""The fields of an order as people write it, and what they call them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field: its title, to which part of the form it belongs, and what else people call it."""

    name: str
    title: str
    part: str
    longest: int
    needed: bool
    example: str
    repair: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a field, and what to do about it: faults with the same repair are repaired together."""

    column: str
    why: str
    repair: str


@cache
def columns() -> Mapping[str, Column]:
    """Every field by name, in the order in which they are written."""
    text = files("gateway.domain").joinpath("order_columns.csv").read_text("utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        also = tuple(each for each in row.pop("also").split("|") if each)
        longest, needed = int(row.pop("longest")), row.pop("needed") == "yes"
        found[row["name"]] = Column(**row, longest=longest, needed=needed, also=also)
    return found


def column_of(heading: str) -> str:
    """The field that a heading of somebody's file means; "" where nobody can tell."""
    return _headings().get(plain(heading), "")


@cache
def _headings() -> Mapping[str, str]:
    return {plain(each): name for name, column in columns().items() for each in (name, column.title, *column.also)}


def plain(text: str) -> str:
    """Letters and digits, words apart."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
