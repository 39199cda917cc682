"""A gateway whose clock stands still, served on loopback, and a shop whose parcels are in every state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.bootstrap import build
from gateway.settings import load_settings
from gateway.storage.migrate import migrate
from tests.api.conftest import environment
from tests.journeys.site import Served
from tests.pages.parcels import BRAND, NOW, Shop, logo, open_shop


class Standing:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def standing() -> Standing:
    return Standing()


@pytest.fixture
def clock(standing: Standing) -> Iterator[Standing]:
    """For tests that move it."""
    yield standing
    standing.now = NOW


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[Flask]:
    url = f"sqlite:///{tmp_path_factory.mktemp('pages')}/pages.db"
    migrate(url)
    services = build(load_settings({**environment(url), "GATEWAY__RECIPIENTS__POLL_S": "0.2"}), standing)
    yield create_app(services)
    services.store.close()


@pytest.fixture(scope="session")
def shop(app: Flask) -> Shop:
    found = open_shop(app.extensions["gateway"])
    found.services.recipients.brands.put(found.merchant_id, BRAND, logo())
    return found


@pytest.fixture(scope="session")
def served(app: Flask) -> Iterator[str]:
    """Where it is served."""
    with Served(app) as server:
        yield server.url
