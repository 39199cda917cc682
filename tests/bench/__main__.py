"""`python -m tests.bench`: run the benchmarks, show the figures, keep them in a JSON file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from tests.bench import checkouts, deciding, growth, ingesting, pricing, quoting, serving, telling, waves, zoning
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
    "B6": ingesting.ingestion,
    "B7b": telling.webhooks,
    "B8": serving.booking,
    "B9": growth.growth,
    "B10": deciding.condition_checks,
    "B11": serving.cold_start,
    "B15": checkouts.cartonization,
    "B15b": checkouts.cartonization_time,
    "B16": checkouts.warm_checkout,
    "B18": zoning.zone_look_up,
    "B18b": zoning.origin_hours,
    "B17": waves.against_relaxation,
    "B17b": waves.time_taken,
    "B17c": waves.against_greedy,
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(BENCHMARKS)), help="This one; may be given again.")
@click.option("--seconds", default=5.0, show_default=True, help="How long each load lasts.")
@click.option("--database", default="postgresql", show_default=True, type=click.Choice(["postgresql", "sqlite"]))
@click.option("--data", type=click.Path(path_type=Path), help="Recorded deliveries; no benchmark uses them yet.")
@click.option("--json", "results", default="bench-results.json", show_default=True, type=click.Path(path_type=Path))
def bench(only: tuple[str, ...], seconds: float, database: str, data: Path | None, results: Path) -> None:
    """Measure. Figures are shown beside their targets and never judged; only what breaks is an error."""
    chosen = only or tuple(BENCHMARKS)
    setting: dict[str, object] = {
        "machine": machine(),
        "processes": f"{WORKERS} web workers with {THREADS} threads each (`gateway serve`; no worker process), "
        f"{database} with durable commits, one process of healthy carriers, one of sick ones, "
        "one that drives the load (this one), all on this machine",
        "carriers": f"{len(LATENCIES_MS)} accounts of the sandbox carrier over HTTP, answering after "
        f"{', '.join(map(str, LATENCIES_MS))} ms with {len(RATES)} rates each; request limits and rests are off",
        "not measured yet": [name for name in TARGETS if name not in BENCHMARKS],
    }
    if data is not None:
        setting["data"] = f"{data} was not read: no benchmark uses recorded deliveries yet"
    figures, broken = _measured(chosen, seconds, database)
    show(figures, setting)
    save(results, figures, setting)
    for each in broken:
        click.echo(f"broke: {each}", err=True)
    sys.exit(1 if broken else 0)


def _measured(chosen: tuple[str, ...], seconds: float, database: str) -> tuple[list[Figure], list[str]]:
    """The figures, and what broke; one benchmark that breaks does not stop the others."""
    figures: list[Figure] = []
    broken: list[str] = []
    with stage(database) as where:
        for name in chosen:
            click.echo(f"{name}: {TARGETS[name]['what']}", err=True)
            try:
                figures.extend(BENCHMARKS[name](where, seconds))
            except Failed as error:
                broken.append(f"{name}: {error}")
    return figures, broken


if __name__ == "__main__":
    bench()
