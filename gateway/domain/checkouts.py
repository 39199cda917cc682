"""Checkouts that ask for rates while a buyer waits: the connection, the cart they send, the rates they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from gateway.domain.packing import Box, Sides
from gateway.domain.postcodes import normalised, shortened_to
from gateway.domain.quotes import ServiceLevel, ShownRate
from gateway.domain.values import Address, Money

OFFER = re.compile(r"(?:.*[^A-Za-z0-9_])?off_([0-9A-HJKMNP-TV-Z]{26})_(f?[0-9]{1,4})")
"""An offer's id, alone or at the end of the code under which a checkout knows it."""


POINT = re.compile(r"([a-z][a-z0-9_]*):([!-~]+)-off_[0-9A-Za-z]+_f?[0-9]+")
"""The code of a rate to a service point: the point's id, then the offer's."""


class CheckoutProtocol(StrEnum):
    """In which words a checkout asks."""

    SHOPIFY = "shopify"
    BIGCOMMERCE = "bigcommerce"
    TIENDANUBE = "tiendanube"
    ADOBE = "adobe"


class WhenNothing(StrEnum):
    """What a checkout is told when no carrier gives a rate: our table, nothing, or to use its own backup rates."""

    FALLBACK = "fallback"
    NOTHING = "nothing"
    BACKUP = "backup"


class Verification(StrEnum):
    """What a missing signature means. One that is there and false is always refused."""

    REQUIRED = "required"
    IF_PRESENT = "if_present"
    OFF = "off"


USUAL_DEADLINE_MS = 2500
"""Safe in every band of every protocol that publishes one."""

RESERVE_MS = 300
"""What we keep of the deadline for ourselves: packing, judging, storing."""

MOST_POINTS = 10
"""Of one carrier, in a checkout."""

MARGIN_MS = 500
"""What the way to the shop and back may take of the time that it waits."""

SHOPIFY_BANDS = ((3000, 3000), (1500, 5000), (0, 10_000))
"""From so many requests a minute of the shop, how many ms it waits. Source: shopify.dev, DeliveryCarrierService."""

