"""A merchant with keys and accounts, speaking HTTP to the real application. Every answer is held to the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from carriers.base.simulator import RunningSimulator
from gateway.services.bound import Services
from gateway.services.keys import SCOPES
from gateway.services.ports import Mode
from tests.api.contract import Contract

Json = dict[str, Any]
NUMBERS = count(1)
OWN_FLEET: Json = {
    "timezone": "Europe/Oslo",
    "cut_offs": {"standard": "20:00"},
    "rate_card": "[zones]\nzone,country,postcodes\noslo,NO,0*\n[prices]\n"
    "zone,service,max_weight_g,price_minor,currency\noslo,standard,30000,5900,NOK\n",
}


@dataclass(frozen=True)
class Merchant:
    """Calls the API with one of the merchant's keys."""

    id: str
    mode: Mode
    app: Flask
    services: Services
    contract: Contract
    keys: Mapping[str, str] = field(repr=False)
    scope: str = "admin"

    def having(self, scope: str) -> "Merchant":
        """The same merchant with the key that has this scope only."""
        return replace(self, scope=scope)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def __call__(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.keys[self.scope]}", **kwargs.pop("headers", {})}
        response = self.client.open(path, method=method, headers=headers, **kwargs)
        self.contract.check(response)
        return response

    def get(self, path: str, **query: Any) -> TestResponse:
        return self("GET", path, **({"query_string": query} if query else {}))

    def post(self, path: str, body: object = None, key: str = "", **kwargs: Any) -> TestResponse:
        headers = {**({"Idempotency-Key": key} if key else {}), **kwargs.pop("headers", {})}
        given = {} if body is None else {"json": body}
        return self("POST", path, headers=headers, **given, **kwargs)

    def put(self, path: str, body: object, **kwargs: Any) -> TestResponse:
        return self("PUT", path, json=body, **kwargs)

    def patch(self, path: str, body: object) -> TestResponse:
        return self("PATCH", path, json=body)

    def delete(self, path: str) -> TestResponse:
        return self("DELETE", path)

    def book(self, body: Json, key: str = "") -> Json:
        """A booked shipment."""
        response = self.post("/v1/shipments", body, key or fresh("key"))
        assert response.status_code == 201, response.text
        booked: Json = response.get_json()
        return booked

    def with_account(self, running: RunningSimulator, **options: object) -> Json:
        """An account at a simulator, named after the carrier."""
        account = running.account
        code = running.simulator.carrier.profile.code
        given = {"urls": account.urls, "secrets": account.secrets, "options": {**account.options, **options}}
        body = {"name": code, "carrier": code, **{name: dict(value) for name, value in given.items()}}
        made = self.post("/v1/accounts", body)
        assert made.status_code == 201, made.text
        found: Json = made.get_json()
        return found

    def with_fleet(self) -> Json:
        """An account of the own fleet."""
        made = self.post("/v1/accounts", {"name": "own-fleet", "carrier": "own_fleet", "options": OWN_FLEET})
        assert made.status_code == 201, made.text
        found: Json = made.get_json()
        return found


def new_merchant(app: Flask, contract: Contract, mode: Mode = "test", merchant_id: str = "") -> Merchant:
    """A merchant with one key for each scope."""
    services: Services = app.extensions["gateway"]
    merchant_id = merchant_id or services.keys.add_merchant("Fjord Shop")
    keys = {scope: services.keys.create(merchant_id, scope, mode, [scope])[1] for scope in SCOPES}
    return Merchant(id=merchant_id, mode=mode, app=app, services=services, contract=contract, keys=keys)


def contract_of(app: Flask) -> Contract:
    """What the application publishes."""
    return Contract(app.extensions["openapi"].document, app.url_map.bind("localhost"))


def fresh(word: str) -> str:
    """A word that no other test uses."""
    return f"{word}-{next(NUMBERS)}"


def problem(response: TestResponse, status: int, code: str) -> Json:
    """The problem document of an answer, which must be this one and complete."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body: Json = response.get_json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"/docs/problems#{code}"
    assert body["title"]
    assert body["detail"]
    assert body["instance"].startswith("/")
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body


def pointers(response: TestResponse) -> list[str]:
    """Where a 422 says the faults are."""
    return [fault["pointer"] for fault in problem(response, 422, "invalid")["errors"]]
