"""A simulated GLS on loopback, and the adapter pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.base import Address, BookRequest, Money, Parcel, Rate, ServiceLevel, Shipment
from carriers.base.simulator import RunningSimulator
from carriers.gls.adapter import Gls
from carriers.gls.simulator import SimulatorGls
from tests.carriers.simulated import running

# A Monday morning in Berlin, winter time.
MONDAY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
TENDER = "tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2M"


@pytest.fixture
def gls_server() -> Iterator[RunningSimulator]:
    with running(SimulatorGls, lambda: MONDAY) as served:
        yield served


@pytest.fixture
def gls(gls_server: RunningSimulator) -> Gls:
    return Gls(gls_server.account, lambda: MONDAY)


def tendered(
    level: ServiceLevel = ServiceLevel.STANDARD, *, parcels: int = 1, point: str = "", **changes: Any
) -> BookRequest:
    recipient: dict[str, Any] = {
        "country": "DE",
        "postal_code": "65760",
        "name": "Tim Test",
        "street1": "Testallee 3",
        "city": "Eschborn",
        "email": "tim@example.com",
    }
    shipment = Shipment(
        origin=Address(country="DE", postal_code="35510", company="Laden", street1="Weg 1", city="Butzbach"),
        destination=Address(**{**recipient, **changes}),
        parcels=(Parcel(weight_g=2400),) * parcels,
        service_point=point,
    )
    rate = Rate(service=level, carrier_service=Gls.profile.services[level], price=Money.parse("4.90", "EUR"))
    return BookRequest(shipment=shipment, rate=rate, tender_reference=TENDER, ready_at=MONDAY)
