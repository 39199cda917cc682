"""A seeded history in a database of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import build, shipped_policies
from gateway.engines.replay import crew
from gateway.rules.policy import Policy
from gateway.services.backtests import BacktestAsk
from gateway.services.bound import Services
from gateway.services.seed import Seeding, seed_history
from gateway.settings import load_settings
from gateway.storage.migrate import migrate

SHIPMENTS = 160
NOW = datetime(2026, 11, 2, tzinfo=UTC)
KEY = "6Bb7hQmVYk6gq0B9kZl5cW8m3n0r4s7u1x2y5z8A0dE="
CANDIDATE: dict[str, Any] = {
    "currency": "NOK",
    "score": {"price_percent": 100, "value_per_hour_minor": 60, "without_promise_minor": 5000},
    "rules": [
        {"name": "share <script>", "then": {"do": "cap_share", "percent": 60, "period": "week", "from_bookings": 2}}
    ],
}


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database file."""
    path = tmp_path_factory.mktemp("seeded") / "seeded.db"
    migrate(f"sqlite:///{path}")
    seed(f"sqlite:///{path}", SHIPMENTS)
    return path


def seed(url: str, shipments: int) -> None:
    """Write a history, the same into every database."""
    bound = bind(url)
    default = shipped_policies()["default"]
    policies = {
        "USD": Policy.parse("default", 0, default),
        "NOK": Policy.parse("default", 0, {**default, "currency": "NOK", "exchange": {}}),
    }
    asked = Seeding(shipments=shipments, seed=1)
    seed_history(bound.store, asked, policies, bound.zones.shipped, bound.foresight.emissions, lambda done: None)
    bound.store.close()


def bind(url: str) -> Services:
    environ = {
        "GATEWAY__DATABASE__URL": url,
        "GATEWAY__SECRETS__KEYS": json.dumps([KEY]),
        "GATEWAY__SECRETS__PEPPER": "pepper",
    }
    return build(load_settings(environ), lambda: NOW)


def busiest(bound: Services) -> str:
    """The merchant whose past is replayed."""
    with bound.store.look() as uow:
        return next(merchant_id for merchant_id, name in uow.keys.merchants() if name == "Fjord og Fjell")


def write_days(bound: Services) -> int:
    """Every batch of the chore; how many."""
    batches = 0
    while found := bound.past_days.claim():
        bound.past_days.work(found[0])
        batches += 1
    return batches


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process reads, unless a test wants more of them: each takes a second to start."""
    monkeypatch.setattr(crew, "MOST", 1)


@pytest.fixture
def bound(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Services on a copy of it, in a folder of their own."""
    shutil.copy(seeded, tmp_path / "own.db")
    monkeypatch.chdir(tmp_path)
    found = bind(f"sqlite:///{tmp_path}/own.db")
    yield found
    found.store.close()


@pytest.fixture
def merchant_id(bound: Services) -> str:
    return busiest(bound)


@pytest.fixture
def ask() -> BacktestAsk:
    return BacktestAsk(
        policy="tried", since=datetime(2025, 9, 27, tzinfo=UTC), until=datetime(2026, 11, 1, tzinfo=UTC), data=CANDIDATE
    )
