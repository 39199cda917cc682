"""`python -m tests.bench`: run the benchmarks, show the figures, keep them in a JSON file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import click

from tests.bench import (
    checkouts,
    claiming,
    deciding,
    expecting,
    flooding,
    forecasting,
    growth,
    ingesting,
    pages,
    polling,
    pricing,
    quoting,
    replaying,
    serving,
    telling,
    waves,
    zoning,
)
from tests.bench.carriers import LATENCIES_MS, RATES
from tests.bench.figures import TARGETS, Figure, machine, save, show
from tests.bench.load import Failed
from tests.bench.stage import THREADS, WORKERS, Stage, stage

BENCHMARKS: Mapping[str, Callable[[Stage, float], Iterator[Figure]]] = {
    "B1": quoting.quote_latency,
    "B1b": quoting.quote_throughput,
    "B1c": quoting.sick_carrier,
    "B2": quoting.quote_cost,
    "B3b": pricing.rate_card,
    "B4": serving.status_look_up,
    "B5": serving.webhook,
    "B5b": flooding.flood,
    "B6": ingesting.ingestion,
    "B7": claiming.claims,
    "B7b": telling.webhooks,
    "B8": serving.booking,
    "B9": growth.growth,
    "B10": lambda where, seconds: chain(deciding.condition_checks(where, seconds), replaying.backtests(where, seconds)),
    "B11": serving.cold_start,
    "B12": polling.poll_thrift,
    "B15": checkouts.cartonization,
    "B15b": checkouts.cartonization_time,
    "B16": checkouts.warm_checkout,
    "B18": zoning.zone_look_up,
    "B18b": zoning.origin_hours,
    "B22": pages.page_times,
    "B17": waves.against_relaxation,
    "B17b": waves.time_taken,
    "B17c": waves.against_greedy,
}
RECORDED: Mapping[str, Callable[[Path], Iterator[Figure]]] = {
    "D1": forecasting.transit_quantiles,
    "D2": forecasting.online_replay,
    "D3": expecting.eta_windows,
}
"""Benchmarks of recorded deliveries, which need neither gateway nor carriers."""


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice([*BENCHMARKS, *RECORDED]), help="This one; may be given again."
)
@click.option("--seconds", default=5.0, show_default=True, help="How long each load lasts.")
@click.option("--database", default="postgresql", show_default=True, type=click.Choice(["postgresql", "sqlite"]))
@click.option("--data", type=click.Path(path_type=Path), help="Where recorded deliveries lie; D1 to D3 need them.")
@click.option("--json", "results", default="bench-results.json", show_default=True, type=click.Path(path_type=Path))
def bench(only: tuple[str, ...], seconds: float, database: str, data: Path | None, results: Path) -> None:
    """Measure. Figures are shown beside their targets and never judged; only what breaks is an error."""
    chosen = only or (*BENCHMARKS, *(RECORDED if data else ()))
    setting: dict[str, object] = {
        "machine": machine(),
        "processes": f"{WORKERS} web workers with {THREADS} threads each (`gateway serve`; no worker process), "
        f"{database} with durable commits (PostgreSQL set as /docs/scale advises, lz4 if its build has it), "
        "one process of healthy carriers, one of sick ones, "
        "one that drives the load (this one), all on this machine",
        "carriers": f"{len(LATENCIES_MS)} accounts of the sandbox carrier over HTTP, answering after "
        f"{', '.join(map(str, LATENCIES_MS))} ms with {len(RATES)} rates each; request limits and rests are off",
        "not measured yet": [name for name in TARGETS if name not in BENCHMARKS and name not in RECORDED],
        "data": str(data) if data else "none: D1 to D3 are measured with DATA=path",
    }
    figures, broken = _measured(chosen, seconds, database, data)
    show(figures, setting)
    save(results, figures, setting)
    for each in broken:
        click.echo(f"broke: {each}", err=True)
    sys.exit(1 if broken else 0)


def _measured(
    chosen: tuple[str, ...], seconds: float, database: str, data: Path | None
) -> tuple[list[Figure], list[str]]:
    """The figures, and what broke; one benchmark that breaks does not stop the others."""
    figures: list[Figure] = []
    broken: list[str] = []
    with ExitStack() as opened:
        where = opened.enter_context(stage(database)) if set(chosen) & set(BENCHMARKS) else None
        for name in chosen:
            click.echo(f"{name}: {TARGETS[name]['what']}", err=True)
            try:
                figures.extend(_figures(name, where, seconds, data))
            except (Failed, OSError) as error:
                broken.append(f"{name}: {error}")
    return figures, broken


def _figures(name: str, where: Stage | None, seconds: float, data: Path | None) -> Iterator[Figure]:
    if name in RECORDED:
        if data is None:
            raise Failed("needs recorded deliveries: make bench DATA=path")
        return RECORDED[name](data)
    assert where is not None
    return BENCHMARKS[name](where, seconds)


if __name__ == "__main__":
    bench()
