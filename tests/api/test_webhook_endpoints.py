"""Where merchants are told: endpoints, their deliveries, and sending one again."""

import hashlib
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook

from gateway.api import examples
from gateway.background import worker
from gateway.services.merchant_webhooks import MESSAGE_TYPES
from tests.api.world import Json, Merchant, fresh, pointers, problem


@pytest.fixture
def shop() -> Iterator[HTTPServer]:
    """The merchant's own server."""
    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request("/hook").respond_with_data("thanks")
        yield server


def told(merchant: Merchant, shop: HTTPServer) -> tuple[Json, list[Json]]:
    """An endpoint, and its deliveries after something was booked."""
    made = merchant.post("/v1/webhook-endpoints", {"url": shop.url_for("/hook"), "types": ["shipment.booked"]})
    merchant.book({**examples.BOOK, "reference": fresh("order")})
    worker(merchant.services).drain(3)
    endpoint = made.get_json()
    return endpoint, merchant.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries").get_json()["data"]


def test_the_signing_secret_is_shown_once(merchant: Merchant) -> None:
    made = merchant.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"})
    assert made.status_code == 201
    assert made.get_json()["secret"].startswith("whsec_")
    assert made.headers["Location"] == f"/v1/webhook-endpoints/{made.get_json()['id']}"
    listed = merchant.get("/v1/webhook-endpoints")
    assert [endpoint["id"] for endpoint in listed.get_json()["data"]] == [made.get_json()["id"]]
    assert made.get_json()["secret"] not in listed.text


def test_a_delivery_is_signed_logged_and_may_be_sent_again(merchant: Merchant, shop: HTTPServer) -> None:
    endpoint, deliveries = told(merchant, shop)
    assert [(each["state"], each["last_status"]) for each in deliveries] == [("delivered", 200)]
    assert deliveries[0]["body"]["type"] == "shipment.booked"
    path = f"/v1/webhook-endpoints/{endpoint['id']}/deliveries/{deliveries[0]['id']}/replay"
    again = merchant.post(path)
    assert (again.status_code, again.get_json()["state"]) == (202, "pending")
    worker(merchant.services).drain(3)
    first, second = (request for request, _ in shop.log)
    assert first.data == second.data
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == deliveries[0]["message_id"]
    for request in (first, second):
        assert Webhook(endpoint["secret"]).verify(request.data, dict(request.headers))


