"""A simulated Packeta on loopback, and the adapter pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.base import Address, BookRequest, Money, Parcel, Rate, Requirements, ServiceLevel, Shipment
from carriers.base.simulator import RunningSimulator
from carriers.packeta.adapter import Packeta
from carriers.packeta.simulator import SimulatorPacketa
from tests.carriers.simulated import running

# A Monday morning in Prague, winter time.
MONDAY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
TENDER = "tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2M"
POINT, LOCKER = "79", "4711"


@pytest.fixture
def packeta_server() -> Iterator[RunningSimulator]:
    with running(SimulatorPacketa, lambda: MONDAY) as served:
        yield served


@pytest.fixture
def packeta(packeta_server: RunningSimulator) -> Packeta:
    return Packeta(packeta_server.account, lambda: MONDAY)


def tendered(
    level: ServiceLevel = ServiceLevel.SERVICE_POINT,
    *,
    point: str = POINT,
    parcel: Parcel | None = None,
    requirements: Requirements | None = None,
    **changes: Any,
) -> BookRequest:
    recipient = Address(
        country="CZ",
        postal_code="110 00",
        name="Jana Maria Nováková",
        street1="Hlavní 12a",
        city="Praha",
        phone="+420777123456",
        email="jana@example.com",
    )
    shipment = Shipment(
        origin=Address(country="CZ", postal_code="190 00"),
        destination=replace(recipient, **changes),
        parcels=(parcel or Parcel(weight_g=1200, value=Money.parse("1069", "CZK")),),
        requirements=requirements or Requirements(),
        service_point=point,
        reference="ORDER-1001",
    )
    rate = Rate(service=level, carrier_service=Packeta.profile.services[level], price=Money.parse("89", "CZK"))
    return BookRequest(shipment=shipment, rate=rate, tender_reference=TENDER, ready_at=MONDAY)
