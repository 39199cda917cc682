"""A shop with parcels at every stage, made once; a console to be looked at by whoever signs in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gateway.domain.people import Role
from gateway.storage.migrate import migrate
from tests.console.world import Person, World, build_world
from tests.journeys.processes import Web
from tests.journeys.site import Gateway, environment

TOLD_TO_ALL = {"CONSOLE__CODES_FOR_ADMINS": "false", "CONSOLE__TRIES_PER_H": "100000"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database and the files of the world are."""
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="session")
def settings(folder: Path) -> Mapping[str, str]:
    """Of the gateway that the tests hold in their hands, and of the process that browsers reach."""
    return {**TOLD_TO_ALL, "FILES__URL": str(folder / "files")}


@pytest.fixture(scope="session")
def database(folder: Path) -> str:
    """SQLite; what is asked of the database is tested on both kinds in `test_finding`."""
    url = f"sqlite:///{folder}/console.db"
    migrate(url)
    return url


@pytest.fixture(scope="session")
def world(folder: Path, settings: Mapping[str, str], database: str) -> Iterator[World]:
    """Tests and the process that is served see one database; only the tests' clock can be moved."""
    gateway = Gateway(database, **settings)
    world = build_world(gateway, folder)
    yield world
    world.site.__exit__()
    gateway.close()


@pytest.fixture(scope="session")
def served(folder: Path, settings: Mapping[str, str], database: str, world: World) -> Iterator[str]:
    """Where browsers reach the console: through `gateway serve`, as everybody else does."""
    with Web(environment(database, WEB__THREADS="16", **settings), folder / "web.log") as web:
        yield f"{web.wait_ready().url}/console"


@pytest.fixture
def admin(world: World) -> Person:
    """Somebody who may everything."""
    return world.person(Role.ADMIN)


@pytest.fixture
def support(world: World) -> Person:
    """Somebody who answers callers."""
    return world.person(Role.SUPPORT)


@pytest.fixture(scope="session")
def operations(world: World) -> Person:
    """Somebody who works all day in one session."""
    return world.person(Role.OPERATIONS)