def test_an_endpoint_that_is_ended_gets_nothing_more(merchant: Merchant, shop: HTTPServer) -> None:
    endpoint, _ = told(merchant, shop)
    assert merchant.delete(f"/v1/webhook-endpoints/{endpoint['id']}").status_code == 204
    problem(merchant.delete(f"/v1/webhook-endpoints/{endpoint['id']}"), 404, "not_found")
    problem(merchant.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries"), 404, "not_found")
    merchant.book({**examples.BOOK, "reference": fresh("order")})
    worker(merchant.services).drain(3)
    assert len(shop.log) == 1


def test_every_message_type_may_be_chosen(merchant: Merchant) -> None:
    made = merchant.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/", "types": list(MESSAGE_TYPES)})
    assert made.get_json()["types"] == list(MESSAGE_TYPES)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"types": ["shipment.lost"]}, "/types/0"),
        ({"types": "all"}, "/types"),
        ({"url": "ftp://127.0.0.1/hook"}, "/url"),
        ({"url": "nonsense"}, "/url"),
        ({"url": "http://" + "x" * 2050}, "/url"),
        ({"url": "https://user:pass@example.com/"}, "/url"),
        ({"url": "https://[::1"}, "/url"),
        ({"url": "https://example.com:0/"}, "/url"),
        ({"url": "https://example.com:99999/"}, "/url"),
        ({"url": "https://\u2488.example.com:x/"}, "/url"),
        ({"url": None}, "/url"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
def test_an_endpoint_that_makes_no_sense_is_pointed_at(change: Json, where: str, merchant: Merchant) -> None:
    body = {"url": "http://127.0.0.1:9/hook", **change}
    assert pointers(merchant.post("/v1/webhook-endpoints", body)) == [where]


def test_the_log_of_a_delivery_shows_what_was_sent_and_what_came_back(merchant: Merchant, shop: HTTPServer) -> None:
    endpoint, [delivery] = told(merchant, shop)
    path = f"/v1/webhook-endpoints/{endpoint['id']}/deliveries/{delivery['id']}"
    file = merchant.get(path).get_json()
    [sent] = file["tries"]
    [(request, _)] = shop.log
    assert (sent["status"], sent["response_head"], sent["url"]) == (200, "thanks", shop.url_for("/hook"))
    assert sent["body_sha256"] == hashlib.sha256(request.data).hexdigest()
    for name in ("webhook-id", "webhook-timestamp", "content-type", "user-agent"):
        assert sent["headers"][name] == request.headers[name]
    assert request.headers["webhook-signature"] not in str(file)
    problem(merchant.get(path.replace(delivery["id"], "dlv_none")), 404, "not_found")


def test_a_secret_is_rotated_with_an_overlap_and_shown_once(merchant: Merchant, shop: HTTPServer) -> None:
    endpoint, _ = told(merchant, shop)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    rotated = merchant.post(f"{path}/rotate-secret", {})
    assert rotated.status_code == 200
    new = rotated.get_json()["secret"]
    listed = merchant.get("/v1/webhook-endpoints").get_json()["data"][0]
    assert listed["old_secret_until"] == rotated.get_json()["old_secret_until"] is not None
    assert "secret" not in listed
    merchant.post(f"{path}/test")
    worker(merchant.services).drain(3)
    request, _ = shop.log[-1]
    for secret in (endpoint["secret"], new):
        assert Webhook(secret).verify(request.data, dict(request.headers))["type"] == "endpoint.test"
    assert merchant.post(f"{path}/rotate-secret", {"overlap_h": 0}).get_json()["old_secret_until"] is None


def test_a_test_message_is_sent_on_request(merchant: Merchant, shop: HTTPServer) -> None:
    endpoint, _ = told(merchant, shop)
    sent = merchant.post(f"/v1/webhook-endpoints/{endpoint['id']}/test", key="test-1")
    again = merchant.post(f"/v1/webhook-endpoints/{endpoint['id']}/test", key="test-1")
    assert (sent.status_code, again.get_json()) == (202, sent.get_json())
    worker(merchant.services).drain(3)
    ids = [request.headers["webhook-id"] for request, _ in shop.log]
    assert ids.count(sent.get_json()["message_id"]) == 1


def test_everything_since_a_moment_is_sent_again(merchant: Merchant, shop: HTTPServer) -> None:
    begun = merchant.services.clock().isoformat()
    endpoint, _ = told(merchant, shop)
    path = f"/v1/webhook-endpoints/{endpoint['id']}/replay"
    assert merchant.post(path, {"failed": True}).get_json() == {"count": 0, "more_after": None}
    done = merchant.post(path, {"since": begun})
    assert (done.status_code, done.get_json()) == (202, {"count": 1, "more_after": None})
    worker(merchant.services).drain(3)
    first, second = (request for request, _ in shop.log)
    assert (first.data, first.headers["webhook-id"]) == (second.data, second.headers["webhook-id"])
    one = merchant.post(path, {"message_id": first.headers["webhook-id"]})
    assert one.get_json()["count"] == 1


def test_an_endpoint_is_disabled_and_enabled(merchant: Merchant, shop: HTTPServer) -> None:
    endpoint, _ = told(merchant, shop)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    stopped = merchant.patch(path, {"state": "disabled"}).get_json()
    assert (stopped["state"], stopped["why"]) == ("disabled", "you disabled it")
    problem(merchant.post(f"{path}/test"), 409, "conflict")
    problem(merchant.post(f"{path}/replay", {"failed": True}), 409, "conflict")
    changed = merchant.patch(path, {"state": "enabled", "types": [], "url": shop.url_for("/other")}).get_json()
    assert (changed["state"], changed["types"], changed["url"]) == ("enabled", [], shop.url_for("/other"))
    assert merchant.patch(path, {}).get_json() == changed


@pytest.mark.parametrize(
    ("what", "body", "where"),
    [
        ("replay", {}, ""),
        ("replay", {"failed": False}, ""),
        ("replay", {"failed": True, "since": "2026-11-23T14:00:00Z"}, ""),
        ("replay", {"failed": "yes"}, "/failed"),
        ("replay", {"since": "yesterday"}, "/since"),
        ("replay", {"since": "2026-11-23T14:00:00"}, "/since"),
        ("replay", {"since": "0001-01-01T00:00:00Z"}, "/since"),
        ("replay", {"message_id": "msg_1"}, "/message_id"),
        ("replay", {"message_id": "msg_01JD5FB2R8W4N6Y0T3V7Q9K5MZ\n"}, "/message_id"),
        ("replay", {"failed": True, "after": "x"}, "/after"),
        ("replay", {"everything": True}, "/everything"),
        ("rotate-secret", {"overlap_h": -1}, "/overlap_h"),
        ("rotate-secret", {"overlap_h": 169}, "/overlap_h"),
        ("rotate-secret", {"overlap_h": "1"}, "/overlap_h"),
        ("rotate-secret", {"secret": "whsec_mine"}, "/secret"),
        ("", {"url": "nonsense"}, "/url"),
        ("", {"state": "broken"}, "/state"),
        ("", {"types": ["shipment.lost"]}, "/types/0"),
        ("", {"secrets": []}, "/secrets"),
    ],
)
def test_a_wish_that_makes_no_sense_is_pointed_at(what: str, body: Json, where: str, merchant: Merchant) -> None:
    endpoint = merchant.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"}).get_json()["id"]
    path = f"/v1/webhook-endpoints/{endpoint}"
    answer = merchant.post(f"{path}/{what}", body) if what else merchant.patch(path, body)
    assert pointers(answer) == [where]
