"""Connections to checkouts over the API, and cartonizations."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api import examples
from tests.api.world import Json, Merchant, fresh, pointers, problem

SHOPIFY: Json = {"name": "shop", "protocol": "shopify", "secrets": {"client_secret": "s3cr3t-of-the-app"}}


def made(merchant: Merchant, **more: Any) -> Json:
    response = merchant.post("/v1/checkout-connections", {**SHOPIFY, **more})
    assert response.status_code == 201, response.text
    found: Json = response.get_json()
    return found


def test_a_connection_is_made_read_changed_listed_and_ended(newcomer: Merchant) -> None:
    response = newcomer.post("/v1/checkout-connections", examples.CONNECTION)
    assert response.status_code == 201, response.text
    connection = response.get_json()
    path = response.headers["Location"]
    assert path == f"/v1/checkout-connections/{connection['id']}"
    assert connection["urls"]["rate"].endswith(f"/v1/checkout/shopify/{connection['id']}")
    assert connection["answers_within_ms"] == 9500
    given = {name: value for name, value in examples.CONNECTION.items() if name in ("free_from", "markup_percent")}
    assert {name: connection["settings"][name] for name in given} == given
    assert connection["settings"]["fallback"][0]["price"] == {"amount": 9900, "currency": "NOK"}
    assert newcomer.get(path).get_json() == connection
    changed = newcomer.patch(path, examples.CONNECTION_CHANGE)
    assert changed.status_code == 200
    assert changed.get_json()["version"] == 2
    assert changed.get_json()["settings"]["policy"] == "cheapest"
    assert changed.get_json()["settings"]["boxes"] == connection["settings"]["boxes"]
    assert [each["id"] for each in newcomer.get("/v1/checkout-connections").get_json()["data"]] == [connection["id"]]
    assert newcomer.delete(path).status_code == 204
    problem(newcomer.get(path), 404, "not_found")
    problem(newcomer.delete(path), 404, "not_found")


def test_secrets_are_never_given_back_and_encrypted_at_rest(newcomer: Merchant) -> None:
    connection = made(newcomer)
    shown = newcomer.get(f"/v1/checkout-connections/{connection['id']}")
    assert connection["secrets"] == ["client_secret"]
    assert "s3cr3t" not in shown.text
    with newcomer.services.store.look() as uow:
        stored = uow.checkouts.get(newcomer.id, connection["id"])
        raw = uow._connection.exec_driver_sql("SELECT secrets FROM checkout_connections").scalars().all()
    assert stored is not None
    assert stored.secrets == SHOPIFY["secrets"]
    assert "s3cr3t" not in repr(stored)
    assert raw
    assert not any("s3cr3t" in each for each in raw)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"secrets": {}}, "/secrets"),
        ({"secrets": {"key": "x"}}, "/secrets/key"),
        ({"secrets": {"url_token": "x"}}, "/secrets/client_secret"),
        ({"verification": "off"}, "/secrets/url_token"),
        ({"protocol": "tiendanube", "secrets": {"url_token": "short"}}, "/secrets/url_token"),
        ({"secrets": {"client_secret_previous": "x"}}, "/secrets"),
        ({"protocol": "adobe", "secrets": {"public_key": "no key"}}, "/secrets/public_key"),
        ({"protocol": "tiendanube"}, "/secrets/client_secret"),
        ({"protocol": "adobe", "secrets": {"url_token": "t" * 16}}, "/origin"),
        ({"protocol": "wix"}, "/protocol"),
        ({"policy": "no-such"}, "/policy"),
        ({"deadline_ms": 2600}, "/deadline_ms"),
        ({"requests_per_min": 100, "deadline_ms": 9600}, "/deadline_ms"),
        ({"protocol": "tiendanube", "secrets": {"url_token": "t" * 16}, "deadline_ms": 4600}, "/deadline_ms"),
        (
            {"fallback": [{"name": "x", "service": "soon", "price": {"amount": 1, "currency": "NOK"}}]},
            "/fallback/0/service",
        ),
        (
            {"fallback": [{"name": "x", "service": "economy", "price": {"amount": 1, "currency": "XQX"}}]},
            "/fallback/0/price/currency",
        ),
        ({"fallback": [examples.CONNECTION["fallback"][0]] * 2}, "/fallback/1"),
        (
            {"fallback": [{**examples.CONNECTION["fallback"][0], "postcodes": ["01", "0200-0299"]}]},
            "/fallback/0/postcodes/1",
        ),
        ({"fallback": [{**examples.CONNECTION["fallback"][0], "postcodes": ["01*"]}]}, "/fallback/0/postcodes/0"),
        ({"boxes": [{"name": "x", "length_mm": 0, "width_mm": 1, "height_mm": 1}]}, "/boxes/0/length_mm"),
        ({"markup_percent": "ten"}, "/markup_percent"),
        ({"when_nothing": "panic"}, "/when_nothing"),
        ({"labels": {"same day": "x"}}, "/labels/same day"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_what_does_not_do_is_refused_with_a_pointer(change: Json, pointer: str, newcomer: Merchant) -> None:
    assert pointers(newcomer.post("/v1/checkout-connections", {**SHOPIFY, **change})) == [pointer]
    assert newcomer.get("/v1/checkout-connections").get_json() == {"data": []}


def test_a_bad_change_leaves_the_live_connection_as_it_is(newcomer: Merchant) -> None:
    connection = made(newcomer)
    path = f"/v1/checkout-connections/{connection['id']}"
    for change in ({"policy": "no-such"}, {"deadline_ms": 9000}, {"protocol": "adobe"}, {"secrets": {"x": "y"}}):
        assert newcomer.patch(path, change).status_code == 422
    assert newcomer.get(path).get_json() == connection


def test_names_are_the_merchants_own(newcomer: Merchant, stranger: Merchant) -> None:
    first = made(newcomer)
    problem(newcomer.post("/v1/checkout-connections", SHOPIFY), 409, "conflict")
    other = made(newcomer, name="second")
    renamed = newcomer.patch(f"/v1/checkout-connections/{other['id']}", {"name": "shop"})
    problem(renamed, 409, "conflict")
    assert made(stranger)["id"] != first["id"]
    for method in ("GET", "DELETE"):
        problem(stranger(method, f"/v1/checkout-connections/{first['id']}"), 404, "not_found")


def test_a_repeated_post_makes_one_connection(newcomer: Merchant) -> None:
    key = fresh("key")
    first = newcomer.post("/v1/checkout-connections", SHOPIFY, key)
    again = newcomer.post("/v1/checkout-connections", SHOPIFY, key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_json() == first.get_json()


def test_only_admins_see_connections(newcomer: Merchant) -> None:
    for scope in ("quotes:write", "shipments:write", "shipments:read"):
        problem(newcomer.having(scope).get("/v1/checkout-connections"), 403, "missing_scope")


def test_the_example_cart_is_packed_by_both_ways_of_naming_boxes(newcomer: Merchant) -> None:
    packed = newcomer.post("/v1/cartonizations", examples.CARTONIZE)
    assert packed.status_code == 200, packed.text
    body = packed.get_json()
    assert body["unplaced"] == []
    assert sum(len(parcel["items"]) for parcel in body["parcels"]) == 3
    for parcel in body["parcels"]:
        volume = parcel["length_mm"] * parcel["width_mm"] * parcel["height_mm"]
        assert parcel["dimensional_weight_g"] == -(-volume // 5000)
        assert parcel["chargeable_weight_g"] == max(parcel["dimensional_weight_g"], parcel["weight_g"])
    connection = newcomer.post("/v1/checkout-connections", examples.CONNECTION).get_json()
    by_connection = {**examples.CARTONIZE, "connection": connection["id"]}
    del by_connection["boxes"]
    assert newcomer.post("/v1/cartonizations", by_connection).get_json() == body
    problem(newcomer.post("/v1/cartonizations", {**by_connection, "connection": "con_x"}), 404, "not_found")
    bare = newcomer.post("/v1/checkout-connections", SHOPIFY).get_json()
    assert pointers(newcomer.post("/v1/cartonizations", {**by_connection, "connection": bare["id"]})) == ["/connection"]


def test_what_fits_nowhere_is_named_with_the_reason(newcomer: Merchant) -> None:
    plank = {"sku": "PLANK", "quantity": 2, "weight_g": 10, "length_mm": 2000, "width_mm": 10, "height_mm": 10}
    body = newcomer.post("/v1/cartonizations", {**examples.CARTONIZE, "items": [plank]}).get_json()
    assert body == {
        "parcels": [],
        "unplaced": [{"sku": "PLANK", "quantity": 2, "why": "is larger than every box"}],
    }
    many = {**examples.CARTONIZE, "items": [{**plank, "quantity": 100}] * 2}
    assert pointers(newcomer.post("/v1/cartonizations", many)) == ["/items"]
