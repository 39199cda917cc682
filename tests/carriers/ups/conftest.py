"""A simulated UPS on loopback, and the adapter pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.base import Address, BookRequest, Money, Parcel, Rate, ServiceLevel, Shipment
from carriers.base.simulator import RunningSimulator
from carriers.ups.adapter import Ups
from carriers.ups.simulator import SimulatorUps
from tests.carriers.simulated import running

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # in New York
TENDER = "tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2M"


@pytest.fixture
def ups_server() -> Iterator[RunningSimulator]:
    with running(SimulatorUps, lambda: NOON) as served:
        yield served


@pytest.fixture
def ups(ups_server: RunningSimulator) -> Ups:
    return Ups(ups_server.account, lambda: NOON)


def shipment(**changes: Any) -> Shipment:
    facts: dict[str, Any] = {
        "origin": Address(
            country="US",
            postal_code="21093",
            company="York Road Supply",
            street1="2311 York Rd",
            city="Timonium",
            subdivision="MD",
            phone="+14105550100",
        ),
        "destination": Address(
            country="US",
            postal_code="30005-1234",
            name="Happy Dog",
            street1="123 Main St",
            city="Alpharetta",
            subdivision="GA",
            phone="+16785550123",
        ),
        "parcels": (Parcel(weight_g=4536, length_mm=254, width_mm=300, height_mm=100),),
        "reference": "order 7",
    }
    return Shipment(**{**facts, **changes})


def tendered(moved: Shipment | None = None, rate: Rate | None = None, **changes: Any) -> BookRequest:
    ground = Rate(service=ServiceLevel.STANDARD, carrier_service="03", price=Money.parse("12.34", "USD"))
    facts = {"tender_reference": TENDER, "ready_at": NOON, **changes}
    return BookRequest(shipment=moved or shipment(), rate=rate or ground, **facts)
