"""The figures of `definitions.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

CUTS = ("account", "carrier", "service", "zone")
LEAST = 20
"""Of fewer nothing is told: one parcel more or less would move a share by five points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One figure. `unit` is "" for a share; `share` is which quantile it is; see the file for the rest."""

    name: str
    title: str
    theme: str
    kind: Literal["share", "ratio", "mean", "score", "quantile"]
    better: Literal["high", "low"]
    numerator: str
    denominator: str
    source: str
    measure: str
    unit: Literal["", "minor", "minutes", "ms", "g"] = ""
    less: str = ""
    per: int = 1
    share: float = 0.0
    cuts: tuple[str, ...] = CUTS

    @property
    def measures(self) -> tuple[str, ...]:
        """All that it is made of."""
        return (self.measure, self.less) if self.less else (self.measure,)


@cache
def definitions() -> Mapping[str, Definition]:
    """By name, in their order."""
    told = tomllib.loads(files("gateway.kpis").joinpath("definitions.toml").read_text("utf-8"))
    return {
        name: Definition(
            **{"measure": name, **each, "cuts": tuple(each.get("cuts", CUTS))},
            name=name,
        )
        for name, each in told.items()
    }
