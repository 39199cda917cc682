"""Translators by themselves: units, money to the digit, dates, and what validators of the protocols would refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest

from carriers.base import BadCarrierResponse, Reading
from gateway.api.checkout.adobe import Adobe
from gateway.api.checkout.bigcommerce import BigCommerce
from gateway.api.checkout.shopify import Shopify, subunits
from gateway.api.checkout.tiendanube import Tiendanube
from gateway.api.checkout.translator import Translator, rounded
from gateway.domain.checkouts import Cart, CheckoutAnswer, CheckoutConnection, CheckoutProtocol, CheckoutSettings
from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import ServiceLevel, ShownRate
from gateway.domain.values import Money
from tests.journeys.shops import adobe_cart, bigcommerce_cart, shopify_cart, tiendanube_cart

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFFER = "off_01JD5FAV0W6RM5D6J1T9V7N3QK_1"


def connection(protocol: str, **settings: Any) -> CheckoutConnection:
    return CheckoutConnection(
        id="con_1",
        merchant_id="mer_1",
        mode="test",
        name="shop",
        protocol=CheckoutProtocol(protocol),
        settings=CheckoutSettings(**settings),
        created_at=NOW,
    )


def read(translator: Translator, body: object, **settings: Any) -> Cart:
    return translator.cart(Reading.parse(json.dumps(body).encode()), connection("adobe", **settings))


def rate(price: Money, **more: Any) -> ShownRate:
    given: dict[str, Any] = {
        "offer_id": OFFER,
        "stable": "next_day",
        "service": ServiceLevel.NEXT_DAY,
        "label": "Next-day delivery",
        "description": "With Sandbox",
        "price": price,
        "cost": price,
        "expires_at": NOW + timedelta(hours=72),
        "carrier": "sandbox",
        "carrier_name": "Sandbox",
    }
    return ShownRate(**{**given, **more})


def said(translator: Translator, *rates: ShownRate, **more: Any) -> Any:
    given = CheckoutAnswer(quote_id="qte_1", rates=rates, made_at=NOW, fresh_until=NOW + timedelta(seconds=600), **more)
    return json.loads(orjson.dumps(translator.answer(given, connection("shopify")).body), parse_float=Decimal)


MONEY = [
    ("12.95", "CAD", 1295),
    ("1000", "JPY", 100_000),
    ("1.234", "KWD", 1234),
    ("990", "CLP", 99_000),
    ("0", "USD", 0),
]


@pytest.mark.parametrize(("amount", "currency", "counted"), MONEY)
def test_shopify_counts_subunits_and_hundredths_where_there_are_none(amount: str, currency: str, counted: int) -> None:
    price = Money.parse(amount, currency)
    assert subunits(price) == counted
    [shown] = said(Shopify(), rate(price))["rates"]
    assert (shown["total_price"], shown["currency"]) == (str(counted), currency)
    body = shopify_cart(currency=currency)
    body["rate"]["items"][0] |= {"price": str(counted), "quantity": 3}
    assert read(Shopify(), body).value == Money(Decimal(amount) * 3, currency)


@pytest.mark.parametrize(("amount", "currency", "_counted"), MONEY)
def test_the_others_write_decimals_with_the_currencys_digits(amount: str, currency: str, _counted: int) -> None:
    price = Money.parse(amount, currency)
    [carrier] = said(BigCommerce(), rate(price))["carrier_quotes"]
    assert carrier["quotes"][0]["cost"] == {"currency": currency, "amount": Decimal(amount)}
    assert said(Tiendanube(), rate(price))["rates"][0]["price"] == Decimal(amount)
    assert said(Adobe(), rate(price))[0]["value"]["price"] == Decimal(amount)
    assert read(Tiendanube(), tiendanube_cart(currency=currency)).value == Money.parse(200, currency)
    whole = adobe_cart(package_currency={"currency_code": currency}, package_value_with_discount=amount)
    assert read(Adobe(), whole).value == price


def test_money_is_rounded_half_up_once() -> None:
    assert rounded(Decimal("1.005"), "USD") == Money.parse("1.01", "USD")
    assert rounded(Decimal("1.0045"), "KWD") == Money.parse("1.005", "KWD")
    assert rounded(Decimal("0.5"), "JPY") == Money.parse(1, "JPY")
    body = shopify_cart(currency="JPY")
    body["rate"]["items"] = [{"grams": 1, "quantity": 3, "price": 50}]  # 3 x 0.5 yen: 1.5, so 2, and not 3 x 1
    assert read(Shopify(), body).value == Money.parse(2, "JPY")
    with pytest.raises(InvalidValue):
        read(Shopify(), shopify_cart(currency="XQX"))


def weight(cart: Cart) -> int:
    return sum(item.weight_g * item.quantity for item in cart.items)


def test_units_become_grams_and_millimetres_rounded_up() -> None:
    item = read(BigCommerce(), bigcommerce_cart()).items[0]
    assert (item.weight_g, item.sides_mm, item.quantity) == (454, (102, 102, 102), 2)
    metric = bigcommerce_cart()
    cm = {"units": "cm", "value": "2.51"}
    metric["base_options"]["items"][0] |= {
        "weight": {"units": "g", "value": 12.1},
        "length": cm,
        "width": cm,
        "height": cm,
    }
    item = read(BigCommerce(), metric).items[0]
    assert (item.weight_g, item.sides_mm) == (13, (26, 26, 26))
    assert read(Tiendanube(), tiendanube_cart()).items[0].sides_mm == (100, 120, 100)
    assert weight(read(Adobe(), adobe_cart())) == 2400
    assert weight(read(Adobe(), adobe_cart(), weight_unit="lb")) == 1089
    assert read(Shopify(), shopify_cart()).items[0].sides_mm is None
    flat = bigcommerce_cart()
    flat["base_options"]["items"][0]["height"] = {"units": "in", "value": 0}
    assert read(BigCommerce(), flat).items[0].sides_mm is None


def test_postcodes_that_are_numbers_are_read_as_texts() -> None:
    shopify, big, adobe = shopify_cart(), bigcommerce_cart(), adobe_cart(dest_postcode=90210)
    shopify["rate"]["destination"]["postal_code"] = big["base_options"]["destination"]["zip"] = 90210
    for translator, body in ((Shopify(), shopify), (BigCommerce(), big), (Adobe(), adobe)):
        assert read(translator, body).destination.postal_code == "90210"


def test_the_pieces_of_adobes_package_can_be_shared_by_boxes_and_its_street_has_two_lines() -> None:
    cart = read(Adobe(), adobe_cart(package_weight="2.5", package_qty=3, dest_street="1 Long Road\nFloor 2"))
    assert [(item.quantity, item.weight_g) for item in cart.items] == [(1, 834), (2, 833)]
    assert (cart.destination.street1, cart.destination.street2) == ("1 Long Road", "Floor 2")
    for unsaid in (None, 2.5, -1, "many"):
        [item] = read(Adobe(), adobe_cart(package_weight="2.5", package_qty=unsaid)).items
        assert (item.quantity, item.weight_g) == (1, 2500)


def test_whether_somebody_lives_there_is_read_in_either_spelling() -> None:
    for word, lives in (("RESIDENTIAL", True), ("commercial", False), ("", None), (None, None), (7, None)):
        body = bigcommerce_cart()
        body["base_options"]["destination"]["address_type"] = word
        assert read(BigCommerce(), body).destination.residential is lives


def test_free_shipping_of_the_shop_is_read() -> None:
    assert read(Adobe(), adobe_cart(free_shipping=1)).free
    assert not read(Adobe(), adobe_cart(free_shipping="0")).free
    body = tiendanube_cart()
    body["items"][0]["free_shipping"] = True
    assert read(Tiendanube(), body).items[0].free
    [shown] = said(Tiendanube(), rate(Money.parse(0, "ARS"), cost=Money.parse("14.15", "ARS")))["rates"]
    assert (shown["price"], shown["price_merchant"]) == (0, Decimal("14.15"))
    assert said(Adobe(), rate(Money.parse(0, "USD"), cost=Money.parse(17, "USD")))[0]["value"]["cost"] == 17


def test_dates_are_written_as_each_protocol_does() -> None:
    oslo = timezone(timedelta(hours=-4))
    by = datetime(2026, 3, 4, 14, 48, 45, tzinfo=oslo)
    promised = rate(Money.parse(1, "USD"), deliver_from=by - timedelta(hours=2), deliver_by=by)
    [shown] = said(Shopify(), promised)["rates"]
    assert shown["min_delivery_date"] == "2026-03-04 12:48:45 -0400"
    assert shown["max_delivery_date"] == "2026-03-04 14:48:45 -0400"
    assert said(Tiendanube(), promised)["rates"][0]["max_delivery_date"] == "2026-03-04T14:48:45-0400"
    assert said(BigCommerce(), promised)["carrier_quotes"][0]["quotes"][0]["transit_time"] == {
        "units": "DAYS",
        "duration": 3,
    }
    data = {each["key"]: each["value"] for each in said(Adobe(), promised)[0]["value"]["additional_data"]}
    assert data["deliver_by"] == "2026-03-04T14:48:45-04:00"
    assert "min_delivery_date" not in said(Shopify(), rate(Money.parse(1, "USD")))["rates"][0]


@pytest.mark.parametrize(
    ("hours", "transit"),
    [(-5, ("HOURS", 1)), (0.2, ("HOURS", 1)), (23.5, ("HOURS", 24)), (25, ("DAYS", 2)), (24 * 200, ("DAYS", 90))],
)
def test_transit_times_stay_within_bigcommerces_bounds(hours: float, transit: tuple[str, int]) -> None:
    promised = rate(Money.parse(1, "USD"), deliver_by=NOW + timedelta(hours=hours))
    shown = said(BigCommerce(), promised)["carrier_quotes"][0]["quotes"][0]["transit_time"]
    assert (shown["units"], shown["duration"]) == transit


def bigcommerce_faults(body: Any) -> list[str]:
    """What BigCommerce's validator refuses: the six kinds of its invalid samples, and lengths."""
    faults = [name for name in ("quote_id", "messages", "carrier_quotes") if name not in body]
    quotes = []
    for carrier in body.get("carrier_quotes", ()):
        info = carrier["carrier_info"]
        faults += [] if 0 < len(info.get("code", "")) <= 50 and 0 < len(info["display_name"]) <= 100 else ["carrier"]
        quotes += carrier["quotes"]
    for quote in quotes:
        whole = 0 < len(quote["code"]) <= 50 and 0 < len(quote["display_name"]) <= 100 and len(quote["rate_id"]) <= 50
        faults += [] if whole and quote["cost"]["amount"] >= 0 and len(quote["description"]) <= 500 else ["quote"]
    messages = [*body.get("messages", ()), *(each for quote in quotes for each in quote.get("messages", ()))]
    kinds = {"INFO", "WARNING", "ERROR"}
    return faults + [
        str(each) for each in messages if each.get("type") not in kinds or not 1 <= len(each["text"]) <= 500
    ]


