"""The data: migrate, audit, seed."""

from __future__ import annotations

from pathlib import Path

import click

from carriers.base.simulator import Ledger
from gateway.bootstrap import shipped_policies
from gateway.cli.running import services, settings
from gateway.rules.policy import Policy
from gateway.services import ledger_audit
from gateway.services.seed import Seeding, seed_history
from gateway.storage.migrate import migrate


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema up to date. Safe to repeat."""
    migrate(settings().database.url)
    click.echo("the database is up to date")


@click.command()
@click.option(
    "--ledger",
    "ledgers",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A simulator's books; repeat for several.",
)
@click.option("--files", is_flag=True, help="Read every picture in the file store too.")
def audit(ledgers: tuple[Path, ...], files: bool) -> None:
    """Check every invariant of the stored data (--ledger: and the carriers' side); exit code 1 when one is broken."""
    bound = services()
    now = bound.clock()
    violations = list(bound.store.audit(now))
    violations += ledger_audit.compare(bound.store, [Ledger.read(path) for path in ledgers], now)
    violations += bound.proof_keeping.missing() if files else ()
    for each in violations:
        click.echo(f"{each.invariant} {each.merchant_id} {each.subject_id}: {each.why}")
    click.echo(f"{len(violations)} violations" if violations else "all invariants hold")
    raise click.exceptions.Exit(1 if violations else 0)


@click.command()
@click.option("--shipments", type=click.IntRange(1, 5_000_000), default=1000, show_default=True)
@click.option("--seed", "number", type=int, default=1, show_default=True, help="The same number, the same history.")
def seed(shipments: int, number: int) -> None:
    """Write a believable, reproducible history: merchants, quotes, bookings, events, late and failed ones."""
    bound = services()
    shipped = shipped_policies()
    default = Policy.parse("default", 0, shipped["default"])
    kroner = Policy.parse("default", 0, {**shipped["default"], "currency": "NOK", "exchange": {}})
    with click.progressbar(length=shipments, label="seeding") as bar:
        asked = Seeding(shipments=shipments, seed=number)
        seed_history(
            bound.store,
            asked,
            {"USD": default, "NOK": kroner},
            bound.zones.shipped,
            bound.foresight.emissions,
            bar.update,
        )
