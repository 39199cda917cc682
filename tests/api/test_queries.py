"""Query strings and paths: checked like bodies, on either database."""

import base64
from collections.abc import Iterator

import pytest

from gateway.api import examples
from tests.api.conftest import Made
from tests.api.world import Json, Merchant, contract_of, new_merchant, pointers, problem

LISTS = ("/v1/shipments", "/v1/trackers", "/v1/pickups", "/v1/manifests")
POINTS, OSLO = "/v1/service-points", {"country": "NO", "postal_code": "0150"}


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode()


CURSORS = (
    "",
    "x",
    "====",
    "æøå",
    "\x00",
    "x" * 301,
    cursor(""),
    cursor("2026-01-01"),
    cursor("2026-01-01T00:00:00 shp_1"),
    cursor("2026-01-01T00:00:00+00:00"),
    cursor("yesterday shp_1"),
    cursor("2026-01-01T00:00:00+00:00 \ud800"),
)
LIMITS = ("0", "201", "-1", "1e9", "x", "", "1.5", "9" * 5000)
WRONG: tuple[tuple[str, Json, str], ...] = (
    *((path, {"limit": value}, "/limit") for path in LISTS for value in LIMITS),
    *((path, {"surprise": "1"}, "/surprise") for path in LISTS),
    *((path, {"cursor": value}, "/cursor") for path in LISTS for value in CURSORS),
    ("/v1/shipments", {"status": "lost"}, "/status"),
    ("/v1/shipments", {"state": "lost"}, "/state"),
    ("/v1/shipments", {"created_after": "yesterday"}, "/created_after"),
    ("/v1/shipments", {"created_after": "2026-01-01"}, "/created_after"),
    ("/v1/shipments", {"created_after": "2026-01-01T00:00:00"}, "/created_after"),
    ("/v1/shipments", {"created_after": "0001-01-01T00:00:00+23:59"}, "/created_after"),
    ("/v1/shipments", {"created_after": "9999-12-31T23:59:59-23:59"}, "/created_after"),
    *(("/v1/shipments", {name: "x" * 101}, f"/{name}") for name in ("reference", "tracking_number", "account", "q")),
    *(("/v1/shipments", {name: "a\x00b"}, f"/{name}") for name in ("reference", "tracking_number", "account", "q")),
    *((path, {"day": value}, "/day") for path in LISTS[2:] for value in ("x", "2026-13-01", "2026-1-1x", "1969-12-31")),
    *((path, {"state": "lost"}, "/state") for path in LISTS[2:]),
    (POINTS, {"postal_code": "0150"}, "/country"),
    (POINTS, {"country": "NO"}, "/postal_code"),
    (POINTS, {**OSLO, "latitude": "59.9"}, "/longitude"),
    (POINTS, {**OSLO, "longitude": "10.7"}, "/latitude"),
    *((POINTS, {**OSLO, "longitude": "1", "latitude": value}, "/latitude") for value in ("x", "nan", "inf", "91")),
    *((POINTS, {**OSLO, "radius_m": value}, "/radius_m") for value in ("99", "100001", "x", "1e3")),
    *((POINTS, {**OSLO, "limit": value}, "/limit") for value in ("0", "101", "x")),
    *((POINTS, {**OSLO, "country": value}, "/country") for value in ("no", "NOR", "")),
    *((POINTS, {**OSLO, name: "a\x00b"}, f"/{name}") for name in ("city", "street1", "account")),
    (POINTS, {**OSLO, "surprise": "1"}, "/surprise"),
    ("/v1/accounts", {"mode": "live"}, "/mode"),
    ("/v1/carriers", {"api_key": "x"}, "/api_key"),
    ("/v1/policies/default", {"version": "x"}, "/version"),
    ("/v1/policies/default", {"version": "-1"}, "/version"),
    ("/v1/policies/default", {"version": str(2**40)}, "/version"),
)  # fmt: skip


