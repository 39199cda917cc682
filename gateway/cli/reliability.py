"""Reliability: learn now, and see what was predicted beside what came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.running import services
from gateway.learning.calibration import ChanceCheck
from gateway.services.ports import Mode
from gateway.services.reliability.report import Slice


@click.group()
def reliability() -> None:
    """What deliveries have taught, and whether what is said of the next ones is right."""


@reliability.command("learn")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
def learn(merchant: str, mode: Mode) -> None:
    """Learn from the deliveries that have ended, now; the worker does it every hour."""
    bound = services()
    learnt = bound.foresight.learner.learn(merchant_of(bound, merchant, create=False), mode)
    click.echo(f"learnt from {learnt} deliveries")


@reliability.command("report")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 400), help="Booked in so many days...")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="...before this day, UTC.  [default: now]")
def report(merchant: str, mode: Mode, days: int, until: datetime | None) -> None:
    """Predicted beside observed: chances as "said, came", Brier scores beside those of always saying the mean,
    coverage and pinball loss of the transit quantiles.
    """
    bound = services()
    end = bound.clock() if until is None else until.replace(tzinfo=bound.clock().tzinfo)
    merchant_id = merchant_of(bound, merchant, create=False)
    found = bound.foresight.reports.report(merchant_id, mode, end - timedelta(days=days), end)
    console = Console()
    console.print(
        f"{found.deliveries} deliveries booked {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d} have ended; "
        f"of {found.unpredicted} nothing had been said"
    )
    if found.slices:
        console.print(_chances("on time", [(each, each.on_time) for each in found.slices]))
        console.print(_chances("delivered at the first attempt", [(each, each.first_attempt) for each in found.slices]))
        console.print(_transits(found.slices))
        console.print(_reliability(found.slices[0].on_time))


def _chances(of_what: str, checks: Sequence[tuple[Slice, ChanceCheck]]) -> Table:
    table = Table(of_what, "deliveries", "said", "came", "Brier", "of the mean", box=None)
    for each, check in checks:
        if check.brier is not None:
            said = sum(found.predicted for found in check.bins) / check.count
            came = sum(found.true for found in check.bins) / check.count
            shares, scores = (f"{said:.1%}", f"{came:.1%}"), (f"{check.brier:.4f}", f"{check.brier_of_mean:.4f}")
            table.add_row(_name(each), str(each.deliveries), *shares, *scores)
    return table


def _transits(slices: Sequence[Slice]) -> Table:
    table = Table("time in transit", "within p50", "p80", "p90", "pinball p50, h", "p80", "p90", box=None)
    for each in slices:
        coverage = (f"{share:.1%}" for share in each.transit.coverage)
        table.add_row(_name(each), *coverage, *(f"{loss:.2f}" for loss in each.transit.loss))
    return table


def _name(each: Slice) -> str:
    return f"{each.by} {each.value}" if each.by else "all"


def _reliability(check: ChanceCheck) -> Table:
    table = Table("chance to be on time", "deliveries", "said", "came", box=None)
    for place, each in enumerate(check.bins):
        if each.count:
            said, came = each.predicted / each.count, each.true / each.count
            table.add_row(f"{place * 10} to {place * 10 + 10} %", str(each.count), f"{said:.1%}", f"{came:.1%}")
    return table
