"""A simulated DoorDash on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
    Requirements,
    ServiceLevel,
    Shipment,
    TrackingUpdate,
)
from carriers.base.simulator import RunningSimulator
from carriers.doordash_drive.adapter import DoorDashDrive
from carriers.doordash_drive.simulator import SimulatorDoorDashDrive
from tests.carriers.simulated import NOON, Present, running, told_by


@pytest.fixture
def server(clock: Present) -> Iterator[RunningSimulator]:
    with running(SimulatorDoorDashDrive, clock) as served:
        yield served


@pytest.fixture
def doordash(server: RunningSimulator, clock: Present) -> DoorDashDrive:
    return DoorDashDrive(server.account, clock)


@pytest.fixture
def told(
    server: RunningSimulator, doordash: DoorDashDrive, clock: Present, httpserver: HTTPServer
) -> list[TrackingUpdate]:
    return told_by(server, doordash, clock, httpserver)


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
