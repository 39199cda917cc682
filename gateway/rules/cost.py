"""What it costs."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import ClassVar

from gateway.domain.quotes import Verdict
from gateway.rules.candidate import Candidate
from gateway.rules.rule import Context, Rule, non_negative

ORDINALS = ("", "second ", "third ", "fourth ", "fifth ", "sixth ", "seventh ", "eighth ", "ninth ", "tenth ")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCurrency(Rule):
    """Prices are compared in the policy's currency, by its exchange rates, or not at all."""

    kind: ClassVar[str] = "one_currency"

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops what cannot be compared."""
        price, market = candidate.rate.price, context.market
        worth = market.worth(price)
        if worth is None:
            return self.drops(
                f"priced in {price.currency}: the policy compares {market.currency} and has no exchange rate"
            )
        if price.currency == market.currency:
            return self.passes(f"priced in {market.currency}")
        exchange = market.exchange[price.currency]
        return self.passes(f"{price} is {worth} at {exchange.rate} ({exchange.source})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheapest(Rule):
    """The price is the penalty."""

    kind: ClassVar[str] = "cheapest"

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Ranks by price, beside the lowest one."""
        price, prices = context.market.worth(candidate.rate.price), context.market.prices
        if price is None:
            return self.passes(f"{candidate.rate.price} is not compared")
        cheaper = bisect_left(prices, price)
        if len(prices) == 1:
            return self.ranks(price.minor, f"the only price: {price}")
        place = f"{ORDINALS[cheaper]}cheapest" if cheaper < len(ORDINALS) else f"number {cheaper + 1} by price"
        beside = f" against {prices[0]}" if cheaper else ""
        return self.ranks(price.minor, f"{place} of {len(prices)}: {price}{beside}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPrice(Rule):
    """A limit on the price, in minor units of the policy's currency."""

    kind: ClassVar[str] = "max_price"
    limit_minor: int

    def __post_init__(self) -> None:
        non_negative("limit_minor", self.limit_minor)

    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """Drops what is dearer."""
        price, limit = context.market.worth(candidate.rate.price), context.market.money(self.limit_minor)
        if price is None:
            return self.passes(f"{candidate.rate.price} is not compared")
        if limit < price:
            return self.drops(f"{price} is above the limit of {limit}")
        return self.passes(f"{price} is within the limit of {limit}")
