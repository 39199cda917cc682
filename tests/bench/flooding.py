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
from statistics import median, quantiles

from carriers.base import Account, TrackingEvent, TrackingUpdate, WebhookCall
from carriers.sandbox.adapter import Sandbox
from gateway.services.ids import new_id
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.load import Failed, load
from tests.bench.stage import MODE, ROOT, SECRETS, Merchant, Stage
from tests.journeys.scans import scan

PER_S = 10_000 / 60
PARCELS = 500
CONNECTIONS = 4
FOR_EVER_S = 3600.0
CALM_EVERY_S = 0.05
"""Twenty a second: a busy carrier of a large shop. One that sends as fast as it is answered is shown beside it: it
fills a core by itself, so that what it waits for is two cores, not the other carrier."""
ROUNDS = 4
PACES = {"acknowledged": CALM_EVERY_S, "acknowledged, one at once after another": 0.0}
APPLIED_A_ROUND = 6
APPLIED_LIMIT_S = 240.0
"""Long: the first one waits until the worker has started."""
LOOK_AGAIN_S = 0.005


def flood(stage: Stage, seconds: float) -> Iterator[Figure]:
    """In turns, with the flood and without: acknowledged, and applied by a worker. On PostgreSQL only."""
    if not stage.environment["GATEWAY__DATABASE__URL"].startswith("postgresql"):
        return
    shops = [stage.merchant(name, {"200": stage.carriers["200"]}) for name in ("flooding", "calm")]
    for shop in shops:
        _follow(stage, shop)
    flooding, calm = (shop.accounts[0] for shop in shops)
    waits: dict[str, dict[bool, list[float]]] = {}
    calls = _calls(calm)
    with _worker(stage):
        _applied_ms(stage, shops[1], calls)
        for turn in range(2 * ROUNDS):
            flooded = bool(turn % 2)
            with _flood(stage, flooding, wanted=flooded):
                for case, every_s in PACES.items():
                    run = stage.load(1, seconds / ROUNDS, lambda: next(calls), every_s=every_s)
                    waits.setdefault(case, {}).setdefault(flooded, []).extend(run.latencies_ms)
                waits.setdefault("applied", {}).setdefault(flooded, []).extend(_applied_ms(stage, shops[1], calls))
    for case, found in waits.items():
        yield Figure(
            benchmark="B5b",
            case=case,
            measured=median(found[True]),
            unit="ms",
            beside="without the flood",
            yardstick=median(found[False]),
            note=f"medians of {len(found[True]):,} and {len(found[False]):,}, 95th percentiles "
            f"{_p95(found[True]):.1f} and {_p95(found[False]):.1f}; {PER_S:.0f} messages a second of another "
            f"carrier's; {ROUNDS} rounds in turns; one worker process",
        )


def _p95(found: list[float]) -> float:
    return quantiles(found, n=20)[-1]


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
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise Failed("the flood did not begin")
        try:
            yield
            if process.poll() is not None:
                raise Failed("the flood ended early")
        finally:
            process.terminate()


def _pour(url: str, account_id: str) -> None:
    """So many messages a second, until it is terminated."""
    calls = _calls(account_id)
    print("begun", flush=True)  # noqa: T201  # to the parent
    load(url, CONNECTIONS, FOR_EVER_S, lambda: next(calls), every_s=CONNECTIONS / PER_S)


if __name__ == "__main__":
    _pour(sys.argv[1], sys.argv[2])