def test_bigcommerce_would_refuse_none_of_our_answers() -> None:
    long = rate(Money.parse(1, "USD"), label="x" * 300, description="y" * 900, carrier_name="z" * 200, carrier="c" * 80)
    from_table = rate(Money.parse(1, "USD"), carrier="", carrier_name="")
    for answer in (
        said(BigCommerce()),
        said(BigCommerce(), long, from_table),
        said(BigCommerce(), silent=("FedEx", "n" * 600)),
        said(BigCommerce(), failed=True),
        BigCommerce().refusal(422, "").body,
        BigCommerce().refusal(401, "x" * 2000).body,
    ):
        assert bigcommerce_faults(answer) == [], answer


QUOTE: Any = {
    "code": "ground",
    "rate_id": "2",
    "display_name": "Ground",
    "description": "",
    "cost": {"currency": "GBP", "amount": 2},
}
CARRIER: Any = {"carrier_info": {"code": "ups", "display_name": "UPS"}, "quotes": [QUOTE]}
GOOD: Any = {"quote_id": "q", "messages": [{"text": "x", "type": "INFO"}], "carrier_quotes": [CARRIER]}


@pytest.mark.parametrize(
    "wrong",
    [
        {name: value for name, value in GOOD.items() if name != "messages"},
        {name: value for name, value in GOOD.items() if name != "quote_id"},
        {name: value for name, value in GOOD.items() if name != "carrier_quotes"},
        {**GOOD, "carrier_quotes": [{**CARRIER, "quotes": [{**QUOTE, "cost": {"currency": "GBP", "amount": -1}}]}]},
        {**GOOD, "carrier_quotes": [{**CARRIER, "carrier_info": {"display_name": "UPS"}}]},
        {**GOOD, "messages": [{"text": "Delivery in 1 to 5 days"}]},
    ],
)
def test_the_validator_of_these_tests_refuses_what_bigcommerce_refuses(wrong: Any) -> None:
    assert bigcommerce_faults(GOOD) == []
    assert bigcommerce_faults(wrong) != []


