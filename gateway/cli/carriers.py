"""Carriers: the capability matrix, the conformance kit, simulators and the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from carriers.base import Capability, Carrier, capabilities
from carriers.base.conformance import Grade, Level, examine, grade
from carriers.base.registry import GROUP, BrokenCarrier, carrier, installed
from carriers.base.simulator import main as simulate_carrier
from gateway.cli.check_report import told
from gateway.cli.running import services
from gateway.services.carrier_tables import hosts, raw_message, what_to_do

LEDGER = click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the carrier's books; continued if there.",
)
LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", Capability, strict=False))
"""The columns of the matrix, explained below it: the roles' names side by side fit on no screen."""
REASONS = 3
PORT = click.option("--port", type=int, default=0, help="0 takes a free one.")


@click.group(invoke_without_command=True)
@click.pass_context
def carriers(context: click.Context) -> None:
    """Print what each installed carrier can do, with the grade the conformance kit computes."""
    if context.invoked_subcommand is not None:
        return
    with click.progressbar(sorted(installed().values(), key=_code), label="grading", item_show_func=_code) as bar:
        found = [(each, grade(each)) for each in bar]
    console = Console()
    console.print(_matrix(found))
    for letter, role in LETTERS.items():
        console.print(f"  {letter}  {role.value.replace('_', ' ')}")
    for each, graded in found:
        code = each.profile.code
        if graded.level in (Level.NONE, Level.BRONZE):
            console.print(f"{code} is {graded.level.value}: {'; '.join(graded.missing[:REASONS])}")
        for check, reason in graded.exempt.items():
            console.print(f"{code} is exempt from {check}: {reason}")


def _matrix(found: Sequence[tuple[type[Carrier], Grade]]) -> Table:
    """A row for each carrier, a column for each role."""
    table = Table("carrier", "kind", "grade", *LETTERS, title="Installed carriers", padding=(0, 1, 0, 0))
    for each, graded in found:
        can = capabilities(each)
        marks = ("x" if role in can else "" for role in LETTERS.values())
        table.add_row(each.profile.code, each.profile.kind, graded.level.value, *marks)
    return table


def _code(carrier_class: type[Carrier] | None) -> str:
    return carrier_class.profile.code if carrier_class else ""


@carriers.command("check")
@click.argument("code")
@click.option("--all", "all_of_it", is_flag=True, help="Every failure of every check, not only the first few.")
def check_carrier(code: str, all_of_it: bool) -> None:
    """Run the conformance kit's checks on one carrier, say what to do; exit code 1 when any fails."""
    found = entry_points(group=GROUP, name=code)
    if not found:
        raise BrokenCarrier(
            f"carrier {code!r} is not installed; after a change of the entry points in setup.cfg or pyproject.toml, "
            "run pip install -e again"
        )
    failures = examine(next(iter(found)))
    for line in told(code, failures, all_of_it=all_of_it):
        click.echo(line)
    raise click.exceptions.Exit(1 if failures else 0)


@carriers.command("hosts")
@click.option("--mode", type=click.Choice(["test", "live"]), help="Only this one.")
@click.argument("codes", nargs=-1)
def list_hosts(mode: str | None, codes: tuple[str, ...]) -> None:
    """Print which hosts each carrier calls, by mode: carrier, mode, host:port, what for. For firewall rules.

    An account's own `urls` stand in place of these; hosts that a link may lead to are options of an account.
    """
    for each in [carrier(code) for code in codes] or [found for _, found in sorted(installed().items())]:
        for host in hosts(each.profile):
            if mode in (None, host.mode):
                click.echo(f"{host.carrier}\t{host.mode}\t{host.host}:{host.port}\t{','.join(host.names)}")


@carriers.command("unmapped")
@click.option("--payload", "inbox_id", help="Print this raw message instead, as it came.")
def list_unmapped(inbox_id: str | None) -> None:
    """Print the codes carriers sent that no table maps, with what to do; exit code 1 when there are any."""
    store = services().store
    if inbox_id is not None:
        click.echo(raw_message(store, inbox_id))
        return
    codes = store.unmapped()
    for code in codes:
        name = f"{code.code} ({code.qualifier})" if code.qualifier else code.code
        click.echo(f"{code.carrier} {name}: {code.events} of account {code.account} ({code.merchant_id})")
        click.echo(f"    first {code.first_seen:%Y-%m-%d %H:%M}, last {code.last_seen:%Y-%m-%d %H:%M} UTC")
        click.echo(f"  → {what_to_do(code, installed().get(code.carrier))}")
    if not codes:
        click.echo("every code that was seen is mapped")
    raise click.exceptions.Exit(1 if codes else 0)


@carriers.command("simulate")
@click.argument("code")
@PORT
@LEDGER
def simulate(code: str, port: int, ledger: Path | None) -> None:
    """Serve a carrier's simulator on the loopback address until interrupted."""
    if code not in installed():
        raise BrokenCarrier(f"carrier {code!r} is not installed")
    simulate_carrier(code, port, ledger, click.echo)


@click.group()
def sandbox() -> None:
    """The sandbox carrier, for your own tests."""


@sandbox.command("serve")
@PORT
@LEDGER
def serve_sandbox(port: int, ledger: Path | None) -> None:
    """Serve the sandbox carrier on the loopback address until interrupted."""
    simulate_carrier("sandbox", port, ledger, click.echo)
