"""A simulated DoorDash on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
    QuoteRequest,
    Rate,
    Requirements,
    ServiceLevel,
    Shipment,
    TrackingUpdate,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.drive import run
from carriers.base.simulator import Ledger, RunningSimulator, WebhookTarget, serve
from carriers.base.transports import RequestsTransport
from carriers.doordash_drive.adapter import DoorDashDrive
from carriers.doordash_drive.simulator import SimulatorDoorDashDrive

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
    with serve(SimulatorDoorDashDrive(ledger=Ledger(clock=clock), clock=clock)) as running:
        yield running


@pytest.fixture
def doordash(server: RunningSimulator, clock: Present) -> DoorDashDrive:
    return DoorDashDrive(server.account, clock)


@pytest.fixture
def told(server: RunningSimulator, doordash: DoorDashDrive, httpserver: HTTPServer) -> list[TrackingUpdate]:
    """What the simulator's webhooks told, each proven and parsed as it came."""
    updates: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = WebhookCall(method="POST", headers=headers, body=request.get_data(), received_at=NOON)
        try:
            reply = doordash.prove(call)
        except WebhookRejected:
            return Response(status=401)
        updates.extend(doordash.parse_webhook(call))
        return Response(reply.body, reply.status)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    server.simulator.emitter.target = WebhookTarget(url=httpserver.url_for("/hook"))
    return updates


def shipment(zip_code: str = "98101", **requirements: Any) -> Shipment:
    return Shipment(
        origin=Address(
            country="US",
            postal_code="98104",
            company="Store",
            street1="1000 4th Ave",
            city="Seattle",
            subdivision="WA",
            phone="+1(650)5555555",
        ),
        destination=Address(
            country="US",
            postal_code=zip_code,
            name="John Doe",
            street1="1201 3rd Ave",
            city="Seattle",
            subdivision="WA",
            phone="+16505555556",
        ),
        parcels=(Parcel(weight_g=300),),
        requirements=Requirements(**requirements),
        reference="R1",
    )


def quoted(moved: Shipment, **more: Any) -> QuoteRequest:
    return QuoteRequest(shipment=moved, ready_at=NOON, **more)


def tendered(moved: Shipment, reference: str = "tnd_1") -> BookRequest:
    rate = Rate(service=ServiceLevel.INSTANT, carrier_service="delivery", price=Money.parse("9.75", "USD"))
    return BookRequest(shipment=moved, rate=rate, tender_reference=reference, ready_at=NOON)
