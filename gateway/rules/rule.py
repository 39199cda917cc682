"""What a rule is, and what it may look at besides the candidate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Effect, ServiceLevel, Verdict
from gateway.domain.shipments import Shipment
from gateway.domain.values import Money, TimeWindow, currency_exponents
from gateway.rules.candidate import Candidate

MAX_MINOR = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """What one unit of another currency is worth in the policy's, and who says so."""

    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The money of a decision: the policy's currency, exchange rates, and all prices in it, lowest first."""

    currency: str = ""
    exchange: Mapping[str, ExchangeRate] = field(default_factory=dict)
    prices: tuple[Money, ...] = ()

    def worth(self, money: Money) -> Money | None:
        """The same in the policy's currency, rounded half up to its digits; None without an exchange rate."""
        if money.currency == self.currency:
            return money
        exchange = self.exchange.get(money.currency)
        if exchange is None:
            return None
        minor = (money.amount * exchange.rate).scaleb(currency_exponents()[self.currency])
        return Money.from_minor(int(minor.to_integral_value(ROUND_HALF_UP)), self.currency)

    def money(self, minor: int) -> Money:
        """An amount of the policy's currency."""
        return Money.from_minor(minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is asked for, where and when. `market` is set by the policy that decides."""

    shipment: Shipment
    zone: str | None
    now: datetime
    ready_at: datetime
    window: TimeWindow | None = None
    services: tuple[ServiceLevel, ...] = ()
    market: Market = field(default_factory=Market)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC):
    """One criterion. Its fields are its parameters in a policy, its `kind` is the name it has there."""

    kind: ClassVar[str]

    @abstractmethod
    def judge(self, candidate: Candidate, context: Context) -> Verdict:
        """This rule's word on one candidate, with a sentence that a person can read."""

    def ranks(self, penalty: int, why: str) -> Verdict:
        """It counts for or against the candidate, in minor units of the policy's currency."""
        return Verdict(rule=self.kind, effect=Effect.RANK, penalty=penalty, why=why)

    def drops(self, why: str) -> Verdict:
        """The candidate is out."""
        return Verdict(rule=self.kind, effect=Effect.DROP, penalty=None, why=why)

    def passes(self, why: str) -> Verdict:
        """It has nothing against the candidate."""
        return Verdict(rule=self.kind, effect=Effect.PASS, penalty=0, why=why)


def non_negative(name: str, minor: int) -> None:
    """Refuse an amount below zero or beyond all reason. Raises Unprocessable at the parameter's name."""
    if not 0 <= minor <= MAX_MINOR:
        raise Unprocessable(f"/{name}", f"{name} is from 0 to {MAX_MINOR}", "out_of_range")
