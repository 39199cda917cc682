"""A simulated Canada Post on loopback, and the adapter pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
)
from carriers.base.simulator import RunningSimulator
from carriers.canadapost.adapter import CanadaPost
from carriers.canadapost.simulator import SimulatorCanadaPost
from tests.carriers.simulated import running

# A Monday morning in Toronto, winter time.
MONDAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
TORONTO = Address(
    country="CA",
    postal_code="M5H 2N2",
    name="Sender Name",
    company="Sender Co",
    street1="1 Example Street",
    city="Toronto",
    subdivision="ON",
    phone="+14165550100",
)
WINNIPEG = Address(
    country="CA",
    postal_code="r3w 1a1",
    name="Pat Example",
    street1="123 Example Avenue",
    city="Winnipeg",
    subdivision="MB",
    phone="+12045550100",
    email="pat@example.com",
)


def shipment(*, to: Address = WINNIPEG, needs: Requirements | None = None, point: str = "", n: int = 1) -> Shipment:
    parcel = Parcel(weight_g=1400, length_mm=301, width_mm=200, height_mm=104)
    return Shipment(
        origin=TORONTO,
        destination=to,
        parcels=(parcel,) * n,
        requirements=needs or Requirements(),
        reference="RFX-1",
        service_point=point,
    )


def quoted(what: Shipment, *services: ServiceLevel) -> QuoteRequest:
    return QuoteRequest(shipment=what, ready_at=MONDAY, services=services)


def tendered(what: Shipment, level: ServiceLevel = ServiceLevel.STANDARD, reference: str = "tnd_1") -> BookRequest:
    rate = Rate(service=level, carrier_service="DOM.EP", price=Money.parse("19.27", "CAD"))
    return BookRequest(shipment=what, rate=rate, tender_reference=reference, ready_at=MONDAY)


@pytest.fixture
def server() -> Iterator[RunningSimulator]:
    with running(SimulatorCanadaPost, lambda: MONDAY) as served:
        yield served


@pytest.fixture
def post(server: RunningSimulator) -> CanadaPost:
    return CanadaPost(server.account, lambda: MONDAY)


@pytest.fixture
def contract(server: RunningSimulator) -> CanadaPost:
    """An account whose shipments wait for the day's manifest."""
    address = {"company": "my company", "street1": "1230 Tako Rd", "city": "Ottawa", "postal_code": "K1A 1A1"}
    options = {**server.account.options, "contract_id": "42708517", "manifest_address": address}
    return CanadaPost(replace(server.account, options=options), lambda: MONDAY)
