"""A simulated Group API on loopback, and the adapter pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from carriers.base import Address, BookRequest, Money, Parcel, Rate, ServiceLevel, Shipment
from carriers.base.simulator import RunningSimulator
from carriers.inpost_group.adapter import InPostGroup
from carriers.inpost_group.simulator import SimulatorInPostGroup
from tests.carriers.simulated import NOON, Present, running


@pytest.fixture
def server(clock: Present) -> Iterator[RunningSimulator]:
    with running(SimulatorInPostGroup, clock) as served:
        yield served


@pytest.fixture
def group(server: RunningSimulator, clock: Present) -> InPostGroup:
    return InPostGroup(server.account, clock)


def shipment(point: str = "", **recipient: Any) -> Shipment:
    sender = Address(
        country="PL",
        postal_code="30-001",
        company="Sender Co",
        street1="Warszawska 12",
        city="Kraków",
        phone="+48600654321",
        email="sender@example.com",
    )
    told = {
        "country": "FR",
        "postal_code": "75001",
        "name": "Marie Curie",
        "street1": "Rue de Rivoli 5",
        "city": "Paris",
    }
    contact = {"phone": "+33612345678", "email": "marie@example.com"}
    parcel = Parcel(weight_g=1005, length_mm=205, width_mm=150, height_mm=99)
    to = Address(**{**told, **contact, **recipient})
    return Shipment(origin=sender, destination=to, parcels=(parcel,), service_point=point)


def tendered(moved: Shipment, level: ServiceLevel = ServiceLevel.STANDARD, reference: str = "tnd_1") -> BookRequest:
    rate = Rate(service=level, carrier_service="address", price=Money.parse("15.00", "EUR"))
    return BookRequest(shipment=moved, rate=rate, tender_reference=reference, ready_at=NOON)
