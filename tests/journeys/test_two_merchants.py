"""Nobody sees or moves what is another's: every route of the application, asked with another merchant's ids.

All that the owner has says "canary" somewhere. A route without a row in `ASKS` fails the first test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.api.examples import ASSIGNMENT, CONNECTION, FACILITY, POLICY, RATE_CARD, STATUS_TABLE
from gateway.api.examples_claims import CLAIM
from tests.journeys.asks import ASKS, CANARY, HOOK, OF_EITHER_MODE, REFERENCE, Ask
from tests.journeys.fleet import add_fleet
from tests.journeys.site import ORDER, Merchant, Site
from tests.pictures import photo

ID = re.compile(r"\b[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}\b")
BOX = CONNECTION["boxes"][0]
NAME, STREET, EMAIL, PHONE = "Canary Karlsen", "Canary gate 7", "kari@canary.example", "+4791237777"
NEED_KEYS = ("POST /v1/shipments", "POST /v1/shipments/<shipment_id>/return")
KEY_USED = "canary-idempotency"
DESTINATION = {
    **ORDER["destination"],
    "name": NAME,
    "company": "Canary AS",
    "street1": STREET,
    "email": EMAIL,
    "phone": PHONE,
    "instructions": "canary door code 1234",
}
WANTED: Mapping[str, Any] = {
    **ORDER,
    "destination": DESTINATION,
    "reference": REFERENCE,
    "metadata": {"canary-key": "canary value"},
}
MAIL = {"smtp": {"host": "127.0.0.1", "port": 9, "security": "none", "from": f"parcels@{CANARY}.example"}}
OWN_ZONES: Mapping[str, Any] = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": {"zone": f"{CANARY}-zone", "country": "NO"}, "geometry": None}],
}


@dataclass(frozen=True, kw_only=True)
class Owned:
    """What the owner has: ids by the names that routes give them, and every word nobody else may be told."""

    ids: Mapping[str, str]
    secrets: frozenset[str]


@pytest.fixture
def shop_and_stranger(site: Site, shop: Merchant) -> tuple[Owned, Merchant]:
    """What a shop has, and another merchant who has an account at the same carrier."""
    stranger = site.merchant("Stranger")
    return _settled(site, shop, stranger)


@pytest.fixture
def live_and_test(site: Site, shop: Merchant) -> tuple[Owned, Merchant]:
    """What a shop has in live mode, and its test key."""
    _, key = site.services.keys.create(shop.id, "canary live", "live", ["admin"])
    live = Merchant(id=shop.id, key=key, app=shop.app)
    return _settled(site, live, shop)


def _settled(site: Site, owner: Merchant, stranger: Merchant) -> tuple[Owned, Merchant]:
    sandbox = site.carrier("sandbox")
    owned = _belongings(site, owner, sandbox)
    stranger.account("own-sandbox", sandbox)
    add_fleet(site, stranger, "own-fleet")
    own_quote = stranger.call("POST", "/v1/quotes", dict(ORDER)).json or {}
    return Owned(ids={**owned.ids, "own_quote_id": own_quote["id"]}, secrets=owned.secrets), stranger


def _belongings(site: Site, owner: Merchant, sandbox: Any) -> Owned:
    """One of everything, and two shipments: one at the carrier, one with the own fleet."""
    fleet_id = add_fleet(site, owner, f"{CANARY}-fleet")
    with_fleet = owner.booked(reference="canary-order-2")
    where = f"account={CANARY}-fleet&tracking_number={with_fleet['tracking_number']}&kind=photo"
    picture = owner.call("POST", f"/v1/fleet/pictures?{where}", photo()).json or {}
    account_id = owner.account(f"{CANARY}-sandbox", sandbox)
    assert owner.call("PATCH", f"/v1/accounts/{fleet_id}", {"enabled": False}).status_code == 200
    made = {
        "rate card": owner.call("POST", f"/v1/accounts/{fleet_id}/rate-cards", f"[card]\nname\n{CANARY}\n{RATE_CARD}"),
        "status table": owner.call("PUT", f"/v1/accounts/{account_id}/status-table", STATUS_TABLE),
        "policy": owner.call("PUT", f"/v1/policies/{CANARY}-policy", POLICY),
        "zones": owner.call("PUT", "/v1/zones", OWN_ZONES),
        "facility": owner.call("POST", "/v1/facilities", {**FACILITY, "code": f"{CANARY}-store"}),
        "assignment": owner.call("POST", "/v1/assignments", ASSIGNMENT),
        "key": owner.call("POST", "/v1/keys", {"name": "canary till", "scopes": ["admin"]}),
        "endpoint": owner.call("POST", "/v1/webhook-endpoints", {"url": HOOK}),
        "sender": owner.call("PUT", "/v1/notification-senders/email", MAIL),
        "told": owner.call("PUT", "/v1/notification-settings", {"events": {"booked": ["email"]}}),
        "template": owner.call("PUT", "/v1/notification-templates/booked/email/en", {"parts": {"subject": CANARY}}),
        "block": owner.call("POST", "/v1/notification-blocks", {"channel": "sms", "address": PHONE, "why": CANARY}),
        "shipment": owner.book(key=KEY_USED, **{**WANTED, "policy": f"{CANARY}-policy"}),
        "connection": owner.call(
            "POST",
            "/v1/checkout-connections",
            {**CONNECTION, "name": f"{CANARY}-shop", "boxes": [{**BOX, "name": CANARY}]},
        ),
        "tracker": owner.call("POST", "/v1/trackers", {"account": account_id, "tracking_number": "CANARY-1"}),
    }
    period = {"since": "2026-01-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
    made["backtest"] = owner.call("POST", f"/v1/policies/{CANARY}-policy/backtest", period)
    assert {
        name: answer.status_code for name, answer in made.items() if answer.status_code not in (200, 201, 202)
    } == {}
    ready = site.clock() + timedelta(hours=1)
    wish = {"ready_at": ready.isoformat(), "closes_at": (ready + timedelta(hours=2)).isoformat()}
    corrected = owner.call(
        "POST",
        f"/v1/shipments/{(made['shipment'].json or {})['id']}/corrections",
        {"status": "booked", "reason": "label_created", "author": "Canary Karlsen", "why": "canary says so"},
    )
    claim = owner.call(
        "POST",
        f"/v1/shipments/{(made['shipment'].json or {})['id']}/claims",
        {**CLAIM, "note": "canary was torn"},
    )
    pickups = owner.call("POST", "/v1/pickups", {**wish, "accounts": [account_id], "instructions": "canary bell"})
    closed = owner.call("POST", "/v1/manifests", {"accounts": [account_id]})
    for unread in (b"<canary>", b"<canary two>"):
        assert site.push(account_id, unread, sandbox).status_code == 200
    site.work()
    waiting = owner.get("/v1/quarantine")["data"]
    shipment, endpoint = made["shipment"].json or {}, made["endpoint"].json or {}
    quoted = owner.get(f"/v1/quotes/{shipment['quote_id']}")
    sent = owner.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries")["data"]
    ids = {
        "token": "a-link-of-22-letters00",
        "asset": "page.css",
        "colour": "1d5c4d",
        "account_id": account_id,
        "account": f"{CANARY}-sandbox",
        "fleet": f"{CANARY}-fleet",
        "fleet_id": fleet_id,
        "version": "1",
        "number": with_fleet["tracking_number"],
        "name": f"{CANARY}-policy",
        "assignment_id": (made["assignment"].json or {})["id"],
        "facility_id": (made["facility"].json or {})["id"],
        "backtest_id": (made["backtest"].json or {})["id"],
        "key_id": (made["key"].json or {})["id"],
        "endpoint_id": endpoint["id"],
        "connection_id": (made["connection"].json or {})["id"],
        "delivery_id": sent[0]["id"],
        "shipment_id": shipment["id"],
        "correction_id": (corrected.json or {})["id"],
        "claim_id": (claim.json or {})["id"],
        "quote_id": quoted["id"],
        "offer_id": quoted["recommended_offer_id"],
        "picture_token": forged(picture["href"].rpartition("/")[2]),
        "message_id": waiting[0]["id"],
        "unread_id": waiting[1]["id"],
        "tracker_id": (made["tracker"].json or {})["id"],
        "pickup_id": (pickups.json or {})["data"][0]["id"],
        "manifest_id": (closed.json or {})["data"][0]["id"],
        "channel": "email",
        "event": "booked",
        "language": "en",
        "link": "no-such-link",
        "sender_id": (made["sender"].json or {})["id"],
        "block_id": (made["block"].json or {})["id"],
        "notification_id": owner.get(f"/v1/shipments/{shipment['id']}/notifications")["data"][0]["id"],
    }
    told = json.dumps([with_fleet, quoted, sent, pickups.json, closed.json, *(answer.json for answer in made.values())])
    return Owned(ids=ids, secrets=frozenset({*ID.findall(told), PHONE, with_fleet["tracking_number"]}))


def forged(token: str) -> str:
    """The link of the owner's picture with another seal; with its own anybody may look, for minutes."""
    return token[:-1] + ("0" if token[-1] != "0" else "1")


