"""B4, B5, B8 and B11: looking up, acknowledging, booking, starting."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from typing import Any

import requests

from carriers.base import Account, WebhookCall
from carriers.sandbox.adapter import Sandbox
from gateway.services.accounts import AccountDraft
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.load import Failed
from tests.bench.processes import memory_mb
from tests.bench.quoting import CONSTANT, SHIPMENT, warm
from tests.bench.stage import MODE, SECRETS, Merchant, Stage

CONCURRENCY = 16
DESKS = 4
"""How many book at a time: all of them take places in the same window."""
STARTS = 3
PLACES = 10**6
FLEET = {
    "timezone": "America/New_York",
    "cut_offs": {"standard": "23:59"},
    "rate_card": "[zones]\nzone,country,postcodes\nmanhattan,US,100*\n[prices]\n"
    "zone,service,max_weight_g,price_minor,currency\nmanhattan,standard,20000,690,USD\n",
}
BARE_FLASK = "import os, flask; flask.Flask('bare'); print(os.getpid(), flush=True); input()"


def status_look_up(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B4: one shipment by its id."""
    shop = shop_with_a_fleet(stage)
    shipment = post(stage, shop, "/v1/shipments", SHIPMENT)
    look_up = request("GET", f"/v1/shipments/{shipment['id']}", authorization=f"Bearer {shop.key}")
    yield _rates(stage, "B4", "look-ups/s", seconds, lambda: look_up, "a constant answer", lambda: CONSTANT)


def webhook(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B5: a carrier's call is proved and stored; an empty one is proved only."""
    merchant = stage.merchant("webhooks", {"200": stage.carriers["200"]})
    account = Account(id=merchant.accounts[0], name="bench", mode=MODE, urls={}, secrets=SECRETS)
    numbers = count()

    def call(body: bytes) -> bytes:
        bare = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=datetime.now(UTC))
        signed = Sandbox.webhook_proof.sign(bare, account)
        return request("POST", f"/v1/carriers/{account.id}/webhook", body, **signed.headers)

    yield _rates(
        stage, "B5", "calls/s", seconds, lambda: call(b'{"event": %d}' % next(numbers)), "not stored", lambda: call(b"")
    )


def booking(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B8: a booking from a quote, on our own fleet."""
    shop = shop_with_a_fleet(stage)
    body = b'{"quote_id": "%b"}' % post(stage, shop, "/v1/quotes", SHIPMENT)["id"].encode()
    numbers = count()

    def ask() -> bytes:
        return request(
            "POST",
            "/v1/shipments",
            body,
            authorization=f"Bearer {shop.key}",
            content_type="application/json",
            idempotency_key=f"B8-{next(numbers)}",
        )

    run = stage.load(DESKS, seconds, ask)
    yield Figure(
        benchmark="B8",
        measured=run.web_cpu_ms,
        unit="ms",
        beside="a constant answer",
        yardstick=stage.load(CONCURRENCY, 1.0, lambda: CONSTANT).web_cpu_ms,
        note=f"{DESKS} at a time, from a quote, on the own fleet, which has no labels; {run.rate:.0f} bookings/s; "
        f"p50 {run.percentile(50):.0f} ms",
    )


def cold_start(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B11: from the start of the process to the first 200; memory after a while of quoting."""
    starts_s = []
    for _ in range(STARTS):
        stage.stop()
        starts_s.append(stage.start())
        stage.load(CONCURRENCY, 1.0, lambda: CONSTANT)  # until the other worker is up too
    bare_s, bare_mb = _bare_flask()
    yield Figure(
        benchmark="B11",
        case="first answer",
        measured=median(starts_s),
        unit="s",
        beside="a bare Flask application",
        yardstick=bare_s,
        note=f"median of {STARTS} starts of `gateway serve` with its two workers",
    )
    warm(stage)
    yield Figure(
        benchmark="B11",
        case="memory",
        measured=stage.web_memory_mb(),
        unit="MB",
        beside="a bare Flask application",
        yardstick=bare_mb,
        note="of the larger web worker, after a while of quoting",
    )


def _bare_flask() -> tuple[float, float]:
    """Seconds until a Python process has an empty Flask application, and its resident memory in MB."""
    started = time.perf_counter()
    command = [sys.executable, "-c", BARE_FLASK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        found = time.perf_counter() - started, memory_mb(pid)
        process.stdin.write("\n")
    return found


def _rates(
    stage: Stage,
    benchmark: str,
    unit: str,
    seconds: float,
    ask: Callable[[], bytes],
    beside: str,
    yardstick: Callable[[], bytes],
) -> Figure:
    """Answers per second of the one and of the other, on the same server."""
    for each in (ask, yardstick):
        stage.load(CONCURRENCY, 0.5, each)
    run, other = stage.load(CONCURRENCY, seconds, ask), stage.load(CONCURRENCY, seconds, yardstick)
    return Figure(
        benchmark=benchmark,
        measured=run.rate,
        unit=unit,
        beside=beside,
        yardstick=other.rate,
        note=f"{CONCURRENCY} at a time; web {run.web_cpu_ms:.2f} and {other.web_cpu_ms:.2f} ms of CPU an answer; "
        f"{run.driver}, beside it {other.driver_cpu_s / other.seconds:.2f}",
    )


def shop_with_a_fleet(stage: Stage) -> Merchant:
    """A merchant whose only carrier is its own fleet, with one window that is never full."""
    shop = stage.merchant("own fleet", {})
    draft = AccountDraft(name="fleet", carrier="own_fleet", options=FLEET)
    account = stage.services.accounts.add(shop.id, MODE, draft)
    start = datetime.now(UTC) + timedelta(days=4)
    window = ("wide", "manhattan", start, start + timedelta(hours=4), PLACES)
    stage.services.fleet.open_windows(shop.id, account.id, [window])
    return shop


def post(stage: Stage, shop: Merchant, path: str, body: object) -> Any:
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": "bench"}
    answer = requests.post(stage.url + path, json=body, headers=headers, timeout=30)
    if not answer.ok:
        raise Failed(f"{path} answered {answer.status_code}: {answer.text[:500]}")
    return answer.json()
