"""B10: shipments backtested per second, beside the live engine deciding one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from gateway.bootstrap.ground import CALENDAR
from gateway.engines.replay.lazy import LazyReplays
from gateway.rules.policy import Policy
from gateway.services.backtests import BacktestAsk, Backtester
from gateway.services.offers import recalled
from gateway.services.origins import Origins
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
KEEP = {"name": "keep", "then": {"do": "keep"}}
SHARE = {
    "name": "share",
    "when": {"field": "rate.account", "op": "is", "value": "carrier 1"},
    "then": {"do": "cap_share", "percent": 30},
}
CASES = (
    ("first time", (), "from the database, sentences and all, to totals with intervals"),
    ("once more", (KEEP,), "another policy over the same period: from the columns that the first time left"),
    ("with a share", (SHARE,), "the same, counting bookings one after the other"),
)


def backtests(stage: Stage, seconds: float) -> Iterator[Figure]:
    """A past is written, then replayed as `gateway backtest` does."""
    shop = stage.merchant("B10", {str(place): "http://127.0.0.1:9" for place in range(past.OFFERS)})
    policy, shipments = Policy.parse("bench", 1, DATA), round(max(seconds, 1.0) * A_SECOND)
    begun = perf_counter()
    made = past.templates(policy, shop)
    past.write(stage, shop, made, shipments)
    written_s, alone = perf_counter() - begun, _one_by_one(policy, made, seconds / 2)
    with TemporaryDirectory() as folder:
        backtester = _backtester(stage, Path(folder))
        for case, more, what in CASES:
            data = {**DATA, "rules": [*DATA["rules"], *more]}
            took_s, peak_mb = _replayed(backtester, shop, data, shipments)
            yield Figure(
                benchmark="B10",
                case=case,
                measured=shipments / took_s,
                unit="/s",
                beside="one by one",
                yardstick=alone,
                note=f"{what}: {shipments:,} shipments with {past.OFFERS} offers each in {took_s:.1f} s, peak "
                f"{peak_mb:,.0f} MB of this process and its children; the past was written in {written_s:.0f} s",
            )


def _backtester(stage: Stage, folder: Path) -> Backtester:
    """As bootstrap binds it, in a folder of its own."""
    services = stage.services
    origins = Origins(services.store, services.facilities, CALENDAR)
    replays = LazyReplays(services.store, services.store.history(), origins, folder)
    return Backtester(services.store, services.policies, origins, replays)


def _replayed(backtester: Backtester, shop: Merchant, data: Mapping[str, Any], shipments: int) -> tuple[float, float]:
    """Seconds, and the peak of memory in MB."""
    ask = BacktestAsk(policy="bench", since=past.START, until=past.START + timedelta(days=past.DAYS), data=data)
    with Memory() as memory:
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
