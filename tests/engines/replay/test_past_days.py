"""Days in columns: written when they are quiet, stale when anything in them changes, never older than their quotes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from gateway.bootstrap.ground import CALENDAR
from gateway.engines.replay import lazy, spans
from gateway.engines.replay.lazy import LazyDayWriter
from gateway.services.backtest_jobs import card_trial
from gateway.services.backtests import BacktestAsk
from gateway.services.bound import Services
from gateway.services.origins import Origins
from gateway.services.past_days import AGAIN, LOOK_EVERY, PastDaysWriter
from gateway.services.ports.history import PastDay, Period, day_of
from tests.engines.replay.conftest import NOW, write_days
from tests.engines.replay.test_backtest import CARD, silent

CANCELLED = text("UPDATE shipments SET state = 'cancelled', updated_at = :at WHERE id = :id")


@pytest.fixture
def database(bound: Services) -> Iterator[Connection]:
    """The database, in other hands."""
    engine = create_engine(f"sqlite:///{Path('own.db').resolve()}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def ask(ask: BacktestAsk) -> BacktestAsk:
    """Of days whose quotes are not about to be forgotten."""
    return replace(ask, since=ask.since + timedelta(days=7))


@pytest.fixture
def period(merchant_id: str, ask: BacktestAsk) -> Period:
    return Period(merchant_id=merchant_id, mode="test", since=ask.since, until=ask.until)


def later(bound: Services, now: datetime) -> PastDaysWriter:
    """The chore at another time."""
    history = bound.store.history()
    writer = LazyDayWriter(history, Origins(bound.store, bound.facilities, CALENDAR), Path("var/replay"))
    return PastDaysWriter(bound.store, history, writer, lambda: now, bound.settings.retention)


def due(bound: Services, now: datetime, merchant_id: str) -> list[PastDay]:
    chore, found = later(bound, now), []
    while batch := chore.claim():
        found += batch[0].days if batch[0].merchant_id == merchant_id else ()
    return found


def run(bound: Services, ask: BacktestAsk, merchant_id: str) -> dict[str, Any]:
    shutil.rmtree("var", ignore_errors=True)
    return bound.backtester.run(merchant_id, "test", ask, silent)


def test_what_changes_in_a_day_is_read_from_its_rows_until_it_is_written_anew(
    bound: Services, merchant_id: str, ask: BacktestAsk, period: Period, database: Connection
) -> None:
    by_rows = run(bound, ask, merchant_id)
    assert write_days(bound) >= 1
    assert run(bound, ask, merchant_id) == by_rows
    assert not due(bound, NOW + LOOK_EVERY, merchant_id)
    day = next(each.day for each in bound.store.history().days(period) if each.extent.shipments > 1)
    within = day_of(merchant_id, "test", day)
    shipment_id = next(iter(bound.store.history().shipments(within, None, None))).shipment_id
    at = NOW + timedelta(minutes=5)
    database.execute(CANCELLED, {"at": f"{at:%Y-%m-%d %H:%M:%S.%f}", "id": shipment_id})
    database.commit()
    stale = [each for each in bound.store.history().days(period) if each.written != each.extent]
    assert [each.day for each in stale] == [day]
    assert run(bound, ask, merchant_id)["shipments"] == by_rows["shipments"] - 1
    assert not due(bound, at + timedelta(minutes=59), merchant_id), "it may change on"
    assert not due(bound, at + timedelta(hours=2), merchant_id), "it was written lately"
    assert [each.day for each in due(bound, at + AGAIN, merchant_id)] == [day]


def test_days_longer_than_a_slice_short_ones_and_parts_of_days_come_to_the_same(
    bound: Services, merchant_id: str, ask: BacktestAsk, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = replace(ask, since=ask.since + timedelta(days=30, hours=9), until=ask.until - timedelta(days=20, hours=7))
    by_rows = run(bound, part, merchant_id)
    monkeypatch.setattr(lazy, "WORTH", 1)  # by a process of its own
    monkeypatch.setattr(lazy, "NICENESS", 0)
    write_days(bound)
    assert run(bound, part, merchant_id) == by_rows
    for size in (1, 3):
        monkeypatch.setattr(spans, "SLICE", size)
        assert run(bound, part, merchant_id) == by_rows


def test_columns_that_went_after_they_were_planned_are_read_as_rows(
    bound: Services, merchant_id: str, ask: BacktestAsk, database: Connection
) -> None:
    write_days(bound)

    def empty(done: int, total: int) -> None:
        if not done:
            return
        database.execute(text("UPDATE past_days SET asked = x'', version = version + 1"))
        database.commit()

    shutil.rmtree("var", ignore_errors=True)
    assert bound.backtester.run(merchant_id, "test", ask, empty) == run(bound, ask, merchant_id)


def test_another_calendar_or_other_abilities_make_other_columns(
    bound: Services, merchant_id: str, period: Period, database: Connection
) -> None:
    write_days(bound)
    writer = LazyDayWriter(bound.store.history(), Origins(bound.store, bound.facilities, CALENDAR), Path("var"))
    made_of = writer.made_of(merchant_id)
    days = bound.store.history().days(period)
    assert days
    assert all(each.holds(made_of) for each in days)
    assert not any(each.holds("other") for each in days)
    database.execute(text("UPDATE past_days SET made_of = 'other'"))
    database.commit()
    assert not due(bound, NOW + LOOK_EVERY, merchant_id)
    assert {each.day for each in days} <= {each.day for each in due(bound, NOW + AGAIN, merchant_id)}


def test_a_card_on_trial_prices_rows(bound: Services, merchant_id: str, ask: BacktestAsk) -> None:
    trial = replace(ask, card=card_trial("fleet-oslo", CARD))
    by_rows = run(bound, trial, merchant_id)
    write_days(bound)
    assert run(bound, trial, merchant_id) == by_rows


def test_a_day_that_cannot_be_read_is_told_and_left_to_rows(
    bound: Services, merchant_id: str, period: Period, database: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    last = bound.store.history().days(period)[-1]
    within = replace(period, since=datetime(last.day.year, last.day.month, last.day.day, tzinfo=UTC))
    quote_id = next(iter(bound.store.history().shipments(within, None, None))).quote_id
    database.execute(text("UPDATE quotes SET offers = '[5]' WHERE id = :id"), {"id": quote_id})
    database.commit()
    write_days(bound)
    assert [each.day for each in bound.store.history().days(period) if each.written is None] == [last.day]
    assert f"{last.day} of {merchant_id} is read from rows" in caplog.text
    assert quote_id in caplog.text


def test_nothing_is_written_where_its_libraries_are_not(
    bound: Services, period: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lazy, "find_spec", lambda name: None if name == "polars" else name)
    assert write_days(bound) == 0
    assert not any(each.written_at for each in bound.store.history().days(period))
