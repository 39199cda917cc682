"""A simulated Lalamove on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
    ServiceLevel,
    Shipment,
    TrackingUpdate,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.drive import run
from carriers.base.simulator import Ledger, RunningSimulator, WebhookTarget, serve
from carriers.base.transports import RequestsTransport
from carriers.lalamove.adapter import Lalamove
from carriers.lalamove.simulator import SimulatorLalamove

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
    with serve(SimulatorLalamove(ledger=Ledger(clock=clock), clock=clock)) as running:
        yield running


@pytest.fixture
def lalamove(server: RunningSimulator, clock: Present) -> Lalamove:
    return Lalamove(server.account, clock)


@pytest.fixture
def told(server: RunningSimulator, lalamove: Lalamove, httpserver: HTTPServer) -> list[TrackingUpdate]:
    """What the simulator's webhooks told, each proven and parsed as it came."""
    updates: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        call = WebhookCall(method="POST", headers={}, body=request.get_data(), received_at=NOON)
        try:
            reply = lalamove.prove(call)
        except WebhookRejected:
            return Response(status=401)
        updates.extend(lalamove.parse_webhook(call))
        return Response(reply.body, reply.status)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    server.simulator.emitter.target = WebhookTarget(url=httpserver.url_for("/hook"))
    return updates


def shipment(postal_code: str = "999077", phone: str = "+852 5555 1213") -> Shipment:
    return Shipment(
        origin=Address(
            country="HK", name="Store", street1="1 Nathan Rd", city="Kowloon", phone="+85255551212", latitude=22.3354735
        ),
        destination=Address(
            country="HK",
            postal_code=postal_code,
            name="Joan P.",
            street1="8 Bowen Rd",
            city="Central",
            phone=phone,
            latitude=22.2711,
            longitude=114.00000004,
        ),
        parcels=(Parcel(weight_g=300),),
        reference="R1",
    )


def quoted(moved: Shipment, ready_at: datetime = NOON, **more: Any) -> QuoteRequest:
    return QuoteRequest(shipment=moved, ready_at=ready_at, **more)


def tendered(moved: Shipment, rate: Rate | None = None, reference: str = "tnd_1") -> BookRequest:
    plain = Rate(service=ServiceLevel.INSTANT, carrier_service="MOTORCYCLE", price=Money.parse("104.50", "HKD"))
    return BookRequest(shipment=moved, rate=rate or plain, tender_reference=reference, ready_at=NOON)