@pytest.fixture
def shop(made: Made) -> Merchant:
    """A merchant on either database."""
    app = made()
    return new_merchant(app, contract_of(app))


def test_queries_that_make_no_sense_are_pointed_at(shop: Merchant) -> None:
    wrong = []
    for path, query, where in WRONG:
        answer = shop.get(path, **query)
        if answer.status_code != 422 or pointers(answer) != [where]:
            wrong.append((path, query, answer.status_code, answer.text[:200]))
    assert wrong == []


def test_a_forged_cursor_breaks_nothing(shop: Merchant) -> None:
    for path in LISTS:
        for text in ("0001-01-01T00:00:00+23:59 x", "9999-12-31T23:59:59-23:59 x", "2026-01-01T00:00:00+00:00 x\x00"):
            assert shop.get(path, cursor=cursor(text)).status_code in (200, 422)


def odd_ids() -> Iterator[str]:
    yield from ("%00", "x%00", "shp_", "%F0%9F%98%80", "%ED%A0%80", "%FF", "..", "%2e%2e", "%2F", "a%20b", "'--", "%22")
    yield "x" * 8000


PATHS = (
    ("GET", "/v1/quotes/{}"),
    ("GET", "/v1/shipments/{}"),
    ("GET", "/v1/shipments/{}/events"),
    ("GET", "/v1/shipments/{}/decision"),
    ("GET", "/v1/shipments/{}/label"),
    ("POST", "/v1/shipments/{}/cancel"),
    ("GET", "/v1/trackers/{}"),
    ("GET", "/v1/pickups/{}"),
    ("DELETE", "/v1/pickups/{}"),
    ("GET", "/v1/manifests/{}"),
    ("GET", "/v1/manifests/{}/document"),
    ("GET", "/v1/accounts/{}"),
    ("POST", "/v1/accounts/{}/check"),
    ("GET", "/v1/policies/{}"),
    ("DELETE", "/v1/keys/{}"),
    ("DELETE", "/v1/webhook-endpoints/{}"),
    ("GET", "/v1/webhook-endpoints/{}/deliveries"),
    ("POST", "/v1/webhook-endpoints/{}/deliveries/{}/replay"),
)


def test_odd_ids_are_not_found(shop: Merchant) -> None:
    for method, path in PATHS:
        for odd in odd_ids():
            answer = shop.client.open(
                path.format(odd, odd), method=method, headers={"Authorization": f"Bearer {shop.keys['admin']}"}
            )
            problem(answer, 404, "not_found")


def test_odd_ids_of_webhooks_are_not_found(shop: Merchant) -> None:
    for odd in odd_ids():
        for method in ("GET", "POST"):
            problem(shop.client.open(f"/v1/carriers/{odd}/webhook", method=method), 404, "not_found")


def test_a_policy_has_a_plain_name(shop: Merchant) -> None:
    for odd in ("Default", "a b", "x" * 65, "%C3%A6", "-a"):
        answer = shop.put(f"/v1/policies/{odd}", examples.POLICY)
        assert pointers(answer) == ["/name"]


def test_names_of_accounts_in_bodies_are_not_found_either(shop: Merchant) -> None:
    for odd in ("nobody", "acc_nobody", "Ünknown", "x" * 64):
        problem(shop.post("/v1/trackers", {"account": odd, "tracking_number": "ABC1"}), 404, "not_found")
        problem(shop.post("/v1/pickups", {**examples.PICKUP, "accounts": [odd]}), 404, "not_found")
        problem(shop.post("/v1/manifests", {**examples.CLOSE_DAY, "accounts": [odd]}), 404, "not_found")
        problem(shop.get(POINTS, **OSLO, account=odd), 404, "not_found")
        problem(shop.put("/v1/fleet/windows", {**examples.WINDOWS, "account": odd}), 404, "not_found")
        problem(shop.post("/v1/fleet/scans", {**examples.SCANS, "account": odd}), 404, "not_found")
