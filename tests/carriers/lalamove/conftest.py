"""A simulated Lalamove on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
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
from carriers.lalamove.adapter import Lalamove
from carriers.lalamove.simulator import SimulatorLalamove
from tests.carriers.simulated import NOON, Present, running, told_by


@pytest.fixture
def server(clock: Present) -> Iterator[RunningSimulator]:
    with running(SimulatorLalamove, clock) as served:
        yield served


@pytest.fixture
def lalamove(server: RunningSimulator, clock: Present) -> Lalamove:
    return Lalamove(server.account, clock)


@pytest.fixture
def told(server: RunningSimulator, lalamove: Lalamove, clock: Present, httpserver: HTTPServer) -> list[TrackingUpdate]:
    return told_by(server, lalamove, clock, httpserver)


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
