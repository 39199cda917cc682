"""Where merchants are told: endpoints, their deliveries, and sending one again."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook

from gateway.api import examples
from gateway.bootstrap import worker
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
