"""Labels: print those of many shipments at once."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.running import services
from gateway.services.ports import Mode


@click.group()
def labels() -> None:
    """Labels of booked shipments."""


@labels.command("print")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.option("--out", default="labels.pdf", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.argument("shipments", nargs=-1, required=True)
def print_labels(merchant: str, mode: Mode, out: Path, shipments: tuple[str, ...]) -> None:
    """Write the labels of shipments into one PDF; exit code 1 when some are missing, which are named."""
    bound = services()
    made = bound.labels.batch(merchant_of(bound, merchant, create=False), mode, shipments)
    out.write_bytes(made.content)
    click.echo(f"{out}: {len(set(shipments)) - len(made.missing)} labels")
    for shipment_id, why in made.missing:
        click.echo(f"no label of {shipment_id}: {why}", err=True)
    raise click.exceptions.Exit(1 if made.missing else 0)
