"""Tiendanube / Nuvemshop Shipping Carrier.

Money is a decimal in major units; `price` is the buyer's, `price_merchant` what the merchant pays. `code` is that of
an option the merchant activates, so it is the same each time: our stable code, for service points `pickup_1`,
`pickup_2` ... from the nearest on. `reference` comes back on the order and leads to the offer and the point. Extra
costs and days of options are added by the platform itself. Any status that is not 2xx makes it use fallback rates; a
4xx does not count against our health there.

Source: TiendaNube/api-docs 40588234, resources/shipping_carrier.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from carriers.base import Account, Reading, UrlTokenProof, WebhookCall
from gateway.api.checkout.translator import (
    Reply,
    amount,
    country,
    cut,
    grams,
    lines,
    millimetres,
    number,
    pieces,
    rounded,
    sides,
    text_or_number,
    title,
)
from gateway.domain.checkouts import Cart, CartItem, CheckoutAnswer, CheckoutConnection
from gateway.domain.handover import CollectionPoint
from gateway.domain.quotes import ServiceLevel, ShownRate
from gateway.domain.values import Address, Money
from gateway.services.checkout_connections import URL_TOKEN

TOKEN = UrlTokenProof(secret=URL_TOKEN)
CANNOT_SERVE = BACKUP = 422
TIMES = "%Y-%m-%dT%H:%M:%S%z"


class Tiendanube:
    """Translates."""

    def prove(self, call: WebhookCall, account: Account, body: Reading, connection: CheckoutConnection) -> None:
        """The token in the URL: the protocol has no proof of its own."""
        TOKEN.prove(call, account)

    def cart(self, body: Reading, connection: CheckoutConnection) -> Cart:
        """The cart, which is the whole body."""
        items, origin = lines(body, "items"), body.maybe("origin")
        return Cart(
            origin=_address(origin) if origin is not None and origin.has("country") else None,
            destination=_address(body.get("destination")),
            items=tuple(_item(line) for line in items),
            value=_value(items, body.text("currency", 3).upper()),
        )

    def answer(self, answer: CheckoutAnswer, connection: CheckoutConnection) -> Reply:
        """All rates; without any a 422, upon which the shop shows its fallback rates."""
        if answer.failed:
            return self.refusal(BACKUP, "no carrier answered")
        if not answer.rates:
            return self.refusal(CANNOT_SERVE, "no carrier serves this address")
        return Reply({"rates": [_rate(rate) for rate in answer.rates]})

    def refusal(self, status: int, why: str) -> Reply:
        """The platform's own shape of errors."""
        return Reply({"code": status, "message": title(status), "description": why}, status)


def _address(place: Reading) -> Address:
    street = " ".join(filter(None, [place.maybe_text("address", limit=90), text_or_number(place, "number")]))
    return Address(
        country=country(place, "country"),
        postal_code=text_or_number(place, "postal_code") or text_or_number(place, "zipcode"),
        city=place.maybe_text("city", limit=100),
        name=place.maybe_text("name", limit=100),
        street1=street,
        street2=text_or_number(place, "floor"),
    )


def _item(line: Reading) -> CartItem:
    size = line.maybe("dimensions") or Reading({})
    variant = line.maybe_integer("id")
    return CartItem(
        sku=line.maybe_text("sku", limit=100) or ("" if variant is None else str(variant)),
        quantity=pieces(line),
        weight_g=grams(line, "grams"),
        sides_mm=sides(*(millimetres(size, name, "cm") for name in ("depth", "width", "height"))),
        free=line.boolean("free_shipping", default=False),
    )


def _value(items: Sequence[Reading], currency: str) -> Money:
    prices = (amount(line, "price") * pieces(line) for line in items if line.has("price"))
    return rounded(sum(prices, Decimal(0)), currency)


def _rate(rate: ShownRate) -> dict[str, object]:
    found: dict[str, object] = {
        "name": cut(rate.label, 255),
        "code": rate.stable,
        "price": number(rate.price),
        "price_merchant": number(rate.cost),
        "currency": rate.price.currency,
        **_where(rate.point),
        "phone_required": rate.service in (ServiceLevel.INSTANT, ServiceLevel.SAME_DAY),
        "reference": rate.code if rate.point else rate.offer_id,
    }
    dates = {"min_delivery_date": rate.deliver_from or rate.deliver_by, "max_delivery_date": rate.deliver_by}
    return found | {name: _time(at) for name, at in dates.items() if at is not None}


def _where(collected: CollectionPoint | None) -> dict[str, object]:
    """To the door, or the point with its address and hours. Its street and number are one line with us."""
    if collected is None:
        return {"type": "ship"}
    point, place = collected.point, collected.point.address
    return {
        "type": "pickup",
        "address": {
            "address": cut(" ".join(filter(None, [place.street1, place.street2])) or point.name, 255),
            "number": "",
            "floor": None,
            "locality": place.city,
            "city": place.city,
            "province": place.subdivision,
            "country": place.country,
            "phone": place.phone or None,
            "zipcode": place.postal_code,
            "latitude": None if place.latitude is None else str(place.latitude),
            "longitude": None if place.longitude is None else str(place.longitude),
        },
        "hours": [
            {"day": (each.weekday + 1) % 7, "start": _clock(each.opens_min), "end": _clock(each.closes_min)}
            for each in point.opening_hours
        ],
    }


def _clock(minutes: int) -> str:
    """Minutes after midnight as HHMM; the end of the day is its last minute."""
    hours, rest = divmod(min(minutes, 24 * 60 - 1), 60)
    return f"{hours:02}{rest:02}"


def _time(at: datetime) -> str:
    return at.strftime(TIMES)
