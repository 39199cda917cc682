"""Who may call as a shop, and what a shop hears when its call means nothing: its own protocol's words, never a 500."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from tests.journeys.fleet import add_fleet
from tests.journeys.shops import CARTS, KEYS, TOKEN, Shop, shop, shopify_cart
from tests.journeys.site import Merchant, Served, Site

PROTOCOLS = sorted(CARTS)
ERRORS: dict[str, Callable[[Any], bool]] = {
    "shopify": lambda body: body["rates"] == [] and bool(body["errors"]),
    "bigcommerce": lambda body: (
        body["carrier_quotes"] == []
        and bool(body["quote_id"])
        and {each["type"] for each in body["messages"]} == {"ERROR"}
    ),
    "tiendanube": lambda body: 400 <= body["code"] < 600 and bool(body["message"]) and bool(body["description"]),
    "adobe": lambda body: body["op"] == "exception" and bool(body["message"]),
}


@pytest.fixture
def base(site: Site) -> Iterator[str]:
    """The gateway on a port."""
    with Served(site.gateway.app) as served:
        yield served.url


@pytest.fixture
def owner(site: Site) -> Merchant:
    """A merchant whose own vans deliver, which answer without being called."""
    merchant = site.merchant("Fjord")
    add_fleet(site, merchant, "vans")
    return merchant


def refused(of: Shop, answer: requests.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert ERRORS[of.protocol](answer.json()), answer.text


def test_a_shopify_call_is_signed_over_its_very_bytes(base: str, owner: Merchant) -> None:
    store = shop(base, owner, "shopify")
    body = json.dumps(shopify_cart()).encode()
    assert store.ask(body).status_code == 200
    proof = store._proof(body)["X-Shopify-Hmac-Sha256"]
    refused(store, store.ask(body + b" ", **{"X-Shopify-Hmac-Sha256": proof}), 401)
    for false in ("", "x", proof[:-2] + "A=", base64.b64encode(b"\0" * 32).decode(), proof.lower()):
        refused(store, store.ask(body, **{"X-Shopify-Hmac-Sha256": false}), 401)
    refused(store, requests.post(store.url, data=body, timeout=10), 401)
    refused(store, requests.post(store.url, data=b"{", timeout=10), 401)


def test_a_missing_signature_may_be_forgiven_where_a_token_is_asked_for(base: str, owner: Merchant) -> None:
    body = json.dumps(shopify_cart()).encode()
    secrets = {"client_secret": "shpss_0123456789", "url_token": TOKEN}
    store = shop(base, owner, "shopify", verification="if_present", secrets=secrets)
    with_token = f"{store.url}?token={TOKEN}"
    assert requests.post(with_token, data=body, timeout=10).status_code == 200
    refused(store, requests.post(store.url, data=body, timeout=10), 401)
    refused(store, requests.post(f"{store.url}?token=x", data=body, timeout=10), 401)
    forged = {"X-Shopify-Hmac-Sha256": "x"}
    refused(store, requests.post(with_token, data=body, headers=forged, timeout=10), 401)


def test_a_secret_is_changed_without_a_gap(base: str, owner: Merchant) -> None:
    store = shop(base, owner, "shopify")
    path = f"/v1/checkout-connections/{store.connection['id']}"
    both = {"client_secret": "new", "client_secret_previous": "shpss_0123456789"}
    assert owner.call("PATCH", path, {"secrets": both}).status_code == 200
    assert store.ask(shopify_cart()).status_code == 200
    assert owner.call("PATCH", path, {"secrets": {"client_secret_previous": "older"}}).status_code == 200
    refused(store, store.ask(shopify_cart()), 401)


def test_bigcommerce_proves_itself_by_every_field_of_its_form(base: str, owner: Merchant) -> None:
    store = shop(base, owner, "bigcommerce")
    cart = CARTS["bigcommerce"]
    assert store.ask(cart()).status_code == 200
    for options in ({}, {"key": "userKey"}, {**KEYS, "key": "other"}, {**KEYS, "key": 7}, None, "userKey", [KEYS]):
        refused(store, store.ask(cart(connection_options=options)), 401)


def test_tiendanube_proves_itself_by_its_url(base: str, owner: Merchant) -> None:
    store = shop(base, owner, "tiendanube")
    assert store.ask(CARTS["tiendanube"]()).status_code == 200
    body = CARTS["tiendanube"]()
    refused(store, requests.post(store.url, json=body, timeout=10), 401)
    refused(store, requests.post(f"{store.url}?token={TOKEN[:-1]}", json=body, timeout=10), 401)


def test_adobe_signs_with_a_key_of_its_own(base: str, owner: Merchant) -> None:
    store = shop(base, owner, "adobe")
    assert store.ask(CARTS["adobe"]()).status_code == 200
    raw = json.dumps(CARTS["adobe"]()).encode()
    refused(store, store.ask(raw + b" ", **store._proof(raw)), 401)
    stranger = Shop(base, "adobe", store.connection, generate_private_key(65537, 2048))
    refused(store, stranger.ask(raw), 401)
    refused(store, requests.post(store.url, data=raw, timeout=10), 401)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_connection_a_disabled_one_and_one_of_another_protocol_are_the_same(
    protocol: str, base: str, owner: Merchant
) -> None:
    store = shop(base, owner, protocol)
    unknown = Shop(base, protocol, {"id": "con_01JD5FAV0W6RM5D6J1T9V7N3QK"}, store.signing)
    other = next(each for each in PROTOCOLS if each != protocol)
    foreign = Shop(base, protocol, shop(base, owner, other).connection, store.signing)
    for each in (unknown, foreign):
        refused(store, each.ask(CARTS[protocol]()), 404)
    path = f"/v1/checkout-connections/{store.connection['id']}"
    assert owner.call("PATCH", path, {"enabled": False}).status_code == 200
    refused(store, store.ask(CARTS[protocol]()), 404)
    assert owner.call("DELETE", path).status_code == 204
    refused(store, store.ask(CARTS[protocol]()), 404)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bytes_that_are_no_cart_get_the_protocols_own_error(protocol: str, base: str, owner: Merchant) -> None:
    store = shop(base, owner, protocol)
    for raw in (
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"x"',
        b"7",
        b"{}",
        b"[" * 5000,
        b'{"rate":{"rate":1}}',
        b"NaN",
    ):
        answer = store.ask(raw)
        proven = protocol != "bigcommerce"  # whose proof is in the body
        expected = {"shopify": 400, "tiendanube": 400, "adobe": 200}[protocol] if proven else 401
        refused(store, answer, expected)


JUNK = (None, "", "x", -1, 1e30, 10**30, True, [], {}, [[]], "\u202e\x00", "9" * 60, {"units": "stone", "value": "x"})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where anything stands in a body."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in inner:
        yield from places(child, (*path, step))


def put(body: Any, path: tuple[Any, ...], junk: object) -> Any:
    changed = copy.deepcopy(body)
    owner = changed
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = junk
    return changed


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_whatever_stands_wherever_there_is_an_answer_in_the_protocols_words(
    protocol: str, base: str, owner: Merchant, site: Site
) -> None:
    store = shop(base, owner, protocol)
    client, session = store, requests.Session()
    wrong, tried = [], 0
    for path in places(CARTS[protocol]()):
        for turn in range(3):
            junk = JUNK[(tried + turn * 5) % len(JUNK)]
            raw = json.dumps(put(CARTS[protocol](), path, junk)).encode()
            query = {"token": TOKEN} if protocol == "tiendanube" else {}
            answer = session.post(client.url, data=raw, headers=client._proof(raw), params=query, timeout=10)
            tried += 1
            body = answer.json()
            good = answer.status_code == 200 and not (isinstance(body, dict) and body.get("op") == "exception")
            if answer.status_code >= 500 or not (good or ERRORS[protocol](body) or body == {"rates": []}):
                wrong.append(f"{path} {junk!r}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []
    assert tried > 60


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_members_nobody_knows_are_ignored(protocol: str, base: str, owner: Merchant) -> None:
    store = shop(base, owner, protocol)
    body = CARTS[protocol]()
    for path in [
        path for path in places(body) if path[-1] in ("rate", "base_options", "items", "rateRequest", "destination")
    ]:
        found = body
        for step in path:
            found = found[step]
        target = found[0] if isinstance(found, list) else found
        target["something_new"] = {"deep": [1, None, {"x": "y"}]}
    answer = store.ask({**body, "version": "2030-01"})
    assert answer.status_code == 200
    assert "off_" in answer.text


def test_a_body_beyond_all_measure_is_refused_in_the_protocols_words(base: str, owner: Merchant) -> None:
    store = shop(base, owner, "shopify")
    refused(store, store.ask(b"[" + b"1," * 3_000_000 + b"1]"), 413)
    many = shopify_cart()
    many["rate"]["items"] = many["rate"]["items"] * 501
    refused(store, store.ask(many), 400)
    heavy = shopify_cart()
    heavy["rate"]["items"][0]["quantity"] = 100_000
    boxed = shop(
        base, owner, "shopify", name="boxed", boxes=[{"name": "b", "length_mm": 300, "width_mm": 200, "height_mm": 100}]
    )
    assert boxed.ask(heavy).json() == {"rates": []}


def test_nothing_to_ship_is_nothing_to_show(base: str, owner: Merchant) -> None:
    store = shop(base, owner, "shopify")
    voucher = shopify_cart()
    voucher["rate"]["items"][0]["requires_shipping"] = False
    assert store.ask(voucher).json() == {"rates": []}
    adobe = shop(base, owner, "adobe")
    assert adobe.ask(CARTS["adobe"](package_weight=0)).json() == []
