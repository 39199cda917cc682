"""Values that every other noun is made of: money, places, parcels, time windows, requirements."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Self

from gateway.domain.errors import InvalidValue

MAX_MINOR_UNITS = 2**63 - 1


@cache
def currency_exponents() -> dict[str, int]:
    """Digits after the point of each currency. Source: ISO 4217 list one (checked against CLDR in the tests)."""
    text = files("gateway.domain").joinpath("currencies.csv").read_text("utf-8")
    return {row["code"]: int(row["exponent"]) for row in csv.DictReader(text.splitlines())}


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount of one currency. Never a float; never more digits than the currency has."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        exponent = currency_exponents().get(self.currency)
        if exponent is None:
            raise InvalidValue(f"unknown currency {self.currency!r}")
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise InvalidValue(f"an amount of money is a finite decimal, not {self.amount!r}")
        minor = self.amount.scaleb(exponent)
        if abs(minor) > MAX_MINOR_UNITS:
            raise InvalidValue(f"{self.amount} {self.currency} is more than can be stored")
        if minor != minor.to_integral_value():
            raise InvalidValue(f"{self.amount} has more digits than {self.currency} has ({exponent})")

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Self:
        """From integer minor units: 899 USD is 8.99, 899 JPY is 899."""
        if isinstance(minor, bool) or not isinstance(minor, int):
            raise InvalidValue(f"minor units are an integer, not {minor!r}")
        exponent = currency_exponents().get(currency)
        if exponent is None:
            raise InvalidValue(f"unknown currency {currency!r}")
        return cls(Decimal(minor).scaleb(-exponent), currency)

    @classmethod
    def parse(cls, text: str | int | Decimal, currency: str) -> Self:
        """From a decimal in major units, exactly: "8.99" USD. Raises InvalidValue on excess digits or nonsense."""
        if isinstance(text, bool | float):
            raise InvalidValue(f"{text!r} is not an exact amount")
        try:
            return cls(Decimal(text), currency)
        except InvalidOperation:
            raise InvalidValue(f"{text!r} is not an amount of money") from None

    @property
    def minor(self) -> int:
        """The amount in integer minor units."""
        return int(self.amount.scaleb(currency_exponents()[self.currency]))

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount <= other.amount

    def share(self, fraction: Decimal) -> Money:
        """A fraction of the amount, rounded half up to the currency's digits."""
        exact = self.amount * fraction
        step = Decimal(1).scaleb(-currency_exponents()[self.currency])
        return Money(exact.quantize(step, rounding=ROUND_HALF_UP), self.currency)

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise InvalidValue(f"{self.currency} and {other.currency} are never mixed without a stated rate")

    def __str__(self) -> str:
        digits = currency_exponents()[self.currency]
        return f"{self.amount:.{digits}f} {self.currency}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts of one currency; zero for none."""
    result = Money(Decimal(0), currency)
    for amount in amounts:
        result = result + amount
    return result


def aware(moment: datetime, name: str) -> datetime:
    """The same moment; raises InvalidValue when it carries no offset."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidValue(f"{name} needs a UTC offset")
    return moment


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """A span of time in which something happens; start before end, both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if aware(self.start, "window start") >= aware(self.end, "window end"):
            raise InvalidValue("a window ends after it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something is picked up or delivered, and whom to ask for there.

    `country` is ISO 3166-1 alpha-2, `subdivision` ISO 3166-2 without the country, `phone` E.164.
    """

    country: str
    postal_code: str = ""
    name: str = ""
    company: str = ""
    street1: str = ""
    street2: str = ""
    city: str = ""
    subdivision: str = ""
    phone: str = ""
    email: str = ""
    latitude: float | None = None
    longitude: float | None = None
    residential: bool | None = None
    instructions: str = ""

    @property
    def addressable(self) -> bool:
        """Whether a courier could find the door: enough for a booking, not only for a quote."""
        return bool(self.street1 and self.city and (self.name or self.company))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One physical package. Grams and millimetres, integers; a dimension of 0 means not known."""

    weight_g: int
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    value: Money | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if self.weight_g <= 0:
            raise InvalidValue("a parcel weighs at least one gram")
        if min(self.dimensions_mm) < 0:
            raise InvalidValue("a dimension cannot be negative")

    @property
    def dimensions_mm(self) -> tuple[int, int, int]:
        """Length, width, height."""
        return (self.length_mm, self.width_mm, self.height_mm)

    @property
    def volume_mm3(self) -> int:
        """Outer volume; 0 when a dimension is not known."""
        return self.length_mm * self.width_mm * self.height_mm

    def dimensional_weight_g(self, divisor_cm3_per_kg: int) -> int:
        """Length x width x height (cm3) over the carrier's divisor (cm3 per kg), in grams, rounded up.

        Source: IATA TACT rules 3.9.3, as used by parcel carriers with divisors of 3000 to 6000.
        """
        return -(-self.volume_mm3 // divisor_cm3_per_kg)

    def chargeable_weight_g(self, divisor_cm3_per_kg: int | None, step_g: int = 1) -> int:
        """The larger of real and dimensional weight, rounded up to the carrier's step."""
        heavier = self.weight_g
        if divisor_cm3_per_kg:
            heavier = max(heavier, self.dimensional_weight_g(divisor_cm3_per_kg))
        return -(-heavier // step_g) * step_g


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What the handover must include; a carrier that cannot do one of them is not eligible."""

    signature: bool = False
    min_age: int | None = None
    photo: bool = False
    pin: bool = False
    id_check: bool = False
    temperature: str = "ambient"
    two_person: bool = False
    cash_on_delivery: Money | None = None
    undeliverable_action: str = "return"
