"""The past reads the same from SQLite and from PostgreSQL: rows, pages, marks, and what a backtest makes of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.domain.privacy import pseudonymised
from gateway.engines.replay import spans
from gateway.services.backtests import BacktestAsk
from gateway.services.bound import Services
from gateway.services.ports.history import DayColumns, PastDay, Period, day_of, whole
from gateway.services.seed import history as written
from gateway.storage import history
from tests.conftest import TestDatabase
from tests.engines.replay.conftest import bind, busiest, seed, write_days
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


def test_days_in_columns_come_to_the_same_and_lose_who_is_forgotten(
    both: tuple[Services, Services],
    ask: BacktestAsk,
    sqlite_database: TestDatabase,
    postgresql_database: TestDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ask = replace(ask, since=ask.since + timedelta(days=7))  # those of before lose their quotes soon
    for bound, database in zip(both, (sqlite_database, postgresql_database), strict=True):
        merchant_id = busiest(bound)
        period = Period(merchant_id=merchant_id, mode="test", since=ask.since, until=ask.until)
        by_rows = bound.backtester.run(merchant_id, "test", ask, lambda done, total: None)
        write_days(bound)
        days = bound.store.history().days(period)
        assert len(days) > 10
        assert all(each.written == each.extent for each in days)
        with database.engine.begin() as connection:  # rows would tell another sum now
            connection.execute(text("UPDATE shipments SET price_minor = price_minor + 1000"))
        shutil.rmtree("var")
        by_columns = bound.backtester.run(merchant_id, "test", ask, lambda done, total: None)
        assert by_columns == by_rows
        shutil.rmtree("var")
        _forgets(bound, period)


def _forgets(bound: Services, period: Period) -> None:
    """Somebody's day is empty with the commit that changes the quote; what is read meanwhile is not kept."""
    past = next(iter(bound.store.history().shipments(period, None, None)))
    first = bound.store.history().days(period)[0]
    assert first.day == past.booked_at.date()
    with bound.store.look() as uow:
        quote = uow.quotes.get(period.merchant_id, past.quote_id)
    assert quote is not None
    with bound.store.work() as uow:
        begun = uow.past_days.begin(period.merchant_id, period.mode, first.day, bound.clock())
        uow.privacy.keep_quote(period.merchant_id, quote.id, pseudonymised(quote.shipment))
        told = DayColumns(b"1", b"2", b"3", past.quoted_at, past.quoted_at)
        assert not uow.past_days.finish(day_of(period.merchant_id, period.mode, first.day), begun, first, told)
        uow.commit()
    days = bound.store.history().days(period)
    assert [each.day for each in days if each.written is None] == [first.day]
    with bound.store.work() as uow:
        uow.privacy.keep_quote(period.merchant_id, _quoted_on(bound, period, days[5]), pseudonymised(quote.shipment))
        uow.past_days.prune(period.merchant_id, day_of(period.merchant_id, period.mode, days[3].day).since)
        uow.commit()
    left = bound.store.history().days(period)
    assert [place for place, each in enumerate(left) if each.written is None] == [0, 1, 2, 5]
    assert left[0].written_at is None, "it is gone and not only empty"
    assert bound.store.history().columns(period, days)[0].quoted_from.date() == days[3].day


def _quoted_on(bound: Services, period: Period, day: PastDay) -> str:
    within = day_of(period.merchant_id, period.mode, day.day)
    return next(iter(bound.store.history().shipments(within, None, None))).quote_id


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