def _routes(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield f"{method} {rule.rule}"


def _ask(who: Merchant, route: str, ask: Ask, ids: Mapping[str, str]) -> TestResponse:
    method, rule = route.split()
    path = re.sub(r"<(\w+)>", lambda name: ids[ask.ids.get(name[1], name[1])], rule)
    headers = {"Idempotency_Key": f"asked-{ids['shipment_id']}-{who.id}"} if route in NEED_KEYS else {}
    return who.call(method, f"{path}?{ask.query}" if ask.query else path, ask.body(ids), **headers)


def _leaks(answer: TestResponse, asked: str, owned: Owned) -> list[str]:
    """What of the owner's is told that the asker did not say himself."""
    told = answer.get_data(as_text=True)
    for word in sorted(re.findall(r"[\w.:-]+", asked), key=len, reverse=True):
        told = told.replace(word, "")
    return [word for word in (CANARY, *owned.secrets) if word.lower() in told.lower()]


def _check(stranger: Merchant, route: str, ask: Ask, owned: Owned) -> None:
    answer = _ask(stranger, route, ask, owned.ids)
    case = f"{route} {ask.query} {ask.body(owned.ids)}: {answer.status_code} {answer.get_data(as_text=True)[:2000]}"
    assert answer.status_code == ask.status, case
    asked = f"{answer.request.path} {ask.query} {json.dumps(ask.body(owned.ids), default=repr)}"
    assert _leaks(answer, asked, owned) == [], case
    if route.startswith("GET"):
        head = stranger.call("HEAD", answer.request.full_path)
        assert (head.status_code, head.get_data()) == (answer.status_code, b""), case


def test_every_route_has_a_row_and_every_exception_a_reason(site: Site) -> None:
    assert sorted(set(_routes(site.gateway.app))) == sorted(ASKS)
    assert [ask for asks in ASKS.values() for ask in asks if ask.status != 404 and not ask.why] == []
    unguarded = [route for route, asks in ASKS.items() if "_id>" in route and {ask.status for ask in asks} - {404, 401}]
    assert unguarded == []
    assert set(OF_EITHER_MODE) <= set(ASKS)


def test_no_route_shows_or_moves_what_is_another_merchants(
    shop_and_stranger: tuple[Owned, Merchant], shop: Merchant
) -> None:
    owned, stranger = shop_and_stranger
    before = _state(shop, owned)
    for route, asks in ASKS.items():
        for ask in asks:
            _check(stranger, route, ask, owned)
    assert _state(shop, owned) == before
    _check_owner(shop, owned)


def test_a_test_key_neither_shows_nor_moves_what_is_live(live_and_test: tuple[Owned, Merchant], site: Site) -> None:
    owned, test = live_and_test
    for route, asks in ASKS.items():
        for ask in asks if route not in OF_EITHER_MODE else ():
            _check(test, route, ask, owned)


def _state(owner: Merchant, owned: Owned) -> list[Any]:
    ids = owned.ids
    paths = (
        f"/v1/shipments/{ids['shipment_id']}",
        f"/v1/shipments?tracking_number={ids['number']}",
        f"/v1/accounts/{ids['account_id']}",
        f"/v1/accounts/{ids['fleet_id']}/rate-cards",
        f"/v1/policies/{ids['name']}",
        f"/v1/checkout-connections/{ids['connection_id']}",
        "/v1/zones",
        f"/v1/facilities/{ids['facility_id']}",
        f"/v1/trackers/{ids['tracker_id']}",
        f"/v1/pickups/{ids['pickup_id']}",
        f"/v1/manifests/{ids['manifest_id']}",
        f"/v1/webhook-endpoints/{ids['endpoint_id']}/deliveries",
        "/v1/notification-settings",
        "/v1/notification-senders",
        "/v1/notification-templates?event=booked",
        "/v1/notification-blocks",
        f"/v1/shipments/{ids['shipment_id']}/notifications",
    )
    return [owner.get(path) for path in paths]


def _check_owner(owner: Merchant, owned: Owned) -> None:
    """The same requests are good for something when the owner makes them: else a 404 would prove nothing."""
    own = {**owned.ids, "own_quote_id": owned.ids["quote_id"]}
    for route, asks in ASKS.items():
        for ask in asks if "_id>" in route and asks[0].status == 404 else ():
            answer = _ask(owner, route, ask, own)
            nobody = (answer.json or {}).get("code") == "no_carrier_available" if answer.is_json else False
            assert nobody or answer.status_code in (200, 201, 202, 204, 409), f"{route}: {answer.text}"


def test_no_search_and_no_cursor_finds_another_merchants_shipments(
    shop_and_stranger: tuple[Owned, Merchant], shop: Merchant
) -> None:
    owned, stranger = shop_and_stranger
    shipment = shop.shipment(owned.ids["shipment_id"])
    number = shipment["tracking_number"]
    words = [("q", word) for word in (shipment["id"], NAME, EMAIL, PHONE[-4:], number, REFERENCE)]
    for field, word in (*words, ("reference", REFERENCE), ("tracking_number", number)):
        path = f"/v1/shipments?{field}={quote(word)}"
        assert shipment["id"] in [found["id"] for found in shop.get(path)["data"]], path
        assert stranger.get(path) == {"data": [], "next_cursor": None}, path

    rest = f"/v1/shipments?cursor={quote(shop.get('/v1/shipments?limit=1')['next_cursor'])}"
    assert shop.get(rest)["data"] != []
    assert stranger.get(rest)["data"] == []


def test_reference_and_idempotency_key_are_each_merchants_own(
    shop_and_stranger: tuple[Owned, Merchant], shop: Merchant
) -> None:
    owned, stranger = shop_and_stranger
    again = shop.book(key=KEY_USED, **{**WANTED, "policy": f"{CANARY}-policy"})
    assert again.headers["Idempotent-Replayed"] == "true"
    answer = stranger.book(key=KEY_USED, **WANTED)
    assert answer.status_code == 201, answer.text
    assert "Idempotent-Replayed" not in answer.headers
    assert (answer.json or {})["id"] != owned.ids["shipment_id"]
