"""Transactions, two merchants, heartbeats, and what happens when the database is not there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from gateway.domain.errors import InvalidValue, StaleVersion, Unavailable
from gateway.services.ports import ShipmentSearch, UnitOfWork
from gateway.storage import SqlStore, open_store
from tests.conftest import SECRET_KEY, TestDatabase
from tests.postgres import own_server
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW


def test_nothing_is_kept_without_a_commit(store: SqlStore) -> None:
    def fail_halfway() -> None:
        with store.work() as uow:
            uow.keys.add_merchant("mer_y", "Y", NOW)
            raise ZeroDivisionError

    with store.work() as uow:
        uow.keys.add_merchant("mer_x", "X", NOW)
    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    with store.look() as uow:
        assert uow.keys.merchants() == []


def test_a_unit_goes_on_after_a_commit_in_a_new_transaction(store: SqlStore) -> None:
    with store.work() as uow:
        uow.keys.add_merchant("mer_x", "X", NOW)
        uow.commit()
        uow.keys.add_merchant("mer_y", "Y", NOW)
    with store.look() as uow:
        assert uow.keys.merchants() == [("mer_x", "X")]


def test_looking_cannot_write(store: SqlStore) -> None:
    with pytest.raises((DBAPIError, Unavailable)), store.look() as uow:
        uow.keys.add_merchant("mer_x", "X", NOW)
    store.ping()  # and the connection is still good
    with store.look() as uow:
        assert uow.keys.merchants() == []


def test_a_time_without_an_offset_is_refused(store: SqlStore) -> None:
    naive = datetime(2026, 11, 23, 14, 0)  # noqa: DTZ001  # naive on purpose
    with pytest.raises(InvalidValue, match="offset"), store.work() as uow:
        uow.keys.add_merchant("mer_x", "X", naive)


@pytest.mark.parametrize("offset", [timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=11)), UTC])
def test_a_time_comes_back_aware_in_utc_to_the_microsecond(store: SqlStore, offset: timezone) -> None:
    made.begin(store)
    given = NOW.astimezone(offset)
    with store.work() as uow:
        uow.shipments.add(made.shipment(created_at=given))
        found = uow.shipments.get(MERCHANT, "shp_1")
    assert found is not None
    assert found.created_at == given
    assert found.created_at.utcoffset() == timedelta(0)


def test_a_row_is_locked_until_the_transaction_ends(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    locked, order = threading.Event(), []

    def second() -> None:
        locked.wait(10)
        with store.work() as uow:
            seen = uow.shipments.get(MERCHANT, "shp_1", lock=True)
            assert seen is not None
            order.append(f"second sees version {seen.version}")

    thread = threading.Thread(target=second)
    thread.start()
    with store.work() as uow:
        first = uow.shipments.get(MERCHANT, "shp_1", lock=True)
        locked.set()
        thread.join(0.2)
        assert first is not None
        uow.shipments.update(replace(first, version=2))
        order.append("first commits")
        uow.commit()
    thread.join()
    assert order == ["first commits", "second sees version 2"]


def test_two_threads_writing_at_once_both_succeed(store: SqlStore) -> None:
    made.begin(store)
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        for repeat in range(5):
            with store.work() as uow:
                uow.shipments.search(MERCHANT, ShipmentSearch(mode="test"))  # reads first, then writes
                uow.shipments.add(made.shipment(f"shp_{number}_{repeat}"))
                uow.commit()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.look() as uow:
        assert len(uow.shipments.search(MERCHANT, ShipmentSearch(mode="test")).items) == 40


def test_grades_keep_the_last_one_of_each_carrier(store: SqlStore) -> None:
    store.keep_grade("bring", "abc", "bronze")
    store.keep_grade("bring", "def", "silver")
    store.keep_grade("sandbox", "abc", "gold")
    assert store.grades() == {"bring": ("def", "silver"), "sandbox": ("abc", "gold")}


def test_heartbeats_keep_the_last_one_of_each_job(store: SqlStore) -> None:
    store.beat("polling", NOW, 3, "")
    store.beat("polling", NOW + timedelta(seconds=1), 0, "it failed")
    store.beat("webhooks", NOW, 0, "")
    assert store.beats() == {"polling": (NOW + timedelta(seconds=1), 0, "it failed"), "webhooks": (NOW, 0, "")}


def everything_of(uow: UnitOfWork, merchant_id: str) -> list[object]:
    """Every read by an id of the first merchant's, asked for a merchant."""
    search = ShipmentSearch(mode="test")
    reads: list[Callable[[], Any]] = [
        lambda: uow.accounts.get(merchant_id, ACCOUNT),
        lambda: uow.accounts.by_name(merchant_id, ACCOUNT),
        lambda: [found for found in uow.accounts.list(merchant_id, "test") if found.id == ACCOUNT],
        lambda: uow.keys.list(merchant_id, "live"),
        lambda: uow.policies.latest(merchant_id, "p"),
        lambda: uow.quotes.get(merchant_id, "qte_1"),
        lambda: uow.shipments.get(merchant_id, "shp_1"),
        lambda: uow.shipments.by_reference(merchant_id, "test", "cart-1"),
        lambda: uow.shipments.search(merchant_id, search).items,
        lambda: uow.shipments.search(merchant_id, replace(search, text="zoë")).items,
        lambda: uow.tenders.get(merchant_id, "tnd_1"),
        lambda: uow.tenders.of_shipment(merchant_id, "shp_1"),
        lambda: uow.tenders.booked_elsewhere(merchant_id, ACCOUNT, "CR-1", "tnd_x"),
        lambda: uow.trackers.get(merchant_id, "trk_1"),
        lambda: uow.trackers.find(merchant_id, ACCOUNT, "TN-1"),
        lambda: uow.trackers.of_tender(merchant_id, "tnd_1"),
        lambda: uow.trackers.list(merchant_id, "test", 10, None).items,
        lambda: uow.trackers.events(merchant_id, "trk_1"),
        lambda: uow.inbox.get(merchant_id, "inb_1"),
        lambda: uow.outbox.endpoint(merchant_id, "whk_1"),
        lambda: uow.outbox.endpoints(merchant_id, "test"),
        lambda: uow.outbox.delivery(merchant_id, "dlv_1"),
        lambda: uow.outbox.deliveries(merchant_id, "whk_1", 10, None).items,
        lambda: uow.records.get(merchant_id, "shp_1"),
    ]
    return [read() for read in reads]


