"""The real application over a real database, its carriers simulated on the loopback address."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from carriers.base.registry import carrier
from carriers.base.simulator import RunningSimulator, serve, simulator_class
from gateway.app import create_app
from gateway.bootstrap import build
from gateway.settings import load_settings
from gateway.storage.migrate import migrate
from tests.api.contract import Contract
from tests.api.world import Merchant, contract_of, new_merchant
from tests.conftest import SECRET_KEY

Made = Callable[..., Flask]


def environment(url: str) -> dict[str, str]:
    return {
        "GATEWAY__DATABASE__URL": url,
        "GATEWAY__DATABASE__DURABLE": "false",
        "GATEWAY__SECRETS__FILE": "/nonexistent",
        "GATEWAY__SECRETS__KEYS": SECRET_KEY,
        "GATEWAY__SECRETS__PEPPER": "p" * 32,
        "GATEWAY__CARRIERS__ALLOW_PLAIN_HTTP": "true",
        "GATEWAY__WEBHOOKS__ALLOW_PRIVATE": "true",
        "GATEWAY__FILES__URL": "memory://api",
        "GATEWAY__NOTIFICATIONS__ALLOW_PRIVATE": "true",
        "GATEWAY__REQUEST_LOG__GATHER_S": "3600",  # not written while the next test empties tables
    }


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a SQLite database of its own; every test has a merchant of its own in it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('api')}/api.db"
    migrate(url)
    services = build(load_settings(environment(url)))
    yield create_app(services)
    services.store.close()


@pytest.fixture
def made(database_url: str) -> Iterator[Made]:
    """Makes an application with settings of your own; the test runs once on each kind of database."""
    stores = []

    def make(**settings: str) -> Flask:
        services = build(load_settings({**environment(database_url), **settings}))
        stores.append(services.store)
        return create_app(services)

    yield make
    for store in stores:
        store.close()


@pytest.fixture(scope="session")
def contract(app: Flask) -> Contract:
    """What the application publishes about itself."""
    return contract_of(app)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[RunningSimulator]:
    """A carrier that can do everything."""
    with serve(simulator_class(carrier("sandbox"))()) as running:
        yield running


@pytest.fixture(scope="session")
def bring() -> Iterator[RunningSimulator]:
    """A carrier whose simulator answers like the real one."""
    with serve(simulator_class(carrier("bring"))()) as running:
        yield running


@pytest.fixture
def stranger(app: Flask, contract: Contract) -> Merchant:
    """Another merchant."""
    return new_merchant(app, contract)


@pytest.fixture
def newcomer(app: Flask, contract: Contract) -> Merchant:
    """A merchant without accounts."""
    return new_merchant(app, contract)


@pytest.fixture
def unlucky(newcomer: Merchant, sandbox: RunningSimulator) -> Merchant:
    """A merchant whose carrier can neither look bookings up nor tell repeats: a lost answer needs a person."""
    newcomer.with_account(sandbox, without="find,idempotency")
    return newcomer


@pytest.fixture
def merchant(newcomer: Merchant, sandbox: RunningSimulator) -> Merchant:
    """A merchant with a test account at the sandbox carrier."""
    newcomer.with_account(sandbox)
    sandbox.simulator.faults.clear()
    return newcomer
