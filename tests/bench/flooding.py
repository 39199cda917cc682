"""B5b: what another carrier's messages wait while one carrier floods us, beside what they wait without the flood.

A flood is ten thousand messages a minute (the project's fault matrix, row 48), each a new scan of a parcel that is
followed. It is sent by a process of its own: `python -m tests.bench.flooding URL ACCOUNT`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from threading import Event, Thread

import requests

from carriers.base import Account, TrackingEvent, TrackingUpdate, WebhookCall
from carriers.sandbox.adapter import Sandbox
from gateway.services.ids import new_id
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.load import Failed
from tests.bench.stage import MODE, ROOT, SECRETS, Merchant, Stage
from tests.journeys.scans import scan

PER_S = 10_000 / 60
PARCELS = 500
ROUNDS = 4
APPLIED_A_ROUND = 6
APPLIED_LIMIT_S = 60.0
LOOK_AGAIN_S = 0.005


def flood(stage: Stage, seconds: float) -> Iterator[Figure]:
    """In turns, with the flood and without: acknowledged, and applied by a worker. On PostgreSQL only."""
    if not stage.environment["GATEWAY__DATABASE__URL"].startswith("postgresql"):
        return
    shops = [stage.merchant(name, {"200": stage.carriers["200"]}) for name in ("flooding", "calm")]
    for shop in shops:
        _follow(stage, shop)
    flooding, calm = (shop.accounts[0] for shop in shops)
    waits: dict[str, dict[bool, list[float]]] = {"acknowledged": {}, "applied": {}}
    calls = _calls(calm)
    with _worker(stage):
        for turn in range(2 * ROUNDS):
            flooded = bool(turn % 2)
            with _flood(stage, flooding, wanted=flooded):
                run = stage.load(1, seconds / ROUNDS, lambda: next(calls))
                waits["acknowledged"].setdefault(flooded, []).extend(run.latencies_ms)
                waits["applied"].setdefault(flooded, []).extend(_applied_ms(stage, shops[1], calls))
    for case, found in waits.items():
        yield Figure(
            benchmark="B5b",
            case=case,
            measured=median(found[True]),
            unit="ms",
            beside="without the flood",
            yardstick=median(found[False]),
            note=f"medians of {len(found[True]):,} and {len(found[False]):,}; {PER_S:.0f} messages a second of another "
            f"carrier's; {ROUNDS} rounds in turns; one worker process",
        )


def _follow(stage: Stage, shop: Merchant) -> None:
    """Parcels about which messages may come."""
    account = stage.services.accounts.get(shop.id, MODE, shop.accounts[0])
    now = datetime.now(UTC)
    first = TrackingEvent(event_id="first", occurred_at=now - timedelta(days=1), status="picked_up")
    told = [TrackingUpdate(tracking_number=f"FLOOD-{number}", events=(first,)) for number in range(PARCELS)]
    stage.services.ingest.apply(account, told, now, new_id("inb", now))


def _calls(account_id: str) -> Iterator[bytes]:
    """Webhooks of one account without end, one parcel's after another's."""
    account = Account(id=account_id, name="bench", mode=MODE, urls={}, secrets=SECRETS)
    for number in count():
        now = datetime.now(UTC)
        body = scan(f"FLOOD-{number % PARCELS}", f"{number}-{now.timestamp()}", "AT_HUB", now.isoformat())
        call = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=now)
        headers = Sandbox.webhook_proof.sign(call, account).headers
        yield request("POST", f"/v1/carriers/{account_id}/webhook", body, **headers)


def _applied_ms(stage: Stage, calm: Merchant, calls: Iterator[bytes]) -> list[float]:
    """From the acknowledgement of a message until nothing of its account waits in the inbox."""

    def waiting() -> bool:
        with stage.services.store.look() as uow:
            return any(
                row[1] == calm.accounts[0] for row in uow.inbox.due_accounts(datetime.now(UTC) + timedelta(days=1))
            )

    _until(lambda: not waiting())
    found = []
    for _ in range(APPLIED_A_ROUND):
        stage.load(1, 0.0, lambda: next(calls))
        begun = time.perf_counter()
        _until(lambda: not waiting())
        found.append((time.perf_counter() - begun) * 1000)
    return found


def _until(happened: Callable[[], bool]) -> None:
    limit = time.monotonic() + APPLIED_LIMIT_S
    while not happened():
        if time.monotonic() > limit:
            raise Failed("a message was not applied")
        time.sleep(LOOK_AGAIN_S)


@contextmanager
def _worker(stage: Stage) -> Iterator[None]:
    with (
        stage.log.open("ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "gateway", "worker"], env=stage.environment, cwd=ROOT, stdout=log, stderr=log
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def _flood(stage: Stage, account_id: str, *, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    command = [sys.executable, "-m", "tests.bench.flooding", stage.url, account_id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if not process.stdout.readline():
            raise Failed("the flood did not begin")
        try:
            yield
        finally:
            process.stdin.close()


def _pour(url: str, account_id: str) -> None:
    """So many messages a second, until stdin ends."""
    over, sent, calls = Event(), count(1), _calls(account_id)
    begun = time.monotonic()

    def pour() -> None:
        with requests.Session() as session:
            while not over.wait(max(0.0, begun + next(sent) / PER_S - time.monotonic())):
                head, _, body = next(calls).partition(b"\r\n\r\n")
                lines = head.decode().split("\r\n")[2:]
                headers = dict(line.split(": ", 1) for line in lines)
                session.post(f"{url}/v1/carriers/{account_id}/webhook", data=body, headers=headers, timeout=60)

    pouring = Thread(target=pour)
    pouring.start()
    print("begun", flush=True)  # noqa: T201  # to the parent
    sys.stdin.read()
    over.set()
    pouring.join()


if __name__ == "__main__":
    _pour(sys.argv[1], sys.argv[2])
