"""A simulated Bring on loopback, and the adapter pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from carriers.base.simulator import RunningSimulator
from carriers.bring.adapter import Bring
from carriers.bring.simulator import SimulatorBring
from tests.carriers.simulated import running

# A Monday morning in Oslo, winter time.
MONDAY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.fixture
def bring_server() -> Iterator[RunningSimulator]:
    with running(SimulatorBring, lambda: MONDAY) as served:
        yield served


@pytest.fixture
def bring(bring_server: RunningSimulator) -> Bring:
    return Bring(bring_server.account, lambda: MONDAY)