def test_two_merchants_never_see_each_others_rows(store: SqlStore) -> None:
    made.delivered(store)
    with store.work() as uow:
        made.merchant(uow, "mer_2", "acc_2")
        uow.keys.add(made.key())
        uow.inbox.add(made.message())
        uow.policies.add(made.policy())
        uow.commit()
    with store.look() as uow:
        own = everything_of(uow, MERCHANT)
        assert all(own), [number for number, found in enumerate(own) if not found]
        others = everything_of(uow, "mer_2")
        assert not any(others), others


def test_a_merchant_may_use_the_ids_and_references_of_another(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    with store.work() as uow:
        made.merchant(uow, "mer_2", "acc_2")
        assert uow.shipments.add(made.shipment("shp_1", "mer_2"))
        uow.shipments.update(made.shipment("shp_1", "mer_2", version=9))
        uow.commit()
        assert uow.shipments.get(MERCHANT, "shp_1") == made.shipment()


def test_no_row_can_point_at_another_merchants(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    with store.work() as uow:
        made.merchant(uow, "mer_2", "acc_2")
        uow.commit()
    with pytest.raises(IntegrityError), store.work() as uow:
        uow.tenders.add(made.tender("tnd_1", "shp_1", "mer_2", account_id="acc_2"))
    with pytest.raises(IntegrityError), store.work() as uow:
        uow.trackers.add(made.tracker("trk_1", "mer_2", account_id=ACCOUNT))


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql+psycopg2://x/y", "sqlite+pysqlcipher:///x"]
)
def test_only_the_databases_that_are_tested_open(url: str) -> None:
    with pytest.raises(InvalidValue):
        open_store(url, secret_keys=[SECRET_KEY], clock=lambda: NOW)


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/folder/x.db", "postgresql://x@127.0.0.1:1/x"):
        store = open_store(url, secret_keys=[SECRET_KEY], clock=lambda: NOW)
        with pytest.raises(Unavailable):
            store.ping()
        with pytest.raises(Unavailable), store.work() as uow:
            uow.keys.merchants()
        store.close()


def test_a_missing_table_is_our_mistake_and_not_an_outage(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/empty.db", secret_keys=[SECRET_KEY], clock=lambda: NOW)
    with pytest.raises(OperationalError, match="no such table"), store.look() as uow:
        uow.keys.merchants()
    store.close()


def test_a_crashed_postgresql_is_unavailable_and_then_there_again() -> None:
    with own_server(durable=True) as server:
        url = server.database("crash")
        store = open_store(url, secret_keys=[SECRET_KEY], clock=lambda: NOW, create=True)
        made.begin(store, shipments=1)
        store.ping()
        server.stop(crash=True)
        with pytest.raises(Unavailable):
            store.ping()
        with pytest.raises(Unavailable), store.work() as uow:
            uow.shipments.add(made.shipment("shp_2"))
        server.start()
        store.ping()
        with store.look() as uow:
            assert uow.shipments.get(MERCHANT, "shp_1") == made.shipment(), "what was committed is there"
            assert uow.shipments.get(MERCHANT, "shp_2") is None
        store.close()


def test_a_deadlock_ends_as_a_lost_race(postgresql_database: TestDatabase) -> None:
    store = postgresql_database.store
    made.begin(store, shipments=2)
    both, ends = threading.Barrier(2), []

    def lock(first: str, second: str) -> None:
        try:
            with store.work() as uow:
                uow.shipments.get(MERCHANT, first, lock=True)
                both.wait()
                uow.shipments.get(MERCHANT, second, lock=True)
            ends.append("done")
        except StaleVersion:
            ends.append("lost")

    threads = [threading.Thread(target=lock, args=pair) for pair in (("shp_1", "shp_2"), ("shp_2", "shp_1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    postgresql_database.empty()
    assert sorted(ends) == ["done", "lost"]


def test_a_pool_that_is_used_up_answers_soon(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    store = open_store(url, secret_keys=[SECRET_KEY], clock=lambda: NOW, create=True, pool_size=1)
    with store.look(), store.look(), store.look(), pytest.raises(Unavailable, match="free"), store.look():
        pass
    store.close()


def test_text_that_postgresql_cannot_hold_is_an_invalid_value(postgresql_database: TestDatabase) -> None:
    with pytest.raises(InvalidValue), postgresql_database.store.work() as uow:
        uow.keys.add_merchant("mer_\x00", "X", NOW)


def test_sqlite_is_set_up_for_many_writers(sqlite_database: TestDatabase) -> None:
    with sqlite_database.engine.connect() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "journal_size_limit")
        }
    assert settings == {
        "journal_mode": "wal",
        "busy_timeout": 30_000,
        "foreign_keys": 1,
        "journal_size_limit": 64 * 1024 * 1024,
    }
