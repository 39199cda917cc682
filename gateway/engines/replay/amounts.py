"""How the measures of a backtest are written: amounts with their units, shares, differences, days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from gateway.domain.values import Money

Json = Mapping[str, Any]
MEASURES = ("cost", "promise_s", "late", "co2e")
TITLES: Mapping[str, str] = {
    "cost": "Cost of carriage",
    "promise_s": "Promised delivery time",
    "late": "Expected late deliveries",
    "co2e": "Greenhouse gases",
}


def share(part: int, whole: int) -> str:
    """In per cent; what is little is not nothing, and what is nearly all is not all."""
    rounded = round(100 * part / whole)
    if rounded == 0 and part:
        return "under 1 %"
    return "over 99 %" if rounded == 100 and part < whole else f"{rounded} %"


def count(number: int) -> str:
    """Digits in groups of three."""
    return f"{number:,}".replace(",", "\u202f")


def amount(measure: str, value: float, currency: str) -> str:
    """A value of a measure with its unit."""
    if measure == "cost":
        money = Money.from_minor(round(value), currency)
        digits = str(money).partition(" ")[0]
        whole, dot, rest = digits.partition(".")
        return f"{count(int(whole)) if int(whole) else whole}{dot}{rest} {currency}"
    if measure == "promise_s":
        return f"{value / 3600:.1f} h"
    if measure == "late":
        return f"{value / 100:.1f} %"
    if abs(value) < 1000:
        return f"{value:.0f} g CO\u2082e"
    return f"{value / 1000:,.1f} kg CO\u2082e".replace(",", "\u202f")


def per_cent(told: Json, name: str) -> float | None:
    """Of what it was then."""
    return 100 * told[name] / told["then"] if told["then"] and told[name] is not None else None


def signed(measure: str, value: float, currency: str) -> str:
    """A difference, with its sign."""
    sign = "\u2212" if value < 0 else "+"
    told = amount(measure, abs(value), currency)
    return f"{sign}{told.replace(' %', ' points') if measure == 'late' else told}"


def week_of(number: int) -> str:
    """A day that is counted from 1970."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
