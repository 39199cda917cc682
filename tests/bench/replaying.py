"""B10: shipments backtested per second from rows and from columns, beside the live engine deciding one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from gateway.bootstrap.ground import CALENDAR
from gateway.engines.replay.lazy import LazyDayWriter, LazyReplays
from gateway.rules.policy import Policy
from gateway.services.backtests import BacktestAsk, Backtester
from gateway.services.offers import recalled
from gateway.services.origins import Origins
from gateway.services.past_days import PastDaysWriter
from tests.bench import past
from tests.bench.deciding import WHEN
from tests.bench.figures import Figure
from tests.bench.processes import Memory
from tests.bench.stage import MODE, Merchant, Stage

A_SECOND = 20_000
"""Shipments of the past for each second that a load is to last."""
DATA: Mapping[str, Any] = {
    "currency": "USD",
    "timezone": "America/New_York",
    "score": {"price_percent": 100, "value_per_hour_minor": 20, "late_minor": 400, "co2e_per_kg_minor": 15},
    "rules": [
        {"name": "all of it", "when": WHEN, "then": {"do": "prefer", "minor": 50}},
        {"kind": "max_price", "limit_minor": 4000},
        {"kind": "deliver_by", "within_hours": 96},
        {
            "name": "evenings",
            "when": {"field": "ready.hour", "op": "at_least", "value": 18},
            "then": {"do": "penalise", "minor": 30},
        },
    ],
}
SHARE = {
    "name": "share",
    "when": {"field": "rate.account", "op": "is", "value": "carrier-1"},
    "then": {"do": "cap_share", "percent": 30},
}


def backtests(stage: Stage, seconds: float) -> Iterator[Figure]:
    """A past is written, then replayed as `gateway backtest` does: before its days lie in columns, and after."""
    shop = stage.merchant("B10", {str(place): "http://127.0.0.1:9" for place in range(past.OFFERS)})
    policy, shipments = Policy.parse("bench", 1, DATA), round(max(seconds, 1.0) * A_SECOND)
    begun = perf_counter()
    made = past.templates(policy, shop)
    past.write(stage, shop, made, shipments)
    written_s, alone = perf_counter() - begun, _one_by_one(policy, made, seconds / 2)

    def figure(case: str, took_s: float, peak_mb: float, what: str) -> Figure:
        return Figure(
            benchmark="B10",
            case=case,
            measured=shipments / took_s,
            unit="/s",
            beside="one by one",
            yardstick=alone,
            note=f"{what}: {shipments:,} shipments with {past.OFFERS} offers each in {took_s:.1f} s, "
            f"peak {peak_mb:,.0f} MB of this process and its children",
        )

    shared = {**DATA, "rules": [*DATA["rules"], SHARE]}
    yield figure("from rows", *_replayed(stage, shop, DATA, shipments), f"(which were written in {written_s:.0f} s)")
    yield figure("written", *_written(stage), "the worker's chore, which gives way to everything: days into columns")
    yield figure("from columns", *_replayed(stage, shop, DATA, shipments), "to totals with intervals")
    yield figure(
        "with a share", *_replayed(stage, shop, shared, shipments), "so, counting bookings one after the other"
    )


def _origins(stage: Stage) -> Origins:
    return Origins(stage.services.store, stage.services.facilities, CALENDAR)


def _written(stage: Stage) -> tuple[float, float]:
    """All that is due on the day after; seconds, and the peak of memory in MB."""
    store, after = stage.services.store, past.START + timedelta(days=past.DAYS + 1)
    writer = LazyDayWriter(store.history(), _origins(stage), Path("there is none"))
    chore = PastDaysWriter(store, store.history(), writer, lambda: after, stage.services.settings.retention)
    with Memory() as memory:
        begun = perf_counter()
        while batch := chore.claim():
            chore.work(batch[0])
        return perf_counter() - begun, memory.peak_mb


def _replayed(stage: Stage, shop: Merchant, data: Mapping[str, Any], shipments: int) -> tuple[float, float]:
    """As bootstrap binds it, in a folder of its own; seconds, and the peak of memory in MB."""
    ask = BacktestAsk(policy="bench", since=past.START, until=past.START + timedelta(days=past.DAYS), data=data)
    services, origins = stage.services, _origins(stage)
    with TemporaryDirectory() as folder, Memory() as memory:
        replays = LazyReplays(services.store, services.store.history(), origins, Path(folder))
        backtester = Backtester(services.store, services.policies, origins, replays)
        begun = perf_counter()
        found = backtester.run(shop.id, MODE, ask, lambda done, total: None)
        took_s = perf_counter() - begun
    assert found["shipments"] == shipments
    assert 0 < found["changed"] < shipments
    return took_s, memory.peak_mb


def _one_by_one(policy: Policy, made: Sequence[past.Template], seconds: float) -> float:
    """Decisions a second by the live engine, its candidates and contexts made before."""
    some = [(each.context, [recalled(one) for one in each.offers]) for each in made[:200]]
    done, begun = 0, perf_counter()
    while perf_counter() - begun < seconds:
        for context, candidates in some:
            policy.decide(candidates, context)
        done += len(some)
    return done / (perf_counter() - begun)
