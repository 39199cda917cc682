"""A simulated ShipX on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
from carriers.inpost.adapter import InPost
from carriers.inpost.simulator import SimulatorInPost
from tests.carriers.simulated import NOON, Present, running, told_by

LOCKER, COURIER = "inpost_locker_standard", "inpost_courier_standard"


@pytest.fixture
def shipx(clock: Present) -> Iterator[RunningSimulator]:
    with running(SimulatorInPost, clock) as served:
        yield served


@pytest.fixture
def inpost(shipx: RunningSimulator, clock: Present) -> InPost:
    return InPost(shipx.account, clock)


@pytest.fixture
def told(shipx: RunningSimulator, inpost: InPost, clock: Present, httpserver: HTTPServer) -> list[TrackingUpdate]:
    return told_by(shipx, inpost, clock, httpserver)


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