TIMEOUTS_MS: Mapping[CheckoutProtocol, int] = {CheckoutProtocol.TIENDANUBE: 5000, CheckoutProtocol.ADOBE: 5000}
"""How long others wait. Sources: Tiendanube api-docs, shipping_carrier; Adobe Commerce webhooks (the sample's timeout,
which the merchant sets). BigCommerce publishes none.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackRate:
    """A row of the fallback table: where it holds, up to which weight, and what it costs. Empty means everywhere.

    `postcodes` are beginnings of postcodes. `days` is the latest day of delivery from now, None for no promise.
    """

    name: str
    service: ServiceLevel
    price: Money
    countries: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    max_weight_g: int | None = None
    days: int | None = None

    def holds(self, destination: Address, weight_g: int) -> bool:
        """Whether the row is for this destination and weight."""
        near = not self.postcodes or normalised(destination.postal_code).startswith(self._beginnings)
        return near and self._holds_but_for_postcodes(destination, weight_g)

    def may_hold(self, destination: Address, weight_g: int) -> bool:
        """Whether it is for some of what a wallet may have shortened to this postcode."""
        short = shortened_to(normalised(destination.postal_code), self._beginnings)
        return short and self._holds_but_for_postcodes(destination, weight_g)

    @property
    def _beginnings(self) -> tuple[str, ...]:
        return tuple(normalised(each) for each in self.postcodes)

    def _holds_but_for_postcodes(self, destination: Address, weight_g: int) -> bool:
        light = self.max_weight_g is None or weight_g <= self.max_weight_g
        return light and (not self.countries or destination.country in self.countries)


def rows_for(table: Sequence[FallbackRate], destination: Address, weight_g: int) -> tuple[FallbackRate, ...]:
    """Of each service level the first row that holds; where none does and the postcode is a shortened one, that of all
    it may stand for, if they cost the same.
    """
    sure: dict[ServiceLevel, FallbackRate] = {}
    perhaps: dict[ServiceLevel, list[FallbackRate]] = {}
    for row in table:
        if row.holds(destination, weight_g):
            sure.setdefault(row.service, row)
        elif row.may_hold(destination, weight_g):
            perhaps.setdefault(row.service, []).append(row)
    for service, rows in perhaps.items():
        if len({(row.price, row.days) for row in rows}) == 1:
            sure.setdefault(service, rows[0])
    return tuple(row for row in table if row in sure.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSize:
    """How large one article is, for checkouts that send no dimensions."""

    sku: str
    length_mm: int
    width_mm: int
    height_mm: int
    keep_upright: bool = False
    nothing_on_top: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSettings:
    """How a connection answers. `origin` is used in place of the checkout's own where it is given.

    `promise_h`: how long an offer shown is honoured. `requests_per_min`: the shop's band, which decides how long it
    waits. `pickup_points`: how many of each carrier are shown where the protocol can (Tiendanube). `weight_unit`: of
    protocols that name none. `show`: the best offer of each service level, or all of them.
    """

    origin: Address | None = None
    policy: str = ""
    boxes: tuple[Box, ...] = ()
    sizes: tuple[ArticleSize, ...] = ()
    fallback: tuple[FallbackRate, ...] = ()
    when_nothing: WhenNothing = WhenNothing.FALLBACK
    markup_percent: Decimal = Decimal(0)
    round_up_to_minor: int = 1
    free_from: Money | None = None
    show: Literal["best", "all"] = "best"
    labels: Mapping[str, str] = field(default_factory=dict)
    carrier_code: str = "doorstep"
    verification: Verification = Verification.REQUIRED
    weight_unit: Literal["kg", "lb"] = "kg"
    requests_per_min: int | None = None
    deadline_ms: int | None = None
    promise_h: int = 72
    cache_s: int = 900
    pickup_points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutConnection:
    """One shop's checkout; `secrets` are plain here and encrypted at rest, never in repr."""

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    name: str
    protocol: CheckoutProtocol
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    settings: CheckoutSettings = field(default_factory=CheckoutSettings)
    enabled: bool = True
    version: int = 1
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CartItem:
    """Some pieces of one article; weight and sides of one piece, sides None where the checkout does not say."""

    sku: str
    quantity: int
    weight_g: int
    sides_mm: Sides | None = None
    ships: bool = True
    free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """What a checkout wants to know the rates of.

    `value` is what the buyer pays for the goods. `only_currency` is set where rates cannot name their own. `free`: the
    shop gives this buyer free shipping.
    """

    destination: Address
    items: tuple[CartItem, ...]
    origin: Address | None = None
    value: Money | None = None
    only_currency: str = ""
    free: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutAnswer:
    """What a checkout is told: the rates, who did not answer, and until when the same cart gets the same answer.

    `failed`: there are no rates because carriers failed, not because none serves the place.
    """

    quote_id: str
    rates: tuple[ShownRate, ...]
    made_at: datetime
    fresh_until: datetime
    silent: tuple[str, ...] = ()
    failed: bool = False
    fallback: bool = False


def timeout_ms(protocol: CheckoutProtocol, requests_per_min: int | None) -> int | None:
    """How long the shop waits for an answer; None where nobody says."""
    if protocol is not CheckoutProtocol.SHOPIFY:
        return TIMEOUTS_MS.get(protocol)
    busy = SHOPIFY_BANDS[0][0] if requests_per_min is None else requests_per_min
    return next(waits for least, waits in SHOPIFY_BANDS if busy >= least)


def deadline_ms(connection: CheckoutConnection) -> int:
    """When we answer, counted from when we were asked: as configured, else what the shop's band leaves."""
    settings = connection.settings
    if settings.deadline_ms is not None:
        return settings.deadline_ms
    if settings.requests_per_min is None:
        return USUAL_DEADLINE_MS
    waits = timeout_ms(connection.protocol, settings.requests_per_min)
    return USUAL_DEADLINE_MS if waits is None else waits - MARGIN_MS


def point_in(code: str) -> tuple[str, str]:
    """(carrier, point) of the service point in a checkout's code; ("", "") where there is none."""
    found = POINT.fullmatch(code)
    return (found[1], found[2]) if found else ("", "")


def offer_in(code: str) -> tuple[str, str]:
    """(quote id, offer id) in an offer's id or a checkout's code; ("", "") where there is none."""
    found = OFFER.fullmatch(code)
    return (f"qte_{found[1]}", f"off_{found[1]}_{found[2]}") if found else ("", "")
