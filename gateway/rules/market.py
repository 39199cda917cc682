"""The money of a decision: one currency to compare in, exchange rates with their source, amounts for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from gateway.domain.values import Money, currency_exponents


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """What one unit of another currency is worth in the policy's, and who says so."""

    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The policy's currency, its exchange rates, and all prices of a decision in it, lowest first, in minor units.

    `cover` is up to which value of the goods an account's contract insures them, by account.
    """

    currency: str = ""
    exchange: Mapping[str, ExchangeRate] = field(default_factory=dict)
    cover: Mapping[str, int] = field(default_factory=dict)
    prices: tuple[int, ...] = ()

    def minor(self, money: Money) -> int | None:
        """Minor units of the policy's currency, rounded half up; None without an exchange rate."""
        if money.currency == self.currency:
            return money.minor
        exchange = self.exchange.get(money.currency)
        if exchange is None:
            return None
        worth = (money.amount * exchange.rate).scaleb(currency_exponents()[self.currency])
        return int(worth.to_integral_value(ROUND_HALF_UP))

    def minor_in(self, minor: int, currency: str) -> int:
        """Minor units of another currency for those of the policy's, rounded half up. Raises KeyError: no rate."""
        if currency == self.currency:
            return minor
        worth = Money.from_minor(minor, self.currency).amount / self.exchange[currency].rate
        return int(worth.scaleb(currency_exponents()[currency]).to_integral_value(ROUND_HALF_UP))

    def text(self, minor: int) -> str:
        """An amount of the policy's currency, for people."""
        return amount_text(minor, self.currency)


@lru_cache(maxsize=8192)
def amount_text(minor: int, currency: str) -> str:
    """Minor units for people: 899 USD is "8.99 USD". Of any size: sums of scores may be more than `Money` holds."""
    digits = currency_exponents()[currency]
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}{f'.{part:0{digits}}' if digits else ''} {currency}"


def per(amount: int, times: int, unit: int) -> int:
    """`amount` for every `unit` of `times`, in whole minor units, rounded half up (a half away from minus infinity)."""
    return (2 * amount * times + unit) // (2 * unit)
