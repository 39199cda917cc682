"""B1, B1b, B1c and B2: a checkout asks for rates, and ten carriers are asked over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median

from tests.bench.carriers import LATENCIES_MS, RATES, SICK, SLOWEST_MS
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.load import Failed, Run, load
from tests.bench.stage import Stage

WARM_UP_S = 1.5
CROWD = 100
SICK_CONCURRENCY = 16
SICK_DEADLINE_MS = 600
SHIPMENT = {
    "origin": {"country": "US", "postal_code": "10001", "street1": "1 Broadway", "city": "New York"},
    "destination": {"country": "US", "postal_code": "10038", "street1": "100 Maiden Ln", "city": "New York"},
    "parcels": [{"weight_g": 1400, "length_mm": 330, "width_mm": 200, "height_mm": 120}],
}


def quote_latency(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B1 and B2."""
    ask = _quote(stage.merchant("B1", stage.healthy()))
    load(stage.url, 16, WARM_UP_S, ask, _all_answered)
    for concurrency in (1, 16, 64):
        cpu = stage.web_cpu_s()
        run = load(stage.url, concurrency, seconds, ask)
        cpu_ms = (stage.web_cpu_s() - cpu) * 1000 / len(run.latencies_ms)
        yield Figure(
            benchmark="B1",
            case=f"{concurrency} at a time",
            measured=run.percentile(50),
            unit="ms",
            beside="slowest carrier",
            yardstick=SLOWEST_MS,
            note=f"p95 {run.percentile(95):.0f} ms, {run.rate:.0f} quotes/s, web {cpu_ms:.1f} ms CPU a quote",
        )


def _quote(key, **more):
    body = json.dumps({**SHIPMENT, **more}).encode()
    bytes_ = request("POST", "/v1/quotes", body, authorization=f"Bearer {key}", content_type="application/json")
    return lambda: bytes_


def _all_answered(body: bytes) -> None:
    results = json.loads(body)["carrier_results"]
    assert len(results) == 10 and all(r["state"] == "ok" for r in results), results
