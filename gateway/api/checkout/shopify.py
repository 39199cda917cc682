"""Shopify CarrierService.

Money is integer subunits as text or number: cents, fils of KWD, and hundredths where a currency has none (1000 JPY is
100000). Weights are grams of one unit; there are no dimensions. No rates: 200 with an empty list. Any 4xx or 5xx makes
Shopify show the merchant's backup rates (404 is what it recommends). It keeps a success 15 minutes, an error 30
seconds, and never retries.

Source: shopify.dev, DeliveryCarrierService, API 2025-07. Signatures as on webhooks: not stated there for these calls,
so the connection says whether one is required.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from carriers.base import Account, HmacProof, Reading, UrlTokenProof, WebhookCall
from gateway.api.checkout.translator import (
    Reply,
    amount,
    country,
    cut,
    grams,
    lines,
    phone,
    pieces,
    rounded,
    text_or_number,
)
from gateway.domain.checkouts import Cart, CartItem, CheckoutAnswer, CheckoutConnection, Verification
from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import ShownRate
from gateway.domain.values import Address, Money, currency_exponents
from gateway.services.checkout_connections import CLIENT_SECRET, URL_TOKEN

SIGNATURE = "x-shopify-hmac-sha256"
SIGNED = HmacProof(header=SIGNATURE, secret=CLIENT_SECRET, encoding="base64")
TOKEN = UrlTokenProof(secret=URL_TOKEN)
BACKUP = 404
TIMES = "%Y-%m-%d %H:%M:%S %z"


class Shopify:
    """Translates."""

    def prove(self, call: WebhookCall, account: Account, body: Reading, connection: CheckoutConnection) -> None:
        """The signature, as far as the connection asks for it; the token in the URL, where there is one."""
        wanted = connection.settings.verification
        if wanted is Verification.REQUIRED or (wanted is Verification.IF_PRESENT and SIGNATURE in call.headers):
            SIGNED.prove(call, account)
        if URL_TOKEN in account.secrets:
            TOKEN.prove(call, account)

    def cart(self, body: Reading, connection: CheckoutConnection) -> Cart:
        """The cart in `rate`."""
        rate = body.get("rate")
        currency = rate.text("currency", 3).upper()
        origin, items = rate.maybe("origin"), lines(rate, "items")
        return Cart(
            origin=_address(origin) if origin is not None and origin.has("country") else None,
            destination=_address(rate.get("destination")),
            items=tuple(_item(line) for line in items),
            value=_value(items, currency),
        )

    def answer(self, answer: CheckoutAnswer, connection: CheckoutConnection) -> Reply:
        """All rates."""
        if answer.failed:
            return self.refusal(BACKUP, "no carrier answered")
        return Reply({"rates": [_rate(rate) for rate in answer.rates]})

    def refusal(self, status: int, why: str) -> Reply:
        """A status that makes Shopify use backup rates; the body is for people."""
        return Reply({"rates": [], "errors": why}, status)


def _address(place: Reading) -> Address:
    residential = {"residential": True, "commercial": False}.get(place.maybe_text("address_type").lower())
    return Address(
        country=country(place, "country"),
        postal_code=text_or_number(place, "postal_code"),
        subdivision=place.maybe_text("province", limit=3).upper(),
        city=place.maybe_text("city", limit=100),
        name=place.maybe_text("name", limit=100),
        company=place.maybe_text("company_name", limit=100),
        street1=place.maybe_text("address1", limit=100),
        street2=place.maybe_text("address2", limit=100),
        phone=phone(place.maybe_text("phone")),
        residential=residential,
    )


def _item(line: Reading) -> CartItem:
    sku = line.maybe_text("sku", limit=100) or str(line.maybe_integer("variant_id") or "")
    return CartItem(
        sku=sku,
        quantity=pieces(line),
        weight_g=grams(line, "grams"),
        ships=line.boolean("requires_shipping", default=True),
    )


def _value(items: Any, currency: str) -> Money:
    subunits = sum((amount(line, "price") * pieces(line) for line in items if line.has("price")), Decimal(0))
    return rounded(subunits / _subunits(currency), currency)


def _rate(rate: ShownRate) -> dict[str, object]:
    found: dict[str, object] = {
        "service_name": cut(rate.label, 255),
        "service_code": rate.code,
        "total_price": str(subunits(rate.price)),
        "description": cut(rate.description, 255),
        "currency": rate.price.currency,
    }
    dates = {"min_delivery_date": rate.deliver_from or rate.deliver_by, "max_delivery_date": rate.deliver_by}
    return found | {name: _time(at) for name, at in dates.items() if at is not None}


def _time(at: datetime) -> str:
    return at.strftime(TIMES)


def subunits(price: Money) -> int:
    """An amount as Shopify counts it."""
    return int((price.amount * _subunits(price.currency)).to_integral_value(rounding=ROUND_HALF_UP))


def _subunits(currency: str) -> int:
    exponent = currency_exponents().get(currency)
    if exponent is None:
        raise InvalidValue(f"unknown currency {currency!r}")
    return int(10**exponent) if exponent else 100
