"""A simulated ShipX on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
from carriers.inpost.adapter import InPost
from carriers.inpost.simulator import SimulatorInPost

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LOCKER, COURIER = "inpost_locker_standard", "inpost_courier_standard"

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
def shipx(clock: Present) -> Iterator[RunningSimulator]:
    with serve(SimulatorInPost(ledger=Ledger(clock=clock), clock=clock)) as running:
        yield running


@pytest.fixture
def inpost(shipx: RunningSimulator, clock: Present) -> InPost:
    return InPost(shipx.account, clock)


@pytest.fixture
def told(shipx: RunningSimulator, inpost: InPost, httpserver: HTTPServer) -> list[TrackingUpdate]:
    """What the simulator's webhooks told, each proven and parsed as it came."""
    updates: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        call = WebhookCall(
            method="POST", headers={}, query=request.args.to_dict(), body=request.get_data(), received_at=NOON
        )
        try:
            updates.extend(inpost.receive(call))
        except WebhookRejected:
            return Response(status=401)
        return Response(status=200)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    shipx.simulator.emitter.target = WebhookTarget(url=httpserver.url_for("/hook"))
    return updates


def shipment(post_code: str = "31-123", point: str = "", **more: Any) -> Shipment:
    sender = Address(country="PL", postal_code="00-026", name="Anna Nowak", street1="Złota 1", city="Warszawa")
    recipient = Address(
        country="PL",
        postal_code=post_code,
        name="Jan Kowalski",
        street1="Krupnicza 9/2",
        city="Kraków",
        phone="+48500600700",
        email="jan@example.com",
    )
    parcel = Parcel(weight_g=1500, length_mm=300, width_mm=200, height_mm=70, **more)
    return Shipment(origin=sender, destination=recipient, parcels=(parcel,), service_point=point)


def tendered(moved: Shipment, service: str = COURIER, reference: str = "tnd_1") -> BookRequest:
    rate = Rate(service=ServiceLevel.STANDARD, carrier_service=service, price=Money.parse("19.50", "PLN"))
    return BookRequest(shipment=moved, rate=rate, tender_reference=reference, ready_at=NOON)
