"""A simulated Bring on loopback, and the adapter pointed at it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.base.drive import run
from carriers.base.simulator import Ledger, RunningSimulator, serve
from carriers.base.transports import RequestsTransport
from carriers.bring.adapter import Bring
from carriers.bring.simulator import SimulatorBring

# A Monday morning in Oslo, winter time.
MONDAY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.fixture
def ask() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    transport = RequestsTransport(threads=1)
    return lambda coroutine: run(coroutine, transport, deadline_s=5)


@pytest.fixture
def bring_server(tmp_path: Any) -> Iterator[RunningSimulator]:
    def clock() -> datetime:
        return MONDAY

    with serve(SimulatorBring(ledger=Ledger(tmp_path / "ledger.jsonl", clock), clock=clock)) as running:
        yield running


@pytest.fixture
def bring(bring_server: RunningSimulator) -> Bring:
    return Bring(bring_server.account, lambda: MONDAY)
