"""A worker that is killed, or stopped dead, while webhooks are on their way: nothing is lost, repeats have one id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.services.changes import record_tracker_change
from tests.conftest import TestDatabase
from tests.journeys.site import Merchant, Site, environment
from tests.storage import made

LIMIT_S = 60
MESSAGES = 30
QUICK = {"WORKER__TICK_S": "0.2", "WORKER__LEASE_S": "2"}


class Shop:
    """A merchant's server that remembers what it got; slow enough to be caught in the middle."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        server.expect_request("/hook").respond_with_handler(self._receive)

    def _receive(self, request: Request) -> Response:
        time.sleep(0.02)
        self.bodies[request.headers["webhook-id"]].append(request.get_data())
        return Response(status=204)

    def wait_for(self, happened: Callable[[], bool]) -> None:
        limit = time.monotonic() + LIMIT_S
        while not happened():
            assert time.monotonic() < limit, f"only {len(self.bodies)} arrived"
            time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Shop]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield Shop(server)


@contextmanager
def started(database: TestDatabase, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process; if it still runs when the block is left, it is killed."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "worker"],
            env={**os.environ, **environment(database.url, **QUICK, **more)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(LIMIT_S)


def tell(site: Site, shop: Merchant, receiver: Shop) -> list[str]:
    """An endpoint, and messages that wait for it; their ids."""
    site.services.webhooks.add_endpoint(shop.id, "test", receiver.url, ())
    now = site.clock()
    with site.services.store.work() as uow:
        for version in range(1, MESSAGES + 1):
            record_tracker_change(uow, made.tracker(merchant_id=shop.id, mode="test", version=version), now)
        uow.commit()
        return [message.id for message in uow.outbox.since(shop.id, "test", "", MESSAGES)]


def states(shop: Merchant) -> Mapping[str, int]:
    [endpoint] = shop.get("/v1/webhook-endpoints")["data"]
    found = shop.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries?limit=200")["data"]
    counted: dict[str, int] = defaultdict(int)
    for each in found:
        counted[each["state"]] += 1
    return counted


def check(shop: Merchant, receiver: Shop, ids: list[str]) -> None:
    receiver.wait_for(lambda: states(shop) == {"delivered": MESSAGES})
    assert sorted(receiver.bodies) == sorted(ids)
    assert all(len(set(bodies)) == 1 for bodies in receiver.bodies.values()), "the same bytes under the same id"


def test_a_worker_killed_right_after_sending_costs_repeats_and_no_message(
    site: Site, shop: Merchant, receiver: Shop, database: TestDatabase, tmp_path: Path
) -> None:
    ids = tell(site, shop, receiver)
    for _ in range(2):
        with started(database, tmp_path / "log", FAULTS__KILL_AT="webhook_sent") as killed:
            assert killed.wait(LIMIT_S) == -signal.SIGKILL, (tmp_path / "log").read_text()
    with started(database, tmp_path / "log") as worker:
        check(shop, receiver, ids)
        worker.terminate()
        assert worker.wait(LIMIT_S) == 0
    assert any(len(bodies) > 1 for bodies in receiver.bodies.values()), "what was sent and not recorded is repeated"


def test_a_worker_killed_in_the_middle_costs_no_message(
    site: Site, shop: Merchant, receiver: Shop, database: TestDatabase, tmp_path: Path
) -> None:
    ids = tell(site, shop, receiver)
    with started(database, tmp_path / "log"):
        receiver.wait_for(lambda: len(receiver.bodies) >= 3)
    with started(database, tmp_path / "log"):
        check(shop, receiver, ids)


def test_a_worker_that_is_stopped_and_wakes_too_late_costs_no_message(
    site: Site, shop: Merchant, receiver: Shop, database: TestDatabase, tmp_path: Path
) -> None:
    """PostgreSQL, which several workers share; a stopped process may hold SQLite's one lock for as long as it likes."""
    if not database.url.startswith("postgresql"):
        return
    ids = tell(site, shop, receiver)
    with started(database, tmp_path / "log") as stopped:
        receiver.wait_for(lambda: len(receiver.bodies) >= 3)
        stopped.send_signal(signal.SIGSTOP)
        with started(database, tmp_path / "log"):
            receiver.wait_for(lambda: len(receiver.bodies) == MESSAGES)
            stopped.send_signal(signal.SIGCONT)
            check(shop, receiver, ids)
