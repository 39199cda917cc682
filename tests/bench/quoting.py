"""B1, B1b, B1c and B2: a checkout asks for rates, and ten carriers are asked over HTTP."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from statistics import median

from tests.bench.carriers import LATENCIES_MS, RATES, SICK, SLOWEST_MS
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.load import Failed
from tests.bench.stage import Merchant, Stage

CONCURRENCIES = (1, 16, 64)
CROWD = 100
COST_CONCURRENCY = 8
WARM_UP_S = 1.5
SICK_CONCURRENCY = 8
SICK_DEADLINE_MS = 800
CONSTANT = request("GET", "/healthz")
SHIPMENT = {
    "origin": {
        "country": "US",
        "postal_code": "10001",
        "name": "Store 12",
        "street1": "1 Broadway",
        "city": "New York",
    },
    "destination": {
        "country": "US",
        "postal_code": "10038",
        "name": "Ada Example",
        "street1": "100 Maiden Ln",
        "city": "New York",
    },
    "parcels": [{"weight_g": 1400, "length_mm": 330, "width_mm": 200, "height_mm": 120}],
}


def quote_latency(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B1: what the gateway adds to its slowest carrier."""
    ask = warm(stage)
    for concurrency in CONCURRENCIES:
        run = stage.load(concurrency, seconds, ask)
        yield Figure(
            benchmark="B1",
            case=f"{concurrency} at a time",
            measured=run.percentile(50),
            unit="ms",
            beside="slowest carrier",
            yardstick=SLOWEST_MS,
            note=f"p95 {run.percentile(95):.0f} ms, {run.rate:.0f} quotes/s; "
            f"web {run.web_cpu_ms:.1f} ms of CPU a quote; {run.driver}",
        )


def quote_throughput(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B1b: how near a crowd comes to what its slowest carrier allows."""
    run = stage.load(CROWD, max(seconds, 15.0), warm(stage))
    yield Figure(
        benchmark="B1b",
        measured=run.rate,
        unit="quotes/s",
        beside="ideal",
        yardstick=CROWD * 1000 / SLOWEST_MS,
        note=f"over {run.seconds:.0f} s; p50 {run.percentile(50):.0f} ms; {run.driver}",
    )


def sick_carrier(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B1c: what one sick carrier costs the nine healthy ones. It is never rested, so it is asked every time."""
    nine = {name: url for name, url in stage.healthy().items() if name != str(LATENCIES_MS[0])}
    without, without_ms = _healthy_share(stage, "nobody", nine, seconds)
    for illness in SICK:
        share, slowest_ms = _healthy_share(stage, illness, {**nine, illness: stage.carriers[illness]}, seconds)
        yield Figure(
            benchmark="B1c",
            case=illness,
            measured=share * 100,
            unit="%",
            beside="without it",
            yardstick=without * 100,
            note=f"{SICK_CONCURRENCY} at a time, deadline {SICK_DEADLINE_MS} ms; median answer of the slowest healthy "
            f"carrier after {slowest_ms:.0f} ms, without the sick one {without_ms:.0f} ms",
        )


def quote_cost(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B2: processor time of the web workers, at a load that leaves them idle between quotes."""
    ask = warm(stage)
    run = stage.load(COST_CONCURRENCY, seconds, ask)
    bare = stage.load(COST_CONCURRENCY, 1.0, lambda: CONSTANT)
    offers = len(LATENCIES_MS) * len(RATES)
    yield Figure(
        benchmark="B2",
        measured=run.web_cpu_ms,
        unit="ms",
        beside="a constant answer",
        yardstick=bare.web_cpu_ms,
        note=f"{COST_CONCURRENCY} at a time; 10 carriers, {offers} offers judged and stored",
    )


CONSTANT = request("GET", "/healthz")


def warm(stage: Stage) -> Callable[[], bytes]:
    """What asks for a quote of the ten healthy carriers, after a while of asking; all ten must answer."""
    ask = _quote(stage.merchant("ten carriers", stage.healthy()))
    found: Counter[str] = Counter()
    stage.load(16, WARM_UP_S, ask, lambda body: found.update(_states(body).values()))
    if set(found) != {"ok"}:
        raise Failed(f"not every carrier answered: {dict(found)}")
    return ask


def _healthy_share(stage: Stage, name: str, carriers: dict[str, str], seconds: float) -> tuple[float, float]:
    """Which share of the healthy carriers answered in time, and the slowest one's median in ms."""
    states: Counter[str] = Counter()
    slowest_ms: list[float] = []

    def seen(body: bytes) -> None:
        for result in json.loads(body)["carrier_results"]:
            if result["account"].removeprefix("carrier-") not in SICK:
                states[result["state"]] += 1
            if result["account"] == f"carrier-{SLOWEST_MS}" and result["latency_ms"] is not None:
                slowest_ms.append(result["latency_ms"])

    ask = _quote(stage.merchant(f"with {name}", carriers), deadline_ms=SICK_DEADLINE_MS)
    stage.load(SICK_CONCURRENCY, WARM_UP_S, ask)
    stage.load(SICK_CONCURRENCY, seconds, ask, seen)
    return states["ok"] / states.total(), median(slowest_ms)


def _states(body: bytes) -> dict[str, str]:
    return {each["account"]: each["state"] for each in json.loads(body)["carrier_results"]}


def _quote(merchant: Merchant, **more: object) -> Callable[[], bytes]:
    body = json.dumps({**SHIPMENT, **more}).encode()
    asked = request("POST", "/v1/quotes", body, authorization=f"Bearer {merchant.key}", content_type="application/json")
    return lambda: asked
