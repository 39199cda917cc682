"""A simulated Onfleet on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
    Rate,
    ServiceLevel,
    Shipment,
    TrackingUpdate,
)
from carriers.base.simulator import RunningSimulator
from carriers.onfleet.adapter import Onfleet
from carriers.onfleet.simulator import SimulatorOnfleet
from tests.carriers.simulated import NOON, Present, running, told_by


@pytest.fixture
def server(clock: Present) -> Iterator[RunningSimulator]:
    with running(SimulatorOnfleet, clock) as served:
        yield served


@pytest.fixture
def onfleet(server: RunningSimulator, clock: Present) -> Onfleet:
    return Onfleet(server.account, clock)


@pytest.fixture
def told(server: RunningSimulator, onfleet: Onfleet, clock: Present, httpserver: HTTPServer) -> list[TrackingUpdate]:
    return told_by(server, onfleet, clock, httpserver)


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
