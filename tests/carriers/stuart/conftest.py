"""A simulated Stuart on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

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
)
from carriers.base.simulator import RunningSimulator
from carriers.stuart.adapter import Stuart
from carriers.stuart.simulator import SimulatorStuart
from tests.carriers.simulated import NOON, Present, running, told_by


@pytest.fixture
def server(clock: Present) -> Iterator[RunningSimulator]:
    with running(SimulatorStuart, clock) as served:
        yield served


@pytest.fixture
def stuart(server: RunningSimulator, clock: Present) -> Stuart:
    return Stuart(server.account, clock)


@pytest.fixture
def told(server: RunningSimulator, stuart: Stuart, clock: Present, httpserver: HTTPServer) -> list[TrackingUpdate]:
    return told_by(server, stuart, clock, httpserver)


def shipment(postal_code: str = "75012") -> Shipment:
    return Shipment(
        origin=Address(
            country="FR",
            postal_code="75004",
            company="KFC Paris",
            street1="12 rue de Rivoli",
            city="Paris",
            phone="+33698348756",
        ),
        destination=Address(
            country="FR",
            postal_code=postal_code,
            name="Alex Durand",
            street1="148 rue de Charenton",
            city="Paris",
            phone="+33634981209",
        ),
        parcels=(Parcel(weight_g=300),),
        reference="R1",
    )


def quoted(moved: Shipment, **more: Any) -> QuoteRequest:
    return QuoteRequest(shipment=moved, ready_at=NOON, **more)


def tendered(moved: Shipment, reference: str = "tnd_1") -> BookRequest:
    rate = Rate(service=ServiceLevel.INSTANT, carrier_service="delivery", price=Money.parse("11.50", "EUR"))
    return BookRequest(shipment=moved, rate=rate, tender_reference=reference, ready_at=NOON)
