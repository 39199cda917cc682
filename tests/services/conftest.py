"""Services are tested over real HTTP too: on the site of the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.journeys.conftest import gateways as gateways
from tests.journeys.conftest import shop as shop
from tests.journeys.conftest import site as site
from tests.journeys.site import Gateway, Site
from tests.services.desk import Desk, Receiver
from tests.storage import made


@pytest.fixture
def desk(sqlite_database: TestDatabase) -> Iterator[Desk]:
    """On SQLite, for what does not depend on the database."""
    made.begin(sqlite_database.store)
    yield Desk(sqlite_database.store)
    sqlite_database.empty()


@pytest.fixture
def either_desk(store: SqlStore) -> Desk:
    """On each kind of database."""
    made.begin(store)
    return Desk(store)


@pytest.fixture
def sqlite_site(sqlite_database: TestDatabase, gateways: dict[str, Gateway], tmp_path: Path) -> Iterator[Site]:
    """A whole gateway on SQLite, for what does not depend on the database."""
    if sqlite_database.url not in gateways:
        gateways[sqlite_database.url] = Gateway(sqlite_database.url)
    with Site(gateways[sqlite_database.url], tmp_path) as site:
        yield site
    sqlite_database.empty()


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Iterator[Receiver]:
    """A merchant's server."""
    yield Receiver(httpserver)
    httpserver.check_assertions()
