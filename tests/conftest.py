"""What every test may ask for: a database of either kind, migrated once and empty at the start, and a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from gateway.domain.clock import utc_now
from gateway.storage import SqlStore, open_store
from gateway.storage.engine import write_engine
from gateway.storage.migrate import migrate
from gateway.storage.tables import metadata
from tests.browser import Chromium, NoBrowser, running_chromium
from tests.postgres import NoPostgres, Server, running_server
from tests.rabbitmq import NoRabbit, Rabbit, running_rabbit

# A change is judged by what it does, so its tests draw the same examples every time; `make fuzz` draws new ones.
# How long drawing examples takes says more of who else is on the machine than of the examples.
settings.register_profile("repeatable", derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", derandomize=False, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

SECRET_KEY = Fernet.generate_key().decode()


class TestDatabase:
    """A migrated database, a store on it, and a way to empty it that is faster than making a new one."""

    __test__ = False  # its name does not make it a test

    def __init__(self, url: str) -> None:
        migrate(url)
        self.url = url
        self.store: SqlStore = open_store(url, secret_keys=[SECRET_KEY], clock=utc_now, durable=False)
        self.engine: Engine = write_engine(url, durable=False)

    def empty(self) -> None:
        """Delete every row. Cheaper than TRUNCATE or a template database for the few rows of a test."""
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    def close(self) -> None:
        """Give all connections back."""
        self.store.close()
        self.engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL server; one for each worker of pytest-xdist."""
    try:
        with running_server() as server:
            yield server
    except NoPostgres as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """A headless Chromium; one for each worker of pytest-xdist."""
    try:
        with running_chromium() as chromium:
            yield chromium
    except NoBrowser as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def rabbit() -> Iterator[Rabbit]:
    """A running RabbitMQ; one for each worker of pytest-xdist that needs it."""
    try:
        with running_rabbit() as broker:
            yield broker
    except NoRabbit as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def postgresql_database(postgres: Server) -> Iterator[TestDatabase]:
    """The worker's database on PostgreSQL."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    database = TestDatabase(postgres.database(f"doorstep_test_{worker}"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDatabase]:
    """The worker's database on SQLite; commits need not survive a power cut here."""
    folder: Path = tmp_path_factory.mktemp("sqlite")
    database = TestDatabase(f"sqlite:///{folder}/test.db")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[TestDatabase]:
    """An empty database; the test runs once on each kind."""
    found: TestDatabase = request.getfixturevalue(f"{request.param}_database")
    yield found
    found.empty()


@pytest.fixture
def database_url(database: TestDatabase) -> str:
    """The URL of an empty, migrated database; the test runs once on each kind."""
    return database.url


@pytest.fixture
def store(database: TestDatabase) -> SqlStore:
    """A store on an empty database; the test runs once on each kind."""
    return database.store
