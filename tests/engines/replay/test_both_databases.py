"""The past reads the same from SQLite and from PostgreSQL: rows, pages, marks, and what a backtest makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.engines.replay import spans
from gateway.services.backtests import BacktestAsk
from gateway.services.bound import Services
from gateway.services.ports.history import Period, whole
from gateway.services.seed import history as written
from gateway.storage import history
from tests.conftest import TestDatabase
from tests.engines.replay.conftest import bind, busiest, seed
from tests.storage.test_quotes import as_before

SHIPMENTS = 90
FORGOTTEN = text("DELETE FROM quotes WHERE id LIKE '%7' OR id LIKE '%K' OR id LIKE '%Q'")


@pytest.fixture
def both(
    sqlite_database: TestDatabase, postgresql_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Services, Services]]:
    """Two databases with one history that nobody learns from meanwhile; some of its quotes are forgotten."""
    monkeypatch.setattr(written, "MOST_LEARNT", 0)
    databases = (sqlite_database, postgresql_database)
    for each in databases:
        seed(each.url, SHIPMENTS)
        with each.engine.begin() as connection:
            connection.execute(FORGOTTEN)
    bound = (bind(sqlite_database.url), bind(postgresql_database.url))
    yield bound
    for found, each in zip(bound, databases, strict=True):
        found.store.close()
        each.empty()


def test_they_tell_the_same_and_it_comes_to_the_same(
    both: tuple[Services, Services], ask: BacktestAsk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 4)
    monkeypatch.setattr(spans, "SLICE", 11)
    here, there = (_told(bound, ask) for bound in both)
    assert here == there
    rows, marks = here["all"], here["marks"]
    assert len(rows) > len(marks) > 2
    assert [each for part in here["parts"] for each in part] == rows
    assert [(each.booked_at, each.shipment_id) for each in rows] == sorted(
        (each.booked_at, each.shipment_id) for each in rows
    )
    assert here["extent"].shipments > len(rows)
    assert sum(each.deliveries for each in here["kept"].values()) > 10

    found = []
    for place, bound in enumerate(both):
        folder = tmp_path / str(place)
        folder.mkdir()
        monkeypatch.chdir(folder)
        found.append(bound.backtester.run(busiest(bound), "test", ask, lambda done, total: None))
    assert found[0] == found[1]
    assert found[0]["shipments"] == len(rows)
    assert found[0]["without_offers"] == here["extent"].shipments - len(rows)


def test_quotes_of_before_their_verdicts_lay_beside_come_to_the_same(
    both: tuple[Services, Services],
    ask: BacktestAsk,
    sqlite_database: TestDatabase,
    postgresql_database: TestDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for bound, database in zip(both, (sqlite_database, postgresql_database), strict=True):
        found = []
        for name in ("beside", "within"):
            folder = tmp_path / database.engine.name / name
            folder.mkdir(parents=True)
            monkeypatch.chdir(folder)
            found.append(bound.backtester.run(busiest(bound), "test", ask, lambda done, total: None))
            with database.engine.begin() as connection:
                rewritten = as_before(connection)
        assert rewritten == 0, "all were rewritten the first time"
        assert found[0] == found[1]
        assert found[0]["shipments"] > 10


def _told(bound: Services, ask: BacktestAsk) -> dict[str, Any]:
    """Everything that the reader says of a period."""
    period = Period(merchant_id=busiest(bound), mode="test", since=ask.since, until=ask.until)
    read = bound.store.history()
    marks = read.marks(period, 11)
    spans = zip([None, *marks], [*marks, None], strict=True)
    return {
        "all": list(read.shipments(period, None, None)),
        "parts": [list(read.shipments(period, *span)) for span in spans],
        "marks": marks,
        "extent": whole(read.days(period)),
        "kept": read.kept(period),
        "nobody's": whole(read.days(replace(period, mode="live"))),
    }
