"""What following parcels costs: `gateway poll-plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Table

from carriers.base import Polling
from carriers.base.registry import installed
from gateway.cli.running import services
from gateway.services.poll_plan import Comparison, Followed, compare, delivered
from gateway.settings import Tracking as TrackingSettings

FEWEST = 2
CAPTION = (
    "`fixed` asks at the interval with the same median delay; `ratio` is calls ÷ its calls, `p90 ratio` calls ÷ those "
    "of the interval with the same p90. Calls in the grace after delivery are the schedule's only. `all` has one fixed "
    "interval for all carriers, which suits few of them: what the schedule saves within one carrier is in its own row."
)


@click.command()
def poll_plan() -> None:
    """Replay the delivered parcels of the database (`gateway seed` writes some) through the polling schedule.

    Prints calls per delivered parcel and how late scans are seen, beside a fixed interval with the same median delay.
    """
    bound = services()
    polled = polled_carriers()
    parcels = list(delivered(bound.store, polled))
    if len(parcels) < FEWEST:
        raise click.ClickException("no delivered parcels of polled carriers: write a history with `gateway seed`")
    Console(soft_wrap=True).print(_table(parcels, polled, bound.settings.tracking))


def polled_carriers() -> Mapping[str, Polling]:
    """The installed carriers that tell about parcels when asked."""
    profiles = {code: carrier.profile for code, carrier in installed().items()}
    return {code: profile.polling for code, profile in profiles.items() if profile.tracking != "push"}


def _table(parcels: Sequence[Followed], polled: Mapping[str, Polling], settings: TrackingSettings) -> Table:
    table = Table(
        title="Polls per delivered parcel by schedule, beside fixed intervals; delays in minutes",
        caption=CAPTION,
        box=None,
    )
    for head in ("carrier", "parcels", "calls", "median", "p90", "fixed", "every", "p90", "ratio", "p90 ratio"):
        table.add_column(head, justify="left" if head == "carrier" else "right")
    carriers = sorted({parcel.tracker.carrier for parcel in parcels})
    for code in carriers:
        mine = [parcel for parcel in parcels if parcel.tracker.carrier == code]
        if len(mine) >= FEWEST:
            table.add_row(code, *_cells(compare(mine, polled, settings)))
    table.add_section()
    table.add_row("all", *_cells(compare(parcels, polled, settings)))
    return table


def _cells(found: Comparison) -> Sequence[str]:
    return (
        str(found.adaptive.parcels),
        f"{found.adaptive.calls_each:.1f}",
        _minutes(found.adaptive.median),
        _minutes(found.adaptive.p90),
        f"{found.fixed.calls_each:.1f}",
        _minutes(found.interval),
        _minutes(found.fixed.p90),
        f"{found.ratio:.2f}",
        f"{found.ratio_at_p90:.2f}",
    )


def _minutes(length: timedelta) -> str:
    return f"{length.total_seconds() / 60:.0f}"
