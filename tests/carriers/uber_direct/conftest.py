"""A simulated Uber Direct on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
    Shipment,
    TrackingUpdate,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.drive import run
from carriers.base.simulator import Ledger, RunningSimulator, WebhookTarget, serve
from carriers.base.transports import RequestsTransport
from carriers.uber_direct.adapter import UberDirect
from carriers.uber_direct.simulator import SimulatorUberDirect

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
def uber_server(clock: Present) -> Iterator[RunningSimulator]:
    with serve(SimulatorUberDirect(ledger=Ledger(clock=clock), clock=clock)) as running:
        yield running


@pytest.fixture
def uber(uber_server: RunningSimulator, clock: Present) -> UberDirect:
    return UberDirect(uber_server.account, clock)


@pytest.fixture
def told(uber_server: RunningSimulator, uber: UberDirect, httpserver: HTTPServer) -> list[TrackingUpdate]:
    """What the simulator's webhooks told, each proven and parsed as it came."""
    updates: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = WebhookCall(method="POST", headers=headers, body=request.get_data(), received_at=NOON)
        try:
            reply = uber.prove(call)
        except WebhookRejected:
            return Response(status=401)
        updates.extend(uber.parse_webhook(call))
        return Response(reply.body, reply.status)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    uber_server.simulator.emitter.target = WebhookTarget(url=httpserver.url_for("/hook"))
    return updates


def shipment(zip_code: str = "94103", **requirements: Any) -> Shipment:
    return Shipment(
        origin=Address(
            country="US",
            postal_code="94105",
            name="Store",
            street1="425 Market St",
            city="San Francisco",
            subdivision="CA",
            phone="+14155551212",
        ),
        destination=Address(
            country="US",
            postal_code=zip_code,
            name="Joan P.",
            street1="201 3rd St",
            city="San Francisco",
            subdivision="CA",
            phone="+14155551213",
        ),
        parcels=(Parcel(weight_g=300, length_mm=200, width_mm=150, height_mm=100),),
        requirements=Requirements(**requirements),
        reference="R1",
    )


def quoted(moved: Shipment, ready_at: datetime = NOON) -> QuoteRequest:
    return QuoteRequest(shipment=moved, ready_at=ready_at)


def tendered(moved: Shipment, rate: Rate | None = None, reference: str = "tnd_1") -> BookRequest:
    rate = rate or Rate(service="instant", carrier_service="delivery", price=Money.parse("6.00", "USD"))  # type: ignore[arg-type]  # a StrEnum's word
    return BookRequest(shipment=moved, rate=rate, tender_reference=reference, ready_at=NOON)
