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

COLUMNS = (
    "deliveries",
    "on time",
    "Brier",
    "of mean",
    "first attempt",
    "Brier",
    "of mean",
    "within p50 / p80 / p90",
    "pinball, h",
)


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
        console.print(_table(found.slices))
        console.print(_reliability(found.slices[0].on_time))


def _table(slices: Sequence[Slice]) -> Table:
    table = Table("", *COLUMNS, box=None)
    for each in slices:
        name = f"{each.by} {each.value}" if each.by else "all"
        coverage = " / ".join(f"{share:.1%}" for share in each.transit.coverage)
        losses = " / ".join(f"{loss:.2f}" for loss in each.transit.loss)
        table.add_row(
            name, str(each.deliveries), *_chance(each.on_time), *_chance(each.first_attempt), coverage, losses
        )
    return table


def _chance(check: ChanceCheck) -> tuple[str, str, str]:
    if check.brier is None:
        return "", "", ""
    said = sum(each.predicted for each in check.bins) / check.count
    came = sum(each.true for each in check.bins) / check.count
    return f"{said:.1%}, {came:.1%}", f"{check.brier:.4f}", f"{check.brier_of_mean:.4f}"


def _reliability(check: ChanceCheck) -> Table:
    table = Table("chance to be on time", "deliveries", "said", "came", box=None)
    for place, each in enumerate(check.bins):
        if each.count:
            said, came = each.predicted / each.count, each.true / each.count
            table.add_row(f"{place * 10} to {place * 10 + 10} %", str(each.count), f"{said:.1%}", f"{came:.1%}")
    return table
