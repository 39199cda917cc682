"""Every journey ends with an audit: of the database and of the carriers' ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TestDatabase
from tests.journeys.site import Gateway, Merchant, Site


@pytest.fixture(scope="session")
def gateways() -> Iterator[dict[str, Gateway]]:
    """One gateway for each database, made when it is first asked for."""
    made: dict[str, Gateway] = {}
    yield made
    for gateway in made.values():
        gateway.close()


@pytest.fixture
def site(database: TestDatabase, gateways: dict[str, Gateway], tmp_path: Path) -> Iterator[Site]:
    """A gateway on an empty database; the test runs once on each kind. No invariant may be broken at its end."""
    if database.url not in gateways:
        gateways[database.url] = Gateway(database.url)
    with Site(gateways[database.url], tmp_path) as site:
        yield site
        assert site.violations() == []


@pytest.fixture
def shop(site: Site) -> Merchant:
    """A merchant without accounts yet."""
    return site.merchant()
