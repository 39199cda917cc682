"""Who may do what: keys, scopes, merchants, modes. Over every route there is."""

import base64
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from gateway.api import examples
from gateway.domain.clock import utc_now
from gateway.services.keys import SCOPES, _check
from tests.api.conftest import Made
from tests.api.contract import Contract
from tests.api.world import Merchant, contract_of, fresh, new_merchant, problem

READS = {"shipments:read", "tracking:read"}


def guarded(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Method, path and scope of every route that needs a key."""
    for rule in app.url_map.iter_rules():
        scope = getattr(app.view_functions[rule.endpoint], "required_scope", None)
        if scope is not None:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, re.sub(r"<(\w+)>", r"none-\1", rule.rule), scope


def credentials(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_there_are_routes_for_every_scope(app: Flask) -> None:
    found = list(guarded(app))
    assert len(found) > 25
    assert {scope for _, _, scope in found} == set(SCOPES)


def test_the_routes_open_to_all_are_known(app: Flask) -> None:
    found = {
        rule.rule for rule in app.url_map.iter_rules() if hasattr(app.view_functions[rule.endpoint], "open_because")
    }
    assert found == {
        "/v1/carriers/<account_id>/webhook",
        "/v1/checkout/shopify/<connection>",
        "/v1/checkout/bigcommerce/<connection>/rate",
        "/v1/checkout/bigcommerce/<connection>/check",
        "/v1/checkout/tiendanube/<connection>",
        "/v1/checkout/adobe/<connection>",
        "/v1/notification-senders/<sender_id>/receipts",
        "/v1/notification-senders/<sender_id>/replies",
        "/u/<link>",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/docs/checkouts",
        "/docs/policies",
        "/docs/notifications",
        "/docs/problems",
        "/docs/privacy",
        "/docs/figures",
        "/docs/proofs",
        "/docs/scale",
        "/docs/statuses",
        "/docs/webhooks",
        "/docs/recipients",
        "/v1/pictures/<token>",
        "/docs/docs.css",
        "/t/<token>",
        "/t/<token>/logo",
        "/t/<token>/photo",
        "/t/<token>/missing",
        "/t/<token>/rating",
        "/t/<token>/wish",
        "/t/<token>/push",
        "/t/<token>/times",
        "/t/<token>/points",
        "/t/<token>/point",
        "/t/<token>/wish/code",
        "/t/<token>/times/code",
        "/t/<token>/points/code",
        "/t/assets/<name>",
        "/t/colours/<colour>.css",
    }


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_may_do_what_its_scope_says_and_nothing_else(scope: str, app: Flask, newcomer: Merchant) -> None:
    shop = newcomer.having(scope)
    for method, path, needed in guarded(app):
        answer = shop(method, path, headers={"Idempotency-Key": fresh("key")})
        if scope in (needed, "admin"):
            assert answer.status_code not in (401, 403), f"{method} {path}"
        else:
            body = problem(answer, 403, "missing_scope")
            assert needed in body["detail"], f"{method} {path}"


def bad_keys(shop: Merchant) -> dict[str, dict[str, str]]:
    good = shop.keys["admin"]
    swapped = good.replace("gw_test_", "gw_live_")
    body = swapped[:-6]
    stranger = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]
    nul = "gw_test_\x00_" + "A" * 43
    return {
        "none": {},
        "empty": {"Authorization": ""},
        "bearer of nothing": {"Authorization": "Bearer "},
        "another scheme": {"Authorization": f"Token {good}"},
        "garbled": credentials("gw_test_xxxxxxxx_yyyy"),
        "cut": credentials(good[:-1]),
        "longer": credentials(good + "x"),
        "changed": credentials(stranger),
        "changed with a good sum": credentials(stranger[:-6] + _check(stranger[:-6])),
        "another mode": credentials(swapped),
        "another mode with a good sum": credentials(body + _check(body)),
        "not ascii": credentials("gw_test_\xe6\xf8\xe5_x"),
        "huge": credentials("gw_test_" + "a" * 100_000),
        "basic garbage": {"Authorization": "Basic %%%"},
        "basic without user": {"Authorization": "Basic " + base64.b64encode(f":{good}".encode()).decode()},
        "basic with nul": {"Authorization": "Basic " + base64.b64encode((nul + _check(nul) + ":").encode()).decode()},
    }


def test_a_wrong_key_is_401_on_every_route(app: Flask, newcomer: Merchant) -> None:
    for headers in bad_keys(newcomer).values():
        for method, path, _ in guarded(app):
            answer = newcomer.client.open(path, method=method, headers=headers)
            problem(answer, 401, "unauthorized")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_key_is_401_on_either_database(made: Made) -> None:
    app = made()
    shop = new_merchant(app, contract_of(app))
    for headers in bad_keys(shop).values():
        problem(shop.client.get("/v1/shipments", headers=headers), 401, "unauthorized")


def test_a_key_in_the_query_is_never_read(newcomer: Merchant) -> None:
    key = newcomer.keys["admin"]
    for name in ("api_key", "key", "access_token", "token"):
        problem(newcomer.client.get(f"/v1/shipments?{name}={key}"), 401, "unauthorized")


def test_a_key_may_come_as_the_user_of_basic(newcomer: Merchant) -> None:
    for password in ("", "ignored"):
        pair = base64.b64encode(f"{newcomer.keys['admin']}:{password}".encode()).decode()
        answer = newcomer.client.get("/v1/shipments", headers={"Authorization": f"Basic {pair}"})
        assert answer.status_code == 200


def test_a_revoked_key_ends_at_once(newcomer: Merchant) -> None:
    made = newcomer.post("/v1/keys", examples.KEY).get_json()
    used = newcomer.client.get("/v1/shipments", headers=credentials(made["key"]))
    assert used.status_code == 200
    assert newcomer.delete(f"/v1/keys/{made['id']}").status_code == 204
    problem(newcomer.client.get("/v1/shipments", headers=credentials(made["key"])), 401, "unauthorized")
    assert newcomer.delete(f"/v1/keys/{made['id']}").status_code == 204


def test_an_expired_key_is_refused(newcomer: Merchant) -> None:
    past, future = utc_now() - timedelta(seconds=1), utc_now() + timedelta(hours=1)
    for expires_at, status in ((past, 401), (future, 200)):
        made = newcomer.post("/v1/keys", {**examples.KEY, "expires_at": expires_at.isoformat()}).get_json()
        answer = newcomer.client.get("/v1/shipments", headers=credentials(made["key"]))
        assert answer.status_code == status


def test_a_key_is_shown_once(newcomer: Merchant) -> None:
    made = newcomer.post("/v1/keys", examples.KEY)
    body = made.get_json()
    assert body["key"].startswith(f"{body['prefix']}_")
    assert made.headers["Location"] == f"/v1/keys/{body['id']}"
    listed = newcomer.get("/v1/keys")
    assert body["id"] in [key["id"] for key in listed.get_json()["data"]]
    assert body["key"] not in listed.text
    assert body["key"].rpartition("_")[2] not in listed.text


def objects(shop: Merchant) -> Iterator[tuple[str, str]]:
    """Method and path of everything that can be asked about the objects of a merchant."""
    quote = shop.post("/v1/quotes", examples.QUOTE).get_json()["id"]
    yield "GET", f"/v1/quotes/{quote}"
    shipment = f"/v1/shipments/{shop.book({**examples.BOOK, 'reference': fresh('order')})['id']}"
    for path in ("", "/events", "/decision", "/label", "/stream"):
        yield "GET", shipment + path
    yield "POST", shipment + "/cancel"
    yield "POST", shipment + "/resolve"
    account = shop.get("/v1/accounts").get_json()["data"][0]["id"]
    yield "GET", f"/v1/accounts/{account}"
    yield "PATCH", f"/v1/accounts/{account}"
    yield "POST", f"/v1/accounts/{account}/check"
    tracker = shop.post("/v1/trackers", {"account": "sandbox", "tracking_number": "SBX999"}).get_json()["id"]
    yield "GET", f"/v1/trackers/{tracker}"
    shop.put("/v1/policies/mine", examples.POLICY)
    yield "GET", "/v1/policies/mine"
    key = shop.post("/v1/keys", examples.KEY).get_json()["id"]
    yield "DELETE", f"/v1/keys/{key}"
    endpoint = shop.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"}).get_json()["id"]
    yield "GET", f"/v1/webhook-endpoints/{endpoint}/deliveries"
    shop.services.lanes.claim()
    delivery = shop.get(f"/v1/webhook-endpoints/{endpoint}/deliveries").get_json()["data"]
    if delivery:
        yield "GET", f"/v1/webhook-endpoints/{endpoint}/deliveries/{delivery[0]['id']}"
        yield "POST", f"/v1/webhook-endpoints/{endpoint}/deliveries/{delivery[0]['id']}/replay"
    for what in ("replay", "rotate-secret", "test"):
        yield "POST", f"/v1/webhook-endpoints/{endpoint}/{what}"
    yield "PATCH", f"/v1/webhook-endpoints/{endpoint}"
    yield "DELETE", f"/v1/webhook-endpoints/{endpoint}"


BODY = {"resolve": examples.RESOLVE, "accounts": examples.ACCOUNT_CHANGE}


def body_for(method: str, path: str) -> dict | None:
    if path.endswith("resolve"):
        return examples.RESOLVE
    if "/webhook-endpoints/" in path:
        what = path.rpartition("/")[2] if path.count("/") == 4 else method
        return {"replay": examples.REPLAY, "rotate-secret": examples.ROTATION, "PATCH": {"types": []}}.get(what)
    return examples.ACCOUNT_CHANGE if method == "PATCH" else None


def test_objects_of_another_merchant_are_not_found(merchant: Merchant, stranger: Merchant) -> None:
    asked = list(objects(merchant))
    for method, path in asked:
        body = body_for(method, path)
        answer = stranger(method, path, **({"json": body} if body else {}))
        problem(answer, 404, "not_found")
        assert "Kari" not in answer.text
    for method, path in asked:
        if method == "GET":
            with merchant(method, path) as found:
                assert found.status_code == 200, path


def test_lists_hold_nothing_of_another_merchant(merchant: Merchant, stranger: Merchant) -> None:
    booked = merchant.book({**examples.BOOK, "reference": fresh("order")})
    for path in ("/v1/shipments", "/v1/trackers", "/v1/accounts", "/v1/webhook-endpoints"):
        assert stranger.get(path).get_json()["data"] == []
    for query in ({"q": booked["id"]}, {"reference": booked["reference"]}, {"q": "Kari"}):
        assert stranger.get("/v1/shipments", **query).get_json()["data"] == []
        assert len(merchant.get("/v1/shipments", **query).get_json()["data"]) == 1


def test_accounts_and_quotes_of_another_merchant_cannot_be_used(merchant: Merchant, stranger: Merchant) -> None:
    quote = merchant.post("/v1/quotes", examples.QUOTE).get_json()
    ids = {"quote_id": quote["id"], "offer_id": quote["recommended_offer_id"]}
    problem(stranger.post("/v1/shipments", {**examples.BOOK_A_QUOTE, **ids}, fresh("key")), 404, "not_found")
    account = merchant.get("/v1/accounts").get_json()["data"][0]["id"]
    for name in (account, "sandbox"):
        problem(stranger.post("/v1/trackers", {"account": name, "tracking_number": "SBX1"}), 404, "not_found")


def test_a_live_key_sees_nothing_of_the_test_mode(app: Flask, contract: Contract, merchant: Merchant) -> None:
    live = new_merchant(app, contract, "live", merchant.id)
    asked = [(method, path) for method, path in objects(merchant) if "/policies/" not in path]
    shared = ("/v1/keys/", "/v1/webhook-endpoints/")
    for method, path in asked:
        if path.startswith(shared):
            continue
        body = body_for(method, path)
        problem(live(method, path, **({"json": body} if body else {})), 404, "not_found")
    for path in ("/v1/shipments", "/v1/trackers", "/v1/accounts"):
        assert live.get(path).get_json()["data"] == []
        assert merchant.get(path).get_json()["data"] != []
    quoted = live.post("/v1/quotes", examples.QUOTE).get_json()
    assert quoted["offers"] == []
    assert quoted["carrier_results"] == []


def test_the_same_idempotency_key_and_reference_are_free_in_the_other_mode(
    app: Flask, contract: Contract, merchant: Merchant
) -> None:
    live = new_merchant(app, contract, "live", merchant.id)
    body = {**examples.BOOK, "reference": fresh("order")}
    booked = merchant.post("/v1/shipments", body, key="same")
    assert booked.status_code == 201
    refused = problem(live.post("/v1/shipments", body, key="same"), 422, "no_carrier_available")
    assert refused["shipment_id"] != booked.get_json()["id"]
