"""A buyer's checkout asks, shows, and the order is booked at what was shown; over HTTP, signed as shops sign."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from math import ceil
from typing import Any

import pytest
import requests

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.sandbox.simulator import server
from carriers.sandbox.simulator.scenarios import prices
from gateway.domain.checkouts import offer_in, point_in
from tests.conftest import TestDatabase
from tests.journeys.fleet import add_fleet
from tests.journeys.shops import CARTS, KEYS, ORIGIN, Shop, shop, shopify_cart, tiendanube_cart
from tests.journeys.site import ORDER, Gateway, Merchant, Served, Site

PROTOCOLS = sorted(CARTS)
FALLBACK = {"name": "Post", "service": "standard", "price": {"amount": 7900, "currency": "NOK"}, "days": 5}


@pytest.fixture
def base(site: Site) -> Iterator[str]:
    """The gateway on a port."""
    with Served(site.gateway.app) as served:
        yield served.url


@pytest.fixture
def sandbox(site: Site, shop_owner: Merchant) -> RunningSimulator:
    """The carrier of the shop's owner."""
    running = site.carrier("sandbox")
    shop_owner.account("sandbox", running)
    return running


@pytest.fixture
def shop_owner(site: Site) -> Merchant:
    """A merchant."""
    return site.merchant("Fjord")


def shown(of: Shop, answer: requests.Response) -> list[tuple[str, str, Decimal, str]]:
    """(code for the order, name, price in major units, currency) of every rate of an answer."""
    assert answer.status_code == 200, answer.text
    body = json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)
    if of.protocol == "shopify":
        return [
            (rate["service_code"], rate["service_name"], Decimal(rate["total_price"]) / 100, rate["currency"])
            for rate in body["rates"]
        ]
    if of.protocol == "bigcommerce":
        quotes = [quote for carrier in body["carrier_quotes"] for quote in carrier["quotes"]]
        return [
            (each["code"], each["display_name"], each["cost"]["amount"], each["cost"]["currency"]) for each in quotes
        ]
    if of.protocol == "tiendanube":
        return [(rate["reference"], rate["name"], rate["price"], rate["currency"]) for rate in body["rates"]]
    return [(each["value"]["method"], each["value"]["method_title"], each["value"]["price"], "NOK") for each in body]


def quoted(running: RunningSimulator) -> int:
    """How often the carrier was asked for prices."""
    return sum(call.operation == "quote" for call in running.simulator.calls)


