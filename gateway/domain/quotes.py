"""Priced promises and how they were judged: rate, offer, quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from gateway.domain.errors import InvalidValue
from gateway.domain.handover import CollectionPoint
from gateway.domain.shipments import ReturnWay, Shipment
from gateway.domain.values import Money, TimeWindow, total


class ServiceLevel(StrEnum):
    """Speed promises in our words, fastest first."""

    INSTANT = "instant"
    SAME_DAY = "same_day"
    NEXT_DAY = "next_day"
    TWO_DAY = "two_day"
    STANDARD = "standard"
    ECONOMY = "economy"
    SERVICE_POINT = "service_point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surcharge:
    """One line of a price above the base: fuel, residential, tax."""

    code: str
    label: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A priced promise of one service of one account. `price` is gross and includes the surcharges.

    `carrier_data` is what the adapter needs back to book this very rate; opaque to everybody else. `return_way` is set
    on rates of the way back.
    """

    service: ServiceLevel
    carrier_service: str
    price: Money
    surcharges: tuple[Surcharge, ...] = ()
    pickup_by: datetime | None = None
    deliver_from: datetime | None = None
    deliver_by: datetime | None = None
    expires_at: datetime | None = None
    carrier_quote_id: str = ""
    co2e_g: int | None = None
    carrier_data: Mapping[str, str] = field(default_factory=dict)
    return_way: ReturnWay | None = None

    def __post_init__(self) -> None:
        if self.price.amount < 0:
            raise InvalidValue("a price cannot be negative")
        if self.price < total((line.amount for line in self.surcharges), self.price.currency):
            raise InvalidValue("surcharges cannot exceed the price they are part of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is to be expected of a rate, whatever its carrier promises. None, everywhere: nothing is known.

    `p_on_time` and `p_first_attempt` are probabilities from 0 to 1; `transit_p50_h`, `transit_p80_h`, `transit_p90_h`
    quantiles of the hours from ready to the door; `co2e_g` grams by a model, where the carrier states none, and
    `co2e_tier` on what data they rest (primary, modelled, default). The others rest on `deliveries` between two days,
    as `source` says in words; `adjusted` says by which of them the hours were then adjusted to this distance and area.
    """

    p_on_time: float | None = None
    p_first_attempt: float | None = None
    transit_p50_h: float | None = None
    transit_p80_h: float | None = None
    transit_p90_h: float | None = None
    co2e_g: int | None = None
    co2e_tier: str = ""
    deliveries: int = 0
    since: date | None = None
    until: date | None = None
    source: str = ""
    adjusted: str = ""

    def __post_init__(self) -> None:
        for chance in (self.p_on_time, self.p_first_attempt):
            if chance is not None and not 0 <= chance <= 1:
                raise InvalidValue(f"a probability is from 0 to 1, not {chance}")


NOTHING_KNOWN = Outlook()


class Effect(StrEnum):
    """What a rule does to an offer."""

    RANK = "rank"
    DROP = "drop"
    PASS = "pass"  # noqa: S105 (a word, not a password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A rule's word on one rate: a penalty in minor units of the policy's currency, None to drop it, and why.

    `applied` is False where the rule's condition did not hold, or an earlier rule of its group applied.
    """

    rule: str
    effect: Effect
    penalty: int | None
    why: str
    applied: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A rate as judged for one quote. `rank` 1 is the recommendation; None when dropped.

    `score` is the sum of penalties in minor units of the policy's currency: lower is better. `shown` is what the buyer
    sees where that is not the price.
    """

    id: str
    account_id: str
    account: str
    carrier: str
    rate: Rate
    rank: int | None
    score: int | None
    verdicts: tuple[Verdict, ...] = ()
    outlook: Outlook = NOTHING_KNOWN
    shown: Money | None = None

    @property
    def eligible(self) -> bool:
        """Whether the policy lets it be booked."""
        return self.rank is not None


class ResultState(StrEnum):
    """How an account answered a quote."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    INELIGIBLE = "ineligible"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierResult:
    """What asking one account came to, whether it answered or not."""

    account_id: str
    account: str
    carrier: str
    state: ResultState
    latency_ms: int | None = None
    code: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What became of an offer under another policy; `why` is what dropped it."""

    offer_id: str
    rank: int | None
    score: int | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """How the version of the policy that is on trial would have ranked the offers, best first. Without effect."""

    policy_version: int
    currency: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResort:
    """What the policy shows a buyer when no offer is left; nobody has promised it."""

    name: str
    service: ServiceLevel
    price: Money
    within_hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRate:
    """A rate as a buyer sees it. `code` carries the offer's id; `stable` stays the same when the cart is asked again.

    `price` is the buyer's, `cost` what the carrier was quoted to take from the merchant. `point` is where the buyer
    collects it, None for the door.
    """

    offer_id: str
    stable: str
    service: ServiceLevel
    label: str
    description: str
    price: Money
    cost: Money
    expires_at: datetime
    carrier: str = ""
    carrier_name: str = ""
    deliver_from: datetime | None = None
    deliver_by: datetime | None = None
    point: CollectionPoint | None = None

    @property
    def code(self) -> str:
        """For the shop's order, from which it comes back: the stable part first, of points their id."""
        return f"{self.point.id if self.point else self.stable}-{self.offer_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutPromise:
    """What a quote's buyer was shown, kept with the quote. `fallback`: from the table, for no carrier gave a rate."""

    connection_id: str
    rates: tuple[ShownRate, ...]
    fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Our answer to "who can deliver this?": ranked offers with reasons, who did not answer, and an expiry."""

    id: str
    merchant_id: str
    shipment: Shipment
    created_at: datetime
    expires_at: datetime
    policy: str
    policy_version: int
    zone: str | None
    offers: tuple[Offer, ...]
    carrier_results: tuple[CarrierResult, ...]
    mode: Literal["test", "live"] = "live"
    ready_at: datetime | None = None
    window: TimeWindow | None = None
    services: tuple[ServiceLevel, ...] = ()
    policy_currency: str = ""
    shadow: Shadow | None = None
    last_resort: LastResort | None = None
    checkout: CheckoutPromise | None = None

    @property
    def ranked(self) -> tuple[Offer, ...]:
        """The eligible offers, best first."""
        return tuple(sorted((o for o in self.offers if o.rank is not None), key=lambda o: o.rank or 0))
