"""Tables that lie as CSV beside a carrier's code."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from carriers.base import errors
from carriers.base.errors import CarrierError


@cache
def table(package: str, name: str) -> Sequence[Mapping[str, str]]:
    """The rows of a file of a package, by the names in its first line."""
    text = files(package).joinpath(name).read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def error_named(name: str) -> type[CarrierError]:
    """The kind of error that a table names. Raises ValueError: there is none of that name."""
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, CarrierError)):
        raise ValueError(f"{name!r} is no kind of CarrierError")
    return kind