def test_an_answer_may_hold_carriers_and_the_reason_why_others_are_missing() -> None:
    body = said(BigCommerce(), rate(Money.parse(1, "USD")), silent=("FedEx",))
    assert body["messages"] == [{"text": "Could not retrieve rates for FedEx", "type": "ERROR"}]
    assert body["carrier_quotes"][0]["carrier_info"] == {"code": "sandbox", "display_name": "Sandbox"}
    assert body["ttl"] == 600


def test_the_order_gets_the_offers_id_in_every_protocol() -> None:
    one = rate(Money.parse(1, "USD"))
    assert said(Shopify(), one)["rates"][0]["service_code"] == f"next_day-{OFFER}"
    assert said(BigCommerce(), one)["carrier_quotes"][0]["quotes"][0]["rate_id"] == OFFER
    assert said(Tiendanube(), one)["rates"][0]["reference"] == OFFER
    assert said(Tiendanube(), one)["rates"][0]["code"] == "next_day"
    assert said(Adobe(), one)[0]["value"]["method"] == f"next_day-{OFFER}"


@pytest.mark.parametrize(
    ("translator", "cart"),
    [
        (Shopify(), shopify_cart()),
        (BigCommerce(), bigcommerce_cart()),
        (Tiendanube(), tiendanube_cart()),
        (Adobe(), adobe_cart()),
    ],
)
def test_a_cart_without_what_matters_is_nonsense(translator: Translator, cart: Any) -> None:
    root = next(iter(cart.values())) if len(cart) == 1 or "base_options" in cart else cart
    needed = [
        name for name in ("destination", "items", "currency", "package_weight", "dest_country_id") if name in root
    ]
    assert len(needed) >= 2
    for name in needed:
        kept = root.pop(name)
        with pytest.raises(BadCarrierResponse):
            read(translator, cart)
        root[name] = kept
    read(translator, cart)
