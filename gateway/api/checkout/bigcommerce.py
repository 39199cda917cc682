"""BigCommerce Shipping Provider: rates, and the check when a merchant connects.

Money is a decimal beside its currency, weights are oz or g, sides cm or in. What proves the caller are fields of the
connection form, which come in every body. Partial results are part of the protocol: carriers that did not answer are
messages of type ERROR beside the others' quotes, and an error is such an answer without quotes. `code` and `rate_id`
lead back to the offer.

Source: bigcommerce/docs 24f580ca, integrations/shipping and shipping_provider.yml, whose lengths these are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil

from carriers.base import Account, Reading, WebhookCall, WebhookRejected
from carriers.base.proving import accepted_secrets, check_equal
from gateway.api.checkout.translator import (
    Nonsense,
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
)
from gateway.domain.checkouts import Cart, CartItem, CheckoutAnswer, CheckoutConnection
from gateway.domain.packing import Sides
from gateway.domain.quotes import ShownRate
from gateway.domain.values import Address, Money

UNITS_G, UNITS_MM = ("oz", "g"), ("cm", "in")
LONGEST_DURATION = 90
NO_RATES = "no carrier serves this address"
FOR_STRANGERS = (401, 404)


class BigCommerce:
    """Translates."""

    def prove(self, call: WebhookCall, account: Account, body: Reading, connection: CheckoutConnection) -> None:
        """Every secret of the connection stands in the field of its name, in every call."""
        given = body.maybe("connection_options") or Reading({})
        for name in sorted(account.secrets):
            if not name.endswith("_previous"):
                value = given.maybe(name)
                text = value.value if value is not None and isinstance(value.value, str) else ""
                check_equal(text, accepted_secrets(account, name))
        if not account.secrets:
            raise WebhookRejected("the connection has no secret")

    def cart(self, body: Reading, connection: CheckoutConnection) -> Cart:
        """The cart in `base_options`."""
        base = body.get("base_options")
        items, origin = lines(base, "items"), base.maybe("origin")
        return Cart(
            origin=_address(origin) if origin is not None and origin.has("country_iso2") else None,
            destination=_address(base.get("destination")),
            items=tuple(_item(line) for line in items),
            value=_value(items),
        )

    def answer(self, answer: CheckoutAnswer, connection: CheckoutConnection) -> Reply:
        """Quotes by carrier, and a message for each carrier that did not answer."""
        messages = [_message(f"Could not retrieve rates for {name}", "ERROR") for name in answer.silent]
        if not answer.rates and not messages:
            messages = [_message(NO_RATES, "WARNING")]
        by_carrier: dict[str, list[ShownRate]] = {}
        for rate in answer.rates:
            by_carrier.setdefault(rate.carrier or connection.settings.carrier_code, []).append(rate)
        left = answer.fresh_until - answer.made_at
        body: dict[str, object] = {
            "quote_id": answer.quote_id or "none",
            "messages": messages,
            "carrier_quotes": [_carrier(code, rates, answer.made_at) for code, rates in by_carrier.items()],
        }
        return Reply(body | ({"ttl": int(left.total_seconds())} if left.total_seconds() >= 1 else {}))

    def refusal(self, status: int, why: str) -> Reply:
        """An answer without quotes; the status says so only to those who are no shop of ours."""
        body = {"quote_id": "none", "messages": [_message(why, "ERROR")], "carrier_quotes": []}
        return Reply(body, status if status in FOR_STRANGERS else 200)

    def checked(self, faults: list[str], *, valid: bool) -> Reply:
        """Whether the connection works."""
        kind = "WARNING" if valid else "ERROR"
        return Reply({"valid": valid, "messages": [_message(why, kind) for why in faults]})


def _address(place: Reading) -> Address:
    residential = {"residential": True, "commercial": False}.get(place.maybe_text("address_type").lower())
    return Address(
        country=country(place, "country_iso2"),
        postal_code=text_or_number(place, "zip"),
        subdivision=place.maybe_text("state_iso2", limit=3).upper(),
        city=place.maybe_text("city", limit=100),
        street1=place.maybe_text("street_1", limit=100),
        street2=place.maybe_text("street_2", limit=100),
        residential=residential,
    )


def _item(line: Reading) -> CartItem:
    sku = line.maybe_text("sku", limit=100) or line.maybe_text("variant_id", limit=100)
    weight = line.get("weight")
    return CartItem(
        sku=sku,
        quantity=pieces(line),
        weight_g=grams(weight, "value", _unit(weight, UNITS_G)),
        sides_mm=_sides(line),
    )


def _sides(line: Reading) -> Sides | None:
    found = [line.maybe(name) for name in ("length", "width", "height")]
    measured = [0 if each is None else millimetres(each, "value", _unit(each, UNITS_MM)) for each in found]
    return sides(*measured)


def _unit(measure: Reading, known: tuple[str, ...]) -> str:
    found = measure.text("units", 10).lower()
    if found not in known:
        raise Nonsense(f"{measure.path}.units is not {' or '.join(known)}")
    return found


def _value(items: Sequence[Reading]) -> Money | None:
    """What the goods cost the buyer; None where a line does not say, or where currencies are mixed."""
    total, currencies = Decimal(0), set[str]()
    for line in items:
        price = line.maybe("discounted_price") or line.maybe("declared_value")
        if price is None:
            return None
        total += amount(price, "amount") * pieces(line)
        currencies.add(price.text("currency", 3).upper())
    return rounded(total, currencies.pop()) if len(currencies) == 1 else None


def _carrier(code: str, rates: list[ShownRate], now: datetime) -> dict[str, object]:
    name = rates[0].carrier_name or "Shipping"
    return {
        "carrier_info": {"code": cut(code, 50), "display_name": cut(name, 100)},
        "quotes": [_quote(rate, now) for rate in rates],
    }


def _quote(rate: ShownRate, now: datetime) -> dict[str, object]:
    found: dict[str, object] = {
        "code": cut(rate.code, 50),
        "display_name": cut(rate.label, 100),
        "cost": {"currency": rate.price.currency, "amount": number(rate.price)},
        "rate_id": rate.offer_id,
        "description": cut(rate.description, 500),
    }
    return found if rate.deliver_by is None else found | {"transit_time": _transit(now, rate.deliver_by)}


def _transit(now: datetime, deliver_by: datetime) -> dict[str, object]:
    """Hours for what comes within a day, else days of the calendar; 1 to 90 of them."""
    hours = (deliver_by - now).total_seconds() / 3600
    units, duration = ("HOURS", ceil(hours)) if hours <= 24 else ("DAYS", ceil(hours / 24))
    return {"units": units, "duration": min(max(duration, 1), LONGEST_DURATION)}


def _message(text: str, kind: str) -> dict[str, str]:
    return {"text": cut(text, 500) or "no reason is known", "type": kind}
