"""A simulated Uber Direct on loopback, the adapter pointed at it, and a place where its webhooks arrive."""

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
    Requirements,
    Shipment,
    TrackingUpdate,
)
from carriers.base.simulator import RunningSimulator
from carriers.uber_direct.adapter import UberDirect
from carriers.uber_direct.simulator import SimulatorUberDirect
from tests.carriers.simulated import NOON, Present, running, told_by


@pytest.fixture
def uber_server(clock: Present) -> Iterator[RunningSimulator]:
    with running(SimulatorUberDirect, clock) as served:
        yield served


@pytest.fixture
def uber(uber_server: RunningSimulator, clock: Present) -> UberDirect:
    return UberDirect(uber_server.account, clock)


@pytest.fixture
def told(
    uber_server: RunningSimulator, uber: UberDirect, clock: Present, httpserver: HTTPServer
) -> list[TrackingUpdate]:
    return told_by(uber_server, uber, clock, httpserver)


def shipment(zip_code: str = "94103", **requirements: Any) -> Shipment:
    return Shipment(
        origin=Address(
            country="US",
            postal_code="94105",
            name="Store",
            street1="425 Market St",
            city="San Francisco",
            subdivision="CA",
            phone="+14155551212",
        ),
        destination=Address(
            country="US",
            postal_code=zip_code,
            name="Joan P.",
            street1="201 3rd St",
            city="San Francisco",
            subdivision="CA",
            phone="+14155551213",
        ),
        parcels=(Parcel(weight_g=300, length_mm=200, width_mm=150, height_mm=100),),
        requirements=Requirements(**requirements),
        reference="R1",
    )


def quoted(moved: Shipment, ready_at: datetime = NOON) -> QuoteRequest:
    return QuoteRequest(shipment=moved, ready_at=ready_at)


def tendered(moved: Shipment, rate: Rate | None = None, reference: str = "tnd_1") -> BookRequest:
    rate = rate or Rate(service="instant", carrier_service="delivery", price=Money.parse("6.00", "USD"))  # type: ignore[arg-type]  # a StrEnum's word
    return BookRequest(shipment=moved, rate=rate, tender_reference=reference, ready_at=NOON)
