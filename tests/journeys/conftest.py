"""Every journey ends with an audit: of the database and of the carriers' ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from carriers.base import CallRate, Polling
from carriers.sandbox import adapter
from carriers.sandbox.adapter import Sandbox
from tests.conftest import TestDatabase
from tests.journeys.site import Gateway, Merchant, Site

Within = Callable[..., None]


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


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch) -> Iterator[Within]:
    """Give the sandbox limits: `polling` ones by keyword, and rate limits by mode."""

    def limit(calls: dict[str, CallRate] | None = None, **polling: object) -> None:
        facts: Polling = replace(Sandbox.profile.polling, **polling)  # type: ignore[arg-type]  # by name
        monkeypatch.setattr(Sandbox, "profile", replace(Sandbox.profile, polling=facts, calls=calls or {}))
        adapter._variant.cache_clear()

    yield limit
    adapter._variant.cache_clear()
