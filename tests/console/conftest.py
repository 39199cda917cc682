"""A shop with parcels at every stage, made once; a console to be looked at by whoever signs in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.domain.people import Role
from gateway.storage.migrate import migrate
from tests.console.world import Person, World, build_world
from tests.journeys.site import Gateway, Served


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite; what is asked of the database is tested on both kinds in `test_finding`."""
    folder = tmp_path_factory.mktemp("console")
    url = f"sqlite:///{folder}/console.db"
    migrate(url)
    gateway = Gateway(url, CONSOLE__CODES_FOR_ADMINS="false", CONSOLE__TRIES_PER_H="100000")
    world = build_world(gateway, folder)
    yield world
    world.site.__exit__()
    gateway.close()


@pytest.fixture(scope="session")
def served(world: World) -> Iterator[str]:
    """Where browsers reach the console."""
    with Served(world.site.gateway.app) as running:
        yield f"{running.url}/console"


@pytest.fixture
def admin(world: World) -> Person:
    """Somebody who may everything."""
    return world.person(Role.ADMIN)


@pytest.fixture
def support(world: World) -> Person:
    """Somebody who answers callers."""
    return world.person(Role.SUPPORT)
