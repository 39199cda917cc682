"""What of a quote a buyer is shown: which offers, under which names, at which prices."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from gateway.domain.checkouts import Cart, CheckoutConnection, CheckoutSettings, rows_for
from gateway.domain.handover import CollectionPoint
from gateway.domain.quotes import CheckoutPromise, Offer, Quote, ServiceLevel, ShownRate
from gateway.domain.timezones import recipient_zone
from gateway.domain.values import Money

MOST_SHOWN = 20
LONGEST_STABLE = 14
"""With the offer's id behind it, a code stays within 50 characters, which is what BigCommerce takes."""


@cache
def service_labels() -> Mapping[str, tuple[str, str]]:
    """What buyers call a service level, and what it promises where the carrier names no day."""
    text = files("gateway.domain").joinpath("service_labels.csv").read_text("utf-8")
    return {row["service"]: (row["label"], row["promise"]) for row in csv.DictReader(text.splitlines())}


def promise_of(
    quote: Quote,
    connection: CheckoutConnection,
    cart: Cart,
    carrier_name: Callable[[str], str],
    points: Sequence[CollectionPoint] = (),
) -> CheckoutPromise:
    """The rates for the buyer, best first: the quote's ranked offers, or the fallback table where there are none.

    Of offers to a service point each carrier's best is shown, once for each of its `points`.
    """
    settings = connection.settings
    offers = [
        offer for offer in quote.ranked if not cart.only_currency or offer.rate.price.currency == cart.only_currency
    ]
    to_points = [offer for offer in offers if offer.rate.service is ServiceLevel.SERVICE_POINT]
    offers = [offer for offer in offers if offer.rate.service is not ServiceLevel.SERVICE_POINT]
    chosen = _best_of_each(offers) if settings.show == "best" else offers
    names: set[str] = set()
    rates = []
    for offer in chosen[:MOST_SHOWN]:
        stable = _stable(offer, names)
        names.add(stable)
        rates.append(_rate(offer, stable, quote, settings, cart, carrier_name(offer.carrier)))
    best: dict[str, Offer] = {}
    for offer in to_points:
        best.setdefault(offer.carrier, offer)
    reached = [(best[point.carrier], point) for point in points if point.carrier in best]
    for place, (offer, point) in enumerate(reached, 1):
        shown = _rate(offer, f"pickup_{place}", quote, settings, cart, carrier_name(offer.carrier))
        rates.append(replace(shown, label=f"{shown.label}: {point.point.name}", point=point))
    if rates:
        return CheckoutPromise(connection_id=connection.id, rates=tuple(rates))
    table: tuple[ShownRate, ...] = ()
    if settings.when_nothing == "fallback":
        table = fallback_rates(quote, settings, cart) or _last_resort(quote, settings, cart)
    return CheckoutPromise(connection_id=connection.id, rates=table, fallback=bool(table))


def fallback_rates(quote: Quote, settings: CheckoutSettings, cart: Cart) -> tuple[ShownRate, ...]:
    """The rows of the table that hold; of several for one service level the first."""
    shipment = quote.shipment
    payable = [row for row in settings.fallback if cart.only_currency in ("", row.price.currency)]
    rows = rows_for(payable, shipment.destination, shipment.weight_g)
    own, zone = quote.id.removeprefix("qte_"), recipient_zone(shipment)
    return tuple(
        ShownRate(
            offer_id=f"off_{own}_f{place}",
            stable=row.service.value,
            service=row.service,
            label=row.name,
            description=row.name,
            price=_free_or(row.price, settings, cart),
            cost=row.price,
            expires_at=quote.expires_at,
            deliver_by=None if row.days is None else _there(quote.created_at + timedelta(days=row.days), zone),
        )
        for place, row in enumerate(rows, 1)
    )


