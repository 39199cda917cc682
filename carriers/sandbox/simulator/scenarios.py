"""What the sandbox's server does for whom: outcomes, lives and prices, from the tables beside this file."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from carriers.base import Money
from carriers.base.simulator import Fault, FaultKind

NORMAL_LIFE = "normal"
GRAMS_PER_KG = 1000
TO_DOOR = ("INSTANT", "SAME_DAY", "NEXT_DAY")
BACK = {"": Decimal(1), "pickup": Decimal(1), "drop_off": Decimal("0.75"), "code": Decimal("0.8")}
"""What the ways back cost beside a delivery; "" is the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happens to one operation: a fault, a word for the handler, or both."""

    operation: str
    word: str
    fault: Fault | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One scan of a life: when after the booking, which code, and where."""

    after_s: int
    code: str
    detail: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A country's prices: a base per service and an amount for each kilogram begun."""

    currency: str
    bases: Mapping[str, Decimal]
    per_kg: Decimal

    def of(self, service: str, weight_g: int, factor: Decimal = Decimal(1)) -> Money:
        """The price of a shipment, times a factor."""
        kilograms = -(-weight_g // GRAMS_PER_KG)
        exact = Money(self.bases[service] + self.per_kg * kilograms, self.currency)
        return exact if factor == 1 else exact.share(factor)


NOTHING = Outcome(operation="", word="", fault=None)


def outcome_of(order: Mapping[str, Any], operation: str) -> Outcome:
    """What an order's reference or postcode chooses for this operation, if anything."""
    found = outcomes().get(_code(order), NOTHING)
    return found if found.operation == operation else NOTHING


def life_of(order: Mapping[str, Any]) -> tuple[Step, ...]:
    """The scans that will follow a booking."""
    return lives()[outcome_of(order, "life").word or NORMAL_LIFE]


def _code(order: Mapping[str, Any]) -> str:
    """`sim` and three digits that end the merchant's reference, else the postcode's last three digits."""
    named = re.search(r"sim(\d{3})$", str(order.get("merchant_reference", "")))
    if named:
        return named[1]
    return re.sub(r"\D", "", str(order.get("to", {}).get("postal_code", "")))[-3:]


@cache
def outcomes() -> Mapping[str, Outcome]:
    """By three-digit code."""
    return {row["code"]: _outcome(row) for row in _rows("outcomes.csv")}


def _outcome(row: Mapping[str, str]) -> Outcome:
    fault = None
    if row["fault"]:
        delay_s = float(row["delay_s"]) if row["delay_s"] else None
        fault = Fault(kind=FaultKind(row["fault"]), delay_s=delay_s)
    return Outcome(operation=row["operation"], word=row["word"], fault=fault)


@cache
def lives() -> Mapping[str, tuple[Step, ...]]:
    """By name."""
    found: dict[str, tuple[Step, ...]] = {}
    for row in _rows("lives.csv"):
        step = Step(after_s=int(row["after_s"]), code=row["code"], detail=row["detail"], where=row["where"])
        found[row["life"]] = (*found.get(row["life"], ()), step)
    return found


@cache
def prices() -> Mapping[str, Price]:
    """By country of origin."""
    found = {}
    for row in _rows("prices.csv"):
        country, currency, per_kg = row.pop("country"), row.pop("currency"), Decimal(row.pop("per_kg"))
        bases = {service: Decimal(base) for service, base in row.items()}
        found[country] = Price(currency=currency, bases=bases, per_kg=per_kg)
    return found


def _rows(name: str) -> list[dict[str, str]]:
    text = files("carriers.sandbox.simulator").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
