"""What comes with the gateway as data (`config/`), read for those who need it."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from gateway.domain.emissions import Factor, read_factors


def shipped_policies() -> Mapping[str, Mapping[str, Any]]:
    """The policies of `config/policies.toml`; those that compare in USD know all rates of `config/exchange.csv`."""
    config = files("gateway.config")
    policies = tomllib.loads(config.joinpath("policies.toml").read_text("utf-8"))
    rows = csv.DictReader(config.joinpath("exchange.csv").read_text("utf-8").splitlines())
    rates = {row["currency"]: {"rate": row["usd"], "source": row["source"]} for row in rows}
    for policy in policies.values():
        if policy["currency"] == "USD":
            policy["exchange"] = {**rates, **policy.get("exchange", {})}
    return policies


def shipped_zones() -> str:
    """The zones of `config/zones.csv`, as they are written there."""
    return files("gateway.config").joinpath("zones.csv").read_text("utf-8")


def shipped_factors() -> Mapping[str, Factor]:
    """The factors of `config/emission_factors.csv`."""
    return read_factors(files("gateway.config").joinpath("emission_factors.csv").read_text("utf-8"))


def shipped_emission_profiles() -> Mapping[str, Mapping[str, object]]:
    """The profiles of `config/emission_profiles.toml`, by kind of carrier."""
    return tomllib.loads(files("gateway.config").joinpath("emission_profiles.toml").read_text("utf-8"))
