"""Kinds of values that conditions compare, their units, and how people read them.

Every ordered value is an integer of its base unit, so that two ways of computing a decision cannot differ by a
rounding:

    kind      base unit    units (the first is meant where none is given)
    mass      g            g, kg, oz, lb
    length    mm           mm, cm, m, in
    volume    mm3          cm3, l
    distance  m            km, m, mi
    duration  s            h, min, s, d
    share     0.01 %       %
    count     1            none
    money     minor unit   a currency; the policy's own where none is given; converted by the policy's exchange rates
    clock     min          none: "14:30", the time of day
    date      day          none: "2026-11-27"

A value that is not a whole number of base units is rounded half up to one. Texts, words (of a fixed list), sets of
words and flags have no units.

Source of the factors: the international avoirdupois pound of 0.45359237 kg and the inch of 25.4 mm (1959).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from gateway.domain.errors import Unprocessable
from gateway.domain.values import Money, currency_exponents
from gateway.rules.market import Market

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LARGEST = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value: whether it is `ordered`, its units (factor to the base unit), and how it is shown."""

    name: str
    family: str = "ordered"
    units: Mapping[str, Fraction] = field(default_factory=dict)
    show: Callable[[int], str] = str


def _shown_in(*units: tuple[str, int]) -> Callable[[int], str]:
    """In the first of the units (largest first, with its size) that is not larger than the value; up to 2 digits."""

    def show(value: int) -> str:
        unit, size = next((each for each in units if abs(value) >= each[1]), units[-1])
        number = f"{value / size:.2f}".rstrip("0").rstrip(".")
        return f"{number} %" if unit == "%" else f"{number} {unit}"

    return show


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _span(seconds: int) -> str:
    minutes = math.ceil(abs(seconds) / 60)
    sign = "-" if seconds < 0 else ""
    if minutes and minutes < 60:
        return f"{sign}{minutes} min"
    return f"{sign}{minutes // 60} h {minutes % 60:02} min" if minutes % 60 else f"{sign}{minutes // 60} h"


def _units(**factors: str) -> Mapping[str, Fraction]:
    return {name: Fraction(factor) for name, factor in factors.items()}


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="mass",
            units=_units(g="1", kg="1000", oz="28.349523125", lb="453.59237"),
            show=_shown_in(("kg", 1000), ("g", 1)),
        ),
        Kind(
            name="length",
            units=_units(mm="1", cm="10", m="1000", **{"in": "25.4"}),
            show=_shown_in(("cm", 10), ("mm", 1)),
        ),
        Kind(name="volume", units=_units(cm3="1000", l="1000000"), show=_shown_in(("l", 1_000_000), ("cm3", 1000))),
        Kind(
            name="distance",
            units=_units(km="1000", m="1", mi="1609.344"),
            show=_shown_in(("km", 1000), ("m", 1)),
        ),
        Kind(name="duration", units=_units(h="3600", min="60", s="1", d="86400"), show=_span),
        Kind(name="share", units={"%": Fraction(100)}, show=_shown_in(("%", 100))),
        Kind(name="count"),
        Kind(name="money"),
        Kind(name="clock", show=_clock),
        Kind(name="date", show=lambda day: date.fromordinal(day).isoformat()),
        Kind(name="text", family="text"),
        Kind(name="word", family="text"),
        Kind(name="flag", family="flag", show=lambda flag: "yes" if flag else "no"),
        Kind(name="set", family="set"),
    )
}


def in_base(kind: Kind, value: object, unit: object, market: Market, pointer: str) -> int:
    """An ordered value as a policy has it, in base units.

    Raises:
        Unprocessable: at `pointer`/value or /unit; a currency without exchange rate has the code no_exchange_rate.
    """
    if kind.name in ("clock", "date"):
        _refuse_unit(kind, unit, pointer)
        return _moment(kind, value, f"{pointer}/value")
    number = _number(value, f"{pointer}/value")
    if kind.name == "money":
        return _money(number, unit, market, pointer)
    if not kind.units:
        _refuse_unit(kind, unit, pointer)
        return _whole(number)
    name = next(iter(kind.units)) if unit is None else unit
    if not isinstance(name, str) or name not in kind.units:
        raise Unprocessable(
            f"{pointer}/unit", f"{unit!r} is no unit of {kind.name}; there are {', '.join(kind.units)}", "unknown_unit"
        )
    return _whole(number * kind.units[name])


def _money(number: Fraction, unit: object, market: Market, pointer: str) -> int:
    code = market.currency if unit is None else unit
    if not isinstance(code, str) or code not in currency_exponents():
        raise Unprocessable(f"{pointer}/unit", f"{code!r} is not an ISO 4217 currency", "unknown_currency")
    if number.denominator != 1:
        raise Unprocessable(f"{pointer}/value", "an amount of money is a whole number of minor units", "invalid")
    worth = market.minor(Money.from_minor(int(number), code))
    if worth is None:
        raise Unprocessable(
            f"{pointer}/unit", f"the policy has no exchange rate from {code} to {market.currency}", "no_exchange_rate"
        )
    return worth


def _refuse_unit(kind: Kind, unit: object, pointer: str) -> None:
    if unit is not None:
        raise Unprocessable(f"{pointer}/unit", f"a {kind.name} has no unit", "unknown_unit")


def _moment(kind: Kind, value: object, pointer: str) -> int:
    if kind.name == "clock":
        found = CLOCK.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise Unprocessable(pointer, f'{value!r} is not a time of day such as "14:30"', "invalid")
        return int(found[1]) * 60 + int(found[2])
    try:
        if not isinstance(value, str) or not DATE.fullmatch(value):
            raise ValueError(value)
        return date.fromisoformat(value).toordinal()
    except ValueError:
        raise Unprocessable(pointer, f'{value!r} is not a date such as "2026-11-27"', "invalid") from None


def _number(value: object, pointer: str) -> Fraction:
    """A JSON number, by its digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unprocessable(pointer, f"{value!r} is not a number", "invalid")
    try:
        number = Fraction(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError):
        raise Unprocessable(pointer, f"{value!r} is not a number", "invalid") from None
    if abs(number) > LARGEST:
        raise Unprocessable(pointer, f"a number is at most {LARGEST}", "out_of_range")
    return number


def _whole(number: Fraction) -> int:
    return math.floor(number + Fraction(1, 2))
