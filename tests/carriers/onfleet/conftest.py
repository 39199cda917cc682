"""A simulated Onfleet on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from carriers.base import (
    Address,
    BookRequest,
    Money,
    Parcel,
    Rate,
    ServiceLevel,
    Shipment,
    TrackingUpdate,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.drive import run
from carriers.base.simulator import Ledger, RunningSimulator, WebhookTarget, serve
from carriers.base.transports import RequestsTransport
from carriers.onfleet.adapter import Onfleet
from carriers.onfleet.simulator import SimulatorOnfleet

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

Ask = Callable[..., Any]


class Present:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(scope="session")
def ask() -> Ask:
    transport = RequestsTransport(threads=1)
    return lambda coroutine, deadline_s=20: run(coroutine, transport, deadline_s=deadline_s)


@pytest.fixture
def clock() -> Present:
    return Present()


@pytest.fixture
def server(clock: Present) -> Iterator[RunningSimulator]:
    with serve(SimulatorOnfleet(ledger=Ledger(clock=clock), clock=clock)) as running:
        yield running


@pytest.fixture
def onfleet(server: RunningSimulator, clock: Present) -> Onfleet:
    return Onfleet(server.account, clock)


@pytest.fixture
def told(server: RunningSimulator, onfleet: Onfleet, httpserver: HTTPServer) -> list[TrackingUpdate]:
    """What the simulator's webhooks told, each proven and parsed as it came."""
    updates: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = WebhookCall(method="POST", headers=headers, body=request.get_data(), received_at=NOON)
        try:
            reply = onfleet.prove(call)
        except WebhookRejected:
            return Response(status=401)
        updates.extend(onfleet.parse_webhook(call))
        return Response(reply.body, reply.status)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    server.simulator.emitter.target = WebhookTarget(url=httpserver.url_for("/hook"))
    return updates


def shipment(postal_code: str = "92806", origin: str = "94103", phone: str = "+18881787789") -> Shipment:
    return Shipment(
        origin=Address(
            country="US",
            postal_code=origin,
            name="Store",
            street1="929 Market St",
            city="San Francisco",
            phone="+18881787788",
        ),
        destination=Address(
            country="US",
            postal_code=postal_code,
            name="Joan P.",
            street1="2695 East Katella Avenue",
            city="Anaheim",
            phone=phone,
            latitude=33.8078476,
            longitude=-117.8764687,
        ),
        parcels=(Parcel(weight_g=300),),
        reference="R1",
    )


def tendered(moved: Shipment, reference: str = "tnd_1", **more: Any) -> BookRequest:
    rate = Rate(service=ServiceLevel.SAME_DAY, carrier_service="same_day", price=Money.parse("12.00", "USD"))
    return BookRequest(shipment=moved, rate=rate, tender_reference=reference, ready_at=NOON, **more)