def _last_resort(quote: Quote, settings: CheckoutSettings, cart: Cart) -> tuple[ShownRate, ...]:
    """What the policy itself shows when no offer is left."""
    last = quote.last_resort
    if last is None or cart.only_currency not in ("", last.price.currency):
        return ()
    within = None if last.within_hours is None else quote.created_at + timedelta(hours=last.within_hours)
    shown = ShownRate(
        offer_id=f"off_{quote.id.removeprefix('qte_')}_f1",
        stable=last.service.value,
        service=last.service,
        label=last.name,
        description=last.name,
        price=_free_or(last.price, settings, cart),
        cost=last.price,
        expires_at=quote.expires_at,
        deliver_by=_there(within, recipient_zone(quote.shipment)),
    )
    return (shown,)


def keeping_codes(new: Sequence[ShownRate], before: Sequence[ShownRate], now: datetime) -> tuple[ShownRate, ...]:
    """The new rates, but those that a buyer was shown already at the same price keep their code.

    A shop compares codes when it asks again: a chosen rate whose code changed is "no longer valid" to it.
    """
    known = {(rate.stable, rate.label, rate.price, rate.carrier): rate for rate in before if rate.expires_at > now}
    return tuple(known.get((rate.stable, rate.label, rate.price, rate.carrier), rate) for rate in new)


def _best_of_each(offers: Sequence[Offer]) -> list[Offer]:
    best: dict[ServiceLevel, Offer] = {}
    for offer in offers:
        best.setdefault(offer.rate.service, offer)
    return list(best.values())


def _stable(offer: Offer, taken: set[str]) -> str:
    """A name for the rate that does not depend on when it was asked for: its service level, else its account too."""
    level = offer.rate.service.value
    account = re.sub(r"[^a-z0-9_]", "_", offer.account.lower())
    wanted = level if level not in taken else f"{level[:6]}.{account}"[:LONGEST_STABLE]
    place = 2
    while wanted in taken:
        wanted = f"{level[:6]}.{account}"[: LONGEST_STABLE - 3] + f".{place}"
        place += 1
    return wanted


def _rate(
    offer: Offer, stable: str, quote: Quote, settings: CheckoutSettings, cart: Cart, carrier_name: str
) -> ShownRate:
    rate, zone = offer.rate, recipient_zone(quote.shipment)
    deliver_from, deliver_by = _there(rate.deliver_from, zone), _there(rate.deliver_by, zone)
    label, promise = service_labels()[rate.service.value]
    label = settings.labels.get(rate.service.value, label)
    if settings.show == "all":
        label = f"{carrier_name}: {label}"
    return ShownRate(
        offer_id=offer.id,
        stable=stable,
        service=rate.service,
        label=label,
        description=_description(deliver_by, promise, carrier_name),
        price=_free_or(_marked_up(offer.shown or rate.price, settings), settings, cart),
        cost=rate.price,
        expires_at=quote.expires_at,
        carrier=offer.carrier,
        carrier_name=carrier_name,
        deliver_from=deliver_from,
        deliver_by=deliver_by,
    )


def _there(at: datetime | None, zone: str) -> datetime | None:
    """The same moment by the clock of whoever receives it: shops show buyers its date. As it is where nobody knows."""
    return at.astimezone(ZoneInfo(zone)) if at is not None and zone else at


def _description(deliver_by: datetime | None, promise: str, carrier_name: str) -> str:
    if deliver_by is not None:
        return f"With {carrier_name}, by {deliver_by.day} {deliver_by:%B}"
    return f"With {carrier_name}, {promise}" if promise else f"With {carrier_name}"


def _marked_up(price: Money, settings: CheckoutSettings) -> Money:
    """The price with the merchant's markup, half up to the currency's digits, then up to the next round amount."""
    exact = Decimal(price.minor) * (100 + settings.markup_percent) / 100
    minor = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    step = settings.round_up_to_minor
    return Money.from_minor(-(-minor // step) * step, price.currency)


def _free_or(price: Money, settings: CheckoutSettings, cart: Cart) -> Money:
    """Nothing where the shop or the connection gives free shipping, else the price."""
    least, value = settings.free_from, cart.value
    enough = least is not None and value is not None and value.currency == least.currency and least <= value
    goods = [item for item in cart.items if item.ships]
    free = cart.free or enough or (bool(goods) and all(item.free for item in goods))
    return Money.from_minor(0, price.currency) if free else price