def order(merchant: Merchant, code: str, postcode: str = "0154", **more: Any) -> Any:
    """Book what the shop's order says was chosen."""
    body = {
        "offer_id": code,
        "origin": ORIGIN,
        "destination": {**ORDER["destination"], "postal_code": postcode},
        **more,
    }
    return merchant.call("POST", "/v1/shipments", body, Idempotency_Key=f"{merchant.id}-{code}")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_a_checkout_shows_is_booked_at_that_price(
    protocol: str, site: Site, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    store = shop(base, shop_owner, protocol)
    rates = shown(store, store.ask(CARTS[protocol]()))
    assert [name for _, name, _, _ in rates] == ["Same-day delivery", "Next-day delivery", "Express delivery"]
    code, _, price, currency = rates[1]
    booked = order(shop_owner, code)
    assert booked.status_code == 201, booked.text
    assert booked.json["service"] == "next_day"
    assert booked.json["price"] == {"amount": int(price * 100), "currency": currency}
    assert booked.json["cases"] == []
    chosen = shop_owner.get(f"/v1/shipments/{booked.json['id']}/decision")["chosen_offer_id"]
    assert code.endswith(chosen)
    assert len(site.all_active()) == 1


def test_a_parcel_that_every_carrier_refuses_is_not_served_and_no_failure(
    base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    shopify = shop(base, shop_owner, "shopify").ask(shopify_cart("0902"))
    assert (shopify.status_code, shopify.json()) == (200, {"rates": []}), "no backup rates for what nobody takes"
    bigcommerce = shop(base, shop_owner, "bigcommerce").ask(CARTS["bigcommerce"]("0902")).json()
    assert [each["type"] for each in bigcommerce["messages"]] == ["WARNING"]
    asked = {**ORDER, "destination": {**ORDER["destination"], "postal_code": "0902"}}
    (result,) = (shop_owner.call("POST", "/v1/quotes", asked).json or {})["carrier_results"]
    assert (result["state"], result["code"]) == ("ineligible", "parcel_not_accepted")


@pytest.mark.parametrize(
    ("country", "postcode", "currency"),
    [("AR", "1602", "ARS"), ("CL", "8320000", "CLP"), ("CO", "110111", "COP"), ("MX", "06600", "MXN")],
)
def test_carriers_go_where_tiendanube_sells(
    country: str, postcode: str, currency: str, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    place = {"address": "Juan B. Justo", "number": "3000", "country": country, "postal_code": postcode, "city": "Nuñez"}
    store = shop(base, shop_owner, "tiendanube", origin={**ORIGIN, "country": country, "postal_code": postcode})
    rates = shown(store, store.ask(tiendanube_cart(currency=currency, origin=place, destination=place)))
    assert {money for _, _, _, money in rates} == {currency}
    booked = shop_owner.call(
        "POST",
        "/v1/shipments",
        {"offer_id": rates[0][0], "destination": {**ORDER["destination"], "country": country, "postal_code": postcode}},
        Idempotency_Key=country,
    )
    assert booked.status_code == 201, booked.text


def test_codes_fit_where_shops_keep_them(base: str, shop_owner: Merchant, sandbox: RunningSimulator) -> None:
    store = shop(base, shop_owner, "bigcommerce", show="all")
    body = store.ask(CARTS["bigcommerce"]()).json()
    quotes = [quote for carrier in body["carrier_quotes"] for quote in carrier["quotes"]]
    assert quotes
    assert all(len(quote["code"]) <= 50 and len(quote["rate_id"]) <= 50 for quote in quotes)
    assert len({quote["code"] for quote in quotes}) == len(quotes)
    assert len(body["quote_id"]) <= 50
    assert 0 < body["ttl"] <= 900
    assert all(1 <= quote["transit_time"]["duration"] <= 90 for quote in quotes)


def dearer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier raises its prices by half."""
    raised = {
        country: replace(each, bases={name: base * 3 / 2 for name, base in each.bases.items()})
        for country, each in prices().items()
    }
    monkeypatch.setattr(server, "prices", lambda: raised)


def test_a_promise_outlives_the_carriers_quote_and_the_merchant_bears_the_difference(
    site: Site, base: str, shop_owner: Merchant, sandbox: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = shop(base, shop_owner, "shopify")
    code, _, price, _ = shown(store, store.ask(shopify_cart()))[0]
    plain = shop_owner.call("POST", "/v1/quotes", dict(ORDER)).json or {}
    dearer(monkeypatch)
    site.clock.advance(minutes=20)
    wanted = {"quote_id": plain["id"], "offer_id": plain["recommended_offer_id"]}
    refused = shop_owner.call("POST", "/v1/shipments", wanted, Idempotency_Key="plain")
    assert (refused.status_code, (refused.json or {})["code"]) == (409, "price_changed")
    site.clock.advance(hours=30)
    booked = order(shop_owner, code)
    assert booked.status_code == 201, booked.text
    paid = Decimal(booked.json["price"]["amount"]) / 100
    assert paid > price
    assert booked.json["promised_price"] == {"amount": int(price * 100), "currency": "NOK"}
    [case] = booked.json["cases"]
    assert case["kind"] == "price_variance"
    assert case["why"] == (
        f"promised at the checkout for {price:.2f} NOK, booked {paid:.2f} NOK: {paid - price:.2f} NOK on the "
        "merchant's account"
    )


def test_a_price_raised_in_the_booking_itself_is_honoured_too(
    base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    store = shop(base, shop_owner, "shopify")
    code, _, price, _ = shown(store, store.ask(shopify_cart("0916")))[0]
    booked = order(shop_owner, code, "0916")
    assert booked.status_code == 201, booked.text
    assert booked.json["price"]["amount"] > price * 100
    assert [case["kind"] for case in booked.json["cases"]] == ["price_variance"]


def test_a_promise_ends(site: Site, base: str, shop_owner: Merchant, sandbox: RunningSimulator) -> None:
    store = shop(base, shop_owner, "shopify", promise_h=2)
    code = shown(store, store.ask(shopify_cart()))[0][0]
    site.clock.advance(hours=3)
    late = order(shop_owner, code)
    assert (late.status_code, late.json["code"]) == (409, "quote_expired")


def test_a_hundred_identical_carts_ask_the_carrier_once(
    base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    sandbox.simulator.faults.add(Fault(kind=FaultKind.SLOW, operation="quote", delay_s=0.5))
    store = shop(base, shop_owner, "shopify")
    with ThreadPoolExecutor(100) as crowd:
        answers = list(crowd.map(lambda _: store.ask(shopify_cart()), range(100)))
    codes = {tuple(code for code, *_ in shown(store, answer)) for answer in answers}
    assert len(codes) == 1
    assert len(next(iter(codes))) == 3
    assert quoted(sandbox) == 1


def test_two_processes_ask_the_carrier_once(
    base: str, shop_owner: Merchant, sandbox: RunningSimulator, database: TestDatabase
) -> None:
    sandbox.simulator.faults.add(Fault(kind=FaultKind.SLOW, operation="quote", delay_s=0.7))
    first = shop(base, shop_owner, "shopify")
    other = Gateway(database.url)
    with Served(other.app) as served:
        second = Shop(served.url, first.protocol, first.connection)
        with ThreadPoolExecutor(20) as crowd:
            answers = list(crowd.map(lambda turn: (first, second)[turn % 2].ask(shopify_cart()), range(20)))
        assert len({tuple(shown(first, answer)) for answer in answers}) == 1
        assert quoted(sandbox) == 1
    other.close()


def test_a_cart_is_the_same_whoever_buys_it_and_another_one_elsewhere_or_later(
    site: Site, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    store = shop(base, shop_owner, "shopify")
    first = shown(store, store.ask(shopify_cart()))
    other_name = shopify_cart()
    other_name["rate"]["destination"] |= {"name": "Somebody else", "phone": "+4712345678", "email": "x@example.com"}
    assert shown(store, store.ask(other_name)) == first
    assert quoted(sandbox) == 1
    store.ask(shopify_cart("0155"))
    assert quoted(sandbox) == 2
    changed = shop_owner.call(
        "PATCH",
        f"/v1/checkout-connections/{store.connection['id']}",
        {"markup_percent": "10", "round_up_to_minor": 100},
    )
    assert changed.status_code == 200, changed.text
    dearer_now = shown(store, store.ask(shopify_cart()))
    assert quoted(sandbox) == 3
    assert [price for _, _, price, _ in dearer_now] == [ceil(price * Decimal("1.1")) for _, _, price, _ in first]
    site.clock.advance(minutes=16)
    store.ask(shopify_cart())
    assert quoted(sandbox) == 4
    named = shop_owner.get(f"/v1/quotes/qte_{first[0][0].split('off_')[1].partition('_')[0]}")
    assert "Bob" not in json.dumps(named)


def test_a_carrier_that_fails_for_one_cart_has_no_other_cart_asked_again(
    base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    store = shop(base, shop_owner, "shopify")
    first = shown(store, store.ask(shopify_cart()))
    assert store.ask(shopify_cart("0906")).status_code == 404
    assert shown(store, store.ask(shopify_cart())) == first
    assert store.ask(shopify_cart("0906")).status_code == 404
    assert quoted(sandbox) == 2, "one question for each cart"


def test_who_answers_too_late_is_there_for_the_next_buyer(
    site: Site, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    add_fleet(site, shop_owner, "vans")
    store = shop(base, shop_owner, "shopify", deadline_ms=1200)
    began = time.monotonic()
    first = shown(store, store.ask(shopify_cart("0904")))
    assert time.monotonic() - began < 2.5
    assert [name for _, name, _, _ in first] == ["Standard delivery"]
    until = time.monotonic() + 15
    while len(second := shown(store, store.ask(shopify_cart("0904")))) == 1:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert quoted(sandbox) == 1
    assert {name for _, name, _, _ in second} > {"Standard delivery", "Express delivery"}
    assert first[0] in second, "a rate that was shown keeps its code"
    new = next(code for code, name, _, _ in second if name == "Express delivery")
    assert order(shop_owner, new, "0904").status_code == 201


def test_one_carrier_that_fails_is_a_message_beside_the_others(
    site: Site, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    add_fleet(site, shop_owner, "vans")
    store = shop(base, shop_owner, "bigcommerce")
    body = store.ask(CARTS["bigcommerce"]("0906")).json()
    assert body["messages"] == [{"text": "Could not retrieve rates for Sandbox", "type": "ERROR"}]
    assert [each["carrier_info"]["code"] for each in body["carrier_quotes"]] == ["own_fleet"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_fallback_table_answers_when_carriers_do_not(
    protocol: str, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="quote"))
    store = shop(base, shop_owner, protocol, fallback=[FALLBACK])
    [(code, name, price, currency)] = shown(store, store.ask(CARTS[protocol]()))
    assert (name, price, currency) == ("Post", Decimal(79), "NOK")
    kept = shop_owner.get(f"/v1/quotes/{offer_in(code)[0]}")["checkout"]
    assert (kept["fallback"], kept["connection_id"]) == (True, store.connection["id"])
    assert kept["rates"][0]["price"] == {"amount": 7900, "currency": "NOK"}
    sandbox.simulator.faults.clear()
    booked = order(shop_owner, code)
    assert booked.status_code == 201, booked.text
    assert [case["kind"] for case in booked.json["cases"]] == ["price_variance"]
    assert booked.json["cases"][0]["why"].startswith("promised at the checkout for 79.00 NOK, booked ")


FAILED = {
    "shopify": (404, lambda body: body["rates"] == []),
    "bigcommerce": (200, lambda body: body["messages"][0]["type"] == "ERROR" and body["carrier_quotes"] == []),
    "tiendanube": (422, lambda body: body["code"] == 422 and body["description"]),
    "adobe": (200, lambda body: body["op"] == "exception" and body["message"]),
}
NOTHING = {
    "shopify": (200, lambda body: body == {"rates": []}),
    "bigcommerce": (200, lambda body: body["messages"][0]["type"] == "WARNING" and body["carrier_quotes"] == []),
    "tiendanube": (422, lambda body: body["code"] == 422),
    "adobe": (200, lambda body: body == []),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_not_served_and_nobody_answers_are_told_apart(
    protocol: str, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    store = shop(base, shop_owner, protocol)
    for postcode, (status, fits) in (("0901", NOTHING[protocol]), ("0906", FAILED[protocol])):
        answer = store.ask(CARTS[protocol](postcode))
        assert answer.status_code == status, answer.text
        assert fits(answer.json()), answer.text
    changed = shop_owner.call(
        "PATCH", f"/v1/checkout-connections/{store.connection['id']}", {"when_nothing": "nothing"}
    )
    assert changed.status_code == 200
    answer = store.ask(CARTS[protocol]("0903"))
    assert answer.status_code == NOTHING[protocol][0], answer.text


@pytest.mark.parametrize("protocol", ["shopify", "bigcommerce", "tiendanube", "adobe"])
def test_three_characters_of_a_postcode_are_enough_to_show_and_the_order_completes_them(
    protocol: str, site: Site, base: str, shop_owner: Merchant
) -> None:
    add_fleet(site, shop_owner, "vans")
    table = [{**FALLBACK, "service": "economy", "postcodes": ["01"]}]
    store = shop(base, shop_owner, protocol, fallback=table)
    [(code, name, price, _)] = shown(store, store.ask(CARTS[protocol]("015")))
    assert (name, price) == ("Standard delivery", Decimal(59))
    elsewhere = order(shop_owner, code, "0254")
    assert (elsewhere.status_code, elsewhere.json["errors"][0]["pointer"]) == (422, "/destination/postal_code")
    booked = order(shop_owner, code, "0154", reference="completed")
    assert booked.status_code == 201, booked.text
    assert booked.json["destination"]["postal_code"] == "0154"
    lost = shown(store, store.ask(CARTS[protocol]("019")))
    assert [name for _, name, _, _ in lost] == ["Standard delivery"]


def test_bigcommerce_checks_keys_and_carriers(base: str, shop_owner: Merchant, sandbox: RunningSimulator) -> None:
    store = shop(base, shop_owner, "bigcommerce")
    check = store.connection["urls"]["check"].partition("/v1/")[2]
    url = f"{base}/v1/{check}"
    assert store.ask({"connection_options": KEYS}, url=url).json() == {"valid": True, "messages": []}
    wrong = store.ask({"connection_options": {"key": "userKey", "account_number": "another"}}, url=url)
    assert wrong.status_code == 200
    assert wrong.json()["valid"] is False
    assert wrong.json()["messages"][0]["type"] == "ERROR"
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="quote"))
    down = store.ask({"connection_options": KEYS}, url=url).json()
    assert down["valid"] is False
    assert down["messages"][0]["text"].startswith("sandbox: ")


def test_a_service_level_is_shown_once_unless_all_offers_are_wanted(
    site: Site, base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    shop_owner.account("sandbox-2", sandbox)
    best = shop(base, shop_owner, "shopify")
    everything = shop(base, shop_owner, "shopify", show="all", name="all")
    assert len(shown(best, best.ask(shopify_cart()))) == 3
    rates = shown(everything, everything.ask(shopify_cart()))
    assert len(rates) == 6
    assert all(name.startswith("Sandbox: ") for _, name, _, _ in rates)
    assert len({code.partition("-off_")[0] for code, *_ in rates}) == 6, "the stable parts differ too"


def test_tiendanube_offers_service_points_and_the_order_goes_to_the_one_that_was_chosen(
    base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    store = shop(base, shop_owner, "tiendanube", pickup_points=2)
    rates = store.ask(CARTS["tiendanube"]()).json()["rates"]
    door, points = ([each for each in rates if each["type"] == kind] for kind in ("ship", "pickup"))
    assert door
    assert [each["code"] for each in points] == ["pickup_1", "pickup_2"]
    for each in points:
        assert each["address"]["zipcode"]
        assert each["address"]["country"] == "NO"
        assert all(0 <= hours["day"] <= 6 and hours["start"] < hours["end"] <= "2359" for hours in each["hours"])
    assert any(each["hours"] for each in points)
    carrier, point = point_in(points[1]["reference"])
    assert carrier == "sandbox"
    booked = order(shop_owner, points[1]["reference"])
    assert booked.status_code == 201, booked.text
    assert booked.json["service"] == "service_point"
    assert booked.json["price"]["amount"] == round(points[1]["price"] * 100)
    sent = [call for call in sandbox.simulator.calls if call.operation == "book"]
    assert json.loads(sent[-1].body)["service_point"] == point
    other = order(shop_owner, points[0]["reference"], service_point=f"sandbox:{point}")
    assert other.status_code == 422
    assert other.json["errors"][0]["pointer"] == "/service_point"


def test_only_who_can_show_points_is_asked_for_them_and_a_search_that_fails_leaves_the_door(
    base: str, shop_owner: Merchant, sandbox: RunningSimulator
) -> None:
    refused = shop_owner.call(
        "POST",
        "/v1/checkout-connections",
        {"name": "x", "protocol": "shopify", "secrets": {"client_secret": "x" * 32}, "pickup_points": 1},
    )
    assert refused.json["errors"][0]["pointer"] == "/pickup_points"
    plain = shop(base, shop_owner, "tiendanube")
    assert {each["type"] for each in plain.ask(CARTS["tiendanube"]()).json()["rates"]} == {"ship"}
    assert not [call for call in sandbox.simulator.calls if call.operation == "service_points"]
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="service_points"))
    store = shop(base, shop_owner, "tiendanube", name="second", pickup_points=2)
    assert {each["type"] for each in store.ask(CARTS["tiendanube"]("0155")).json()["rates"]} == {"ship"}
