"""How the tests of simulated carriers ask, and what time it is there."""

from __future__ import annotations

import pytest

from carriers.base.drive import run
from carriers.base.transports import RequestsTransport
from tests.carriers.simulated import Ask, Present


@pytest.fixture(scope="session")
def ask() -> Ask:
    transport = RequestsTransport(threads=1)
    return lambda coroutine, deadline_s=20: run(coroutine, transport, deadline_s=deadline_s)


@pytest.fixture
def clock() -> Present:
    return Present()
