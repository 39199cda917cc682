"""A gateway for one test: real services on a real database, simulated carriers on loopback, merchants that call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, Self

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from carriers.base import WebhookCall
from carriers.base.registry import carrier
from carriers.base.simulator import Ledger, LedgerBooking, RunningSimulator, serve, simulator_class
from gateway.app import create_app
from gateway.background import worker
from gateway.bootstrap import build
from gateway.domain.clock import utc_now
from gateway.jobs.worker import WorkerLoop
from gateway.services import ledger_audit
from gateway.services.bound import Services
from gateway.services.ports import Violation
from gateway.settings import load_settings
from gateway.storage import SqlStore
from tests.conftest import SECRET_KEY

OPEN_STATES = ("booking", "uncertain")
PARCEL = {"weight_g": 2500, "length_mm": 300, "width_mm": 200, "height_mm": 100, "description": "shoes"}
ORDER: Mapping[str, Any] = {
    "origin": {
        "name": "Store",
        "street1": "Dronningens gate 10",
        "city": "Oslo",
        "postal_code": "0150",
        "country": "NO",
        "phone": "+4799999999",
    },
    "destination": {
        "name": "Kari",
        "street1": "Karl Johans gate 1",
        "city": "Oslo",
        "postal_code": "0154",
        "country": "NO",
        "phone": "+4798888888",
    },
    "parcels": [PARCEL],
}


class Hands:
    """The hands of a clock that runs by itself and can be moved forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def advance(self, **by: float) -> None:
        self._ahead += timedelta(**by)

    def reset(self) -> None:
        self._ahead = timedelta()


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The settings of a gateway under test; `more` like BOOKING__DEADLINE_S="2"."""
    chosen = {
        "DATABASE__URL": database_url,
        "DATABASE__DURABLE": "false",
        "SECRETS__KEYS": SECRET_KEY,
        "SECRETS__PEPPER": "pepper" * 6,
        "CARRIERS__ALLOW_PLAIN_HTTP": "true",
        "WEBHOOKS__ALLOW_PRIVATE": "true",
        "FILES__URL": "memory://journeys",
        "NOTIFICATIONS__ALLOW_PRIVATE": "true",
        "NOTIFICATIONS__SESSION_S": "0.5",  # less than the shortest lease of a test
        "BOOKING__DEADLINE_S": "2",
        "BOOKING__LEASE_MARGIN_S": "1",
        "REQUEST_LOG__GATHER_S": "3600",  # it is written when a test says so, not while the next one empties tables
        **more,
    }
    return {f"GATEWAY__{name}": value for name, value in chosen.items()}


class Gateway:
    """Services, web application and worker on one database, with a clock to move."""

    def __init__(self, database_url: str, **more: str) -> None:
        self.clock = Hands()
        self.services: Services = build(load_settings(environment(database_url, **more)), self.clock)
        self.app: Flask = create_app(self.services)
        self.worker: WorkerLoop = worker(self.services)

    def close(self) -> None:
        store = self.services.store
        assert isinstance(store, SqlStore)
        store.close()


@dataclass(kw_only=True)
class Merchant:
    """A merchant with a key, who calls the API."""

    id: str
    key: str
    app: Flask = field(repr=False)
    _numbers: count[int] = field(default_factory=lambda: count(1), repr=False)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        told = {
            "Authorization": f"Bearer {self.key}",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        sent: dict[str, Any] = {"json": body}
        if isinstance(body, str | bytes):
            sent = {"data": body, "content_type": "text/csv" if isinstance(body, str) else "image/jpeg"}
        own = {"REMOTE_ADDR": f"client of {self.id}"}  # what is counted by address is each merchant's own
        return self.app.test_client().open(path, method=method, headers=told, environ_base=own, **sent)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def account(self, name: str, running: RunningSimulator, **options: object) -> str:
        """Add an account at a simulated carrier; its id."""
        theirs = running.account
        answer = self.call(
            "POST",
            "/v1/accounts",
            {
                "name": name,
                "carrier": running.simulator.code,
                "urls": dict(theirs.urls),
                "secrets": dict(theirs.secrets),
                "options": {**theirs.options, **options},
            },
        )
        assert answer.status_code == 201, answer.text
        return str((answer.json or {})["id"])

    def book(self, *, key: str = "", **more: object) -> TestResponse:
        """POST /v1/shipments under a new Idempotency-Key, or under this one."""
        key = key or f"{self.id}-{next(self._numbers)}"
        return self.call("POST", "/v1/shipments", {**ORDER, **more}, Idempotency_Key=key)

    def booked(self, **more: Any) -> Any:
        """A shipment that was booked at once."""
        answer = self.book(**more)
        assert answer.status_code == 201, answer.text
        return answer.json

    def shipment(self, shipment_id: str) -> Any:
        return self.get(f"/v1/shipments/{shipment_id}")


class Site:
    """One test's gateway, carriers with their ledgers, and merchants."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway = gateway
        self.services = gateway.services
        self.clock = gateway.clock
        self.folder = folder
        self.ledgers: dict[str, Path] = {}
        self._running: list[RunningSimulator] = []

    def __enter__(self) -> Self:
        self.clock.reset()
        return self

    def __exit__(self, *_: object) -> None:
        for running in self._running:
            running.stop()

    def carrier(self, code: str, ledger: str = "") -> RunningSimulator:
        """Start a simulated carrier, with a ledger of this name."""
        path = self.folder / f"{ledger or code}.jsonl"
        path.touch()
        self.ledgers[ledger or code] = path
        simulator = simulator_class(carrier(code))(ledger=Ledger(path, clock=self.clock), clock=self.clock)
        running = serve(simulator)
        self._running.append(running)
        return running

    def merchant(self, name: str = "Shop") -> Merchant:
        merchant_id = self.services.keys.add_merchant(name)
        _, key = self.services.keys.create(merchant_id, "test", "test", ["admin"])
        return Merchant(id=merchant_id, key=key, app=self.gateway.app)

    def work(self, **ahead: float) -> None:
        """Let time pass, then let the worker do everything that is due."""
        self.clock.advance(**ahead)
        self.gateway.worker.drain()

    def settle(self, merchant: Merchant, shipment_id: str) -> Any:
        """Let the worker go on, with minutes in between, until nothing about the booking is unknown; the shipment."""
        for seconds in (0, 3, 10, 10, 60, 300, 600, 1200):
            self.work(seconds=seconds)
            shipment = merchant.shipment(shipment_id)
            if shipment["state"] not in OPEN_STATES:
                return shipment
        raise AssertionError(f"the booking is still unknown: {shipment}")

    def active(self, shipment: Mapping[str, Any]) -> list[LedgerBooking]:
        """The bookings of a shipment that carriers will want to be paid for."""
        ours = {tender["id"] for tender in shipment["tenders"]}
        views = [Ledger.read(path) for path in self.ledgers.values()]
        return [
            booking
            for view in views
            for reference, bookings in view.active().items()
            if reference in ours
            for booking in bookings
        ]

    def all_active(self) -> list[LedgerBooking]:
        """Every booking that carriers will want to be paid for."""
        views = [Ledger.read(path) for path in self.ledgers.values()]
        return [booking for view in views for bookings in view.active().values() for booking in bookings]

    def violations(self) -> list[Violation]:
        """What `gateway audit` with every ledger would find."""
        store, now = self.services.store, self.clock()
        views = [Ledger.read(path) for path in self.ledgers.values()]
        return [*store.audit(now), *ledger_audit.compare(store, views, now)]

    def push(self, account_id: str, body: bytes, running: RunningSimulator, **headers: str) -> TestResponse:
        """A carrier's webhook, signed as the carrier does, over the HTTP route."""
        proof = running.simulator.carrier.webhook_proof  # type: ignore[attr-defined]  # carriers that push have one
        call = WebhookCall(
            method="POST",
            headers={"content-type": "application/json"},
            query={},
            body=body,
            received_at=self.clock(),
        )
        signed = proof.sign(call, running.account)
        told = {**signed.headers, **headers}
        return self.gateway.app.test_client().post(f"/v1/carriers/{account_id}/webhook", data=body, headers=told)


class Served:
    """The web application on a port of loopback, for calls that must come over a socket."""

    def __init__(self, app: Flask) -> None:
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def states(shipment: Mapping[str, Any]) -> Sequence[str]:
    """The states of a shipment's tenders, oldest first."""
    return [tender["state"] for tender in shipment["tenders"]]
