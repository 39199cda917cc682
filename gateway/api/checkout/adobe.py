"""Adobe Commerce (Magento) out-of-process shipping: the webhook `shipping_rate_repository.get_rates`.

The package comes as one weight in the store's unit (the connection says which) and a number of pieces, without sides.
Money is a decimal in the package's currency, which rates cannot name, so offers in another one are not shown. The
answer is an array of operations; an empty one adds nothing. A failure is one operation `exception`.

Source: AdobeDocs/commerce-extensibility 0a42f342, shipping-use-cases and webhooks/signature-verification: RSA with
SHA-256 over the base64 of the body.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal

from carriers.base import Account, Reading, RsaProof, UrlTokenProof, WebhookCall, clean
from gateway.api.checkout.translator import (
    MOST_PIECES,
    Nonsense,
    Reply,
    amount,
    country,
    cut,
    grams,
    number,
    rounded,
    text_or_number,
)
from gateway.domain.checkouts import Cart, CartItem, CheckoutAnswer, CheckoutConnection
from gateway.domain.quotes import ShownRate
from gateway.domain.values import Address
from gateway.services.checkout_connections import PUBLIC_KEY, URL_TOKEN

SIGNED = RsaProof("x-adobe-commerce-webhook-signature", secret=PUBLIC_KEY)
TOKEN = UrlTokenProof(secret=URL_TOKEN)
PATH = "result"
FOR_STRANGERS = (401, 404)


class Adobe:
    """Translates."""

    def prove(self, call: WebhookCall, account: Account, body: Reading, connection: CheckoutConnection) -> None:
        """The signature where the connection has the shop's public key, and the token in the URL where it has one."""
        if PUBLIC_KEY in account.secrets:
            SIGNED.prove(replace(call, body=base64.b64encode(call.body)), account)
        if URL_TOKEN in account.secrets or PUBLIC_KEY not in account.secrets:
            TOKEN.prove(call, account)

    def cart(self, body: Reading, connection: CheckoutConnection) -> Cart:
        """The package in `rateRequest`."""
        package = body.get("rateRequest")
        named = package.maybe("package_currency") or package.get("base_currency")
        currency = named.text("currency_code", 3).upper()
        weight = grams(package, "package_weight", connection.settings.weight_unit)
        return Cart(
            destination=_destination(package),
            items=_pieces(package, weight),
            value=rounded(_value(package), currency),
            only_currency=currency,
            free=_is_set(package, "free_shipping"),
        )

    def answer(self, answer: CheckoutAnswer, connection: CheckoutConnection) -> Reply:
        """An operation for each rate."""
        if answer.failed:
            return self.refusal(200, "no carrier answered")
        return Reply([_operation(rate, connection.settings.carrier_code) for rate in answer.rates])

    def refusal(self, status: int, why: str) -> Reply:
        """The operation that fails; the status says so only to those who are no shop of ours."""
        return Reply({"op": "exception", "message": why}, status if status in FOR_STRANGERS else 200)


def _pieces(package: Reading, weight: int) -> tuple[CartItem, ...]:
    """The package's pieces, so that boxes can share them: their weights differ by a gram at most, for nobody says."""
    said = package.maybe_decimal("package_qty") or Decimal(1)
    count = int(said) if said == said.to_integral_value() and 0 < said <= MOST_PIECES else 1
    each, heavier = divmod(weight, count)
    parts = ((heavier, each + 1), (count - heavier, each))
    return tuple(
        CartItem(sku="package", quantity=some, weight_g=piece_g, ships=weight > 0) for some, piece_g in parts if some
    )


def _destination(package: Reading) -> Address:
    given = package.maybe("dest_street")
    lines = given.value.split("\n", 1) if given is not None and isinstance(given.value, str) else []
    street, more = (*[clean(line, 100) for line in lines], "", "")[:2]
    return Address(
        country=country(package, "dest_country_id"),
        postal_code=text_or_number(package, "dest_postcode"),
        subdivision=package.maybe_text("dest_region_code", limit=3).upper(),
        city=package.maybe_text("dest_city", limit=100),
        street1=street,
        street2=more,
    )


def _value(package: Reading) -> Decimal:
    for name in ("package_value_with_discount", "package_value"):
        if package.has(name):
            return amount(package, name)
    raise Nonsense(f"{package.path}.package_value is not a number")


def _is_set(package: Reading, name: str) -> bool:
    return package.boolean(name, default=False) or (package.maybe_decimal(name) or Decimal(0)) > 0


def _operation(rate: ShownRate, carrier_code: str) -> dict[str, object]:
    known = {
        "offer_id": rate.offer_id,
        "carrier": rate.carrier_name,
        "deliver_by": rate.deliver_by.isoformat() if rate.deliver_by else "",
    }
    return {
        "op": "add",
        "path": PATH,
        "value": {
            "carrier_code": carrier_code,
            "method": rate.code,
            "method_title": cut(rate.label, 255),
            "price": number(rate.price),
            "cost": number(rate.cost),
            "additional_data": [{"key": key, "value": value} for key, value in known.items() if value],
        },
    }
