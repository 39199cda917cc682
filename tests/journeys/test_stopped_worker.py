"""A worker that is stopped (SIGSTOP) with a batch in hand, and wakes after another one has done it: it changes nothing.
So does one that is killed (SIGKILL) with half of its batch written.

PostgreSQL, which several workers share; a stopped process may hold SQLite's one lock for as long as it likes.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Row, text

from tests.conftest import TestDatabase
from tests.journeys.processes import END_LIMIT_S, wait_until
from tests.journeys.processes import gateway as started
from tests.journeys.scans import inbox, scan
from tests.journeys.site import Gateway, Merchant, Site, environment

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
MESSAGES = 5
LEASE_S = 1
QUICK = {"WORKER__TICK_S": "0.2", "WORKER__LEASE_S": f"{LEASE_S}", "WORKER__MAX_TRIES": "1000"}
"""Whoever waits for a lock gives up after two seconds; it may do so as often as this test is slow."""
UNCLAIMED = "SELECT count(*) FROM inbox WHERE tries = 0"
WAITS = "SELECT count(*) FROM pg_locks WHERE relation = CAST(:of AS regclass) AND NOT granted"
PICTURE = (
    "SELECT id, state, why, tries FROM inbox WHERE source = 'webhook' ORDER BY id",
    "SELECT tracker_id, event_id, status, received_at FROM tracking_events ORDER BY tracker_id, event_id",
    "SELECT id, status, version FROM trackers ORDER BY id",
    "SELECT id, status, version FROM shipments ORDER BY id",
    "SELECT id FROM outbox ORDER BY id",
)
"""All that tracking says, to us and to merchants."""


def picture(database: TestDatabase) -> Sequence[Sequence[Row[tuple[object, ...]]]]:
    with database.engine.connect() as connection:
        return [connection.execute(text(asked)).all() for asked in PICTURE]


def counted(database: TestDatabase, asked: str, **of: object) -> int:
    with database.engine.connect() as connection:
        return int(connection.execute(text(asked), of).scalar_one())


@contextmanager
def stopped_at(
    database: TestDatabase, table: str, mode: str, unclaimed: str, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that has claimed all there is and stands still where it needs a table that was kept from it."""

    def waits() -> bool:
        return counted(database, unclaimed) == 0 and counted(database, WAITS, of=table) > 0

    with database.engine.connect() as keeper:
        keeper.execute(text(f"LOCK TABLE {table} IN {mode} MODE"))
        with started("worker", environment(database.url, **QUICK), log) as worker:
            wait_until(waits, "the worker has the batch in hand")
            worker.send_signal(signal.SIGSTOP)
            while not waits():  # it gave up just before
                worker.send_signal(signal.SIGCONT)
                wait_until(waits, "the worker has the batch in hand again")
                worker.send_signal(signal.SIGSTOP)
            keeper.rollback()
            yield worker


@pytest.fixture
def another(database: TestDatabase) -> Iterator[Gateway]:
    """A second worker."""
    gateway = Gateway(database.url, **QUICK)
    yield gateway
    gateway.close()


def take_over(another: Gateway, done: Callable[[], bool]) -> None:
    """Let the second worker do what is due once leases are over.

    The stopped one may hold locks beside, of a heartbeat or a look around; the database takes those back in a while.
    """

    def tried() -> bool:
        another.clock.advance(seconds=LEASE_S + 1)
        another.worker.drain()
        return done()

    wait_until(tried, "the second worker has done it")


def wake(worker: subprocess.Popen[bytes]) -> None:
    """Let it do what it had in hand, and end."""
    worker.send_signal(signal.SIGCONT)
    worker.terminate()
    assert worker.wait(END_LIMIT_S) == 0


def told_of(site: Site, shop: Merchant) -> None:
    """Messages about parcels that are followed, which no worker has seen."""
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running, without="track")
    for number in range(MESSAGES):
        told = {"account": "sandbox-1", "tracking_number": f"HELD{number}"}
        assert shop.call("POST", "/v1/trackers", told).status_code == 201
    site.work()
    for number in range(MESSAGES):
        body = scan(f"HELD{number}", "e", "PICKED_UP", site.clock().isoformat())
        assert site.push(account_id, body, running).status_code == 200


def test_a_worker_killed_with_a_batch_half_written_loses_nothing_and_doubles_nothing(
    site: Site, shop: Merchant, another: Gateway, database: TestDatabase, tmp_path: Path
) -> None:
    told_of(site, shop)
    with stopped_at(database, "outbox", "SHARE", UNCLAIMED, tmp_path / "log") as worker:
        assert [len(table) for table in picture(database)[1:]] == [0, MESSAGES, 0, 0], "what it wrote is not committed"
        worker.kill()
        assert worker.wait(END_LIMIT_S) == -signal.SIGKILL
        take_over(another, lambda: inbox(database) == {"applied": MESSAGES})
    events, trackers, _, told = picture(database)[1:]
    assert [event.status for event in events] == ["picked_up"] * MESSAGES
    assert [(tracker.status, tracker.version) for tracker in trackers] == [("picked_up", 1)] * MESSAGES
    assert len(told) == MESSAGES, "each merchant's message once"
    assert site.violations() == []


def test_messages_that_another_has_read_meanwhile_are_not_applied_again(
    site: Site, shop: Merchant, another: Gateway, database: TestDatabase, tmp_path: Path
) -> None:
    told_of(site, shop)
    with stopped_at(database, "accounts", "ACCESS EXCLUSIVE", UNCLAIMED, tmp_path / "log") as worker:
        take_over(another, lambda: inbox(database) == {"applied": MESSAGES})
        before = picture(database)
        wake(worker)
    assert picture(database) == before


def test_an_answer_that_comes_after_another_has_asked_moves_nothing_back(
    site: Site, shop: Merchant, another: Gateway, database: TestDatabase, tmp_path: Path
) -> None:
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    shipment = shop.booked()
    number = shipment["tracking_number"].removesuffix("-1")
    running.simulator.move(number, "PICKED_UP")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE trackers SET due_at = :now"), {"now": site.clock()})
    unclaimed = "SELECT count(*) FROM trackers WHERE tries = 0"
    with stopped_at(database, "inbox", "SHARE", unclaimed, tmp_path / "log") as worker:
        asked = sum(call.operation == "track" for call in running.simulator.calls)
        assert asked > 0, "it has an answer in hand"
        running.simulator.move(number, "DELIVERED")
        take_over(another, lambda: bool(shop.shipment(shipment["id"])["status"] == "delivered"))
        before = picture(database)
        wake(worker)
    assert picture(database) == before
