"""Assign a wave of shipments from a file, and print what that comes to."""

from __future__ import annotations

from pathlib import Path

import click
from marshmallow import ValidationError
from rich.console import Console
from rich.table import Table
from werkzeug.exceptions import BadRequest

from gateway.api.errors import flatten
from gateway.api.schemas.assignments import AssignmentAskSchema
from gateway.api.strict import parsed
from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.running import services
from gateway.domain.assignments import counted
from gateway.domain.errors import Unprocessable
from gateway.services.assignments import AssignmentAsk, Result
from gateway.services.ports import Mode

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.option("--shipments", "listed", is_flag=True, help="Print a line for each shipment too.")
@click.argument("file", type=FILE)
def assign(merchant: str, mode: Mode, listed: bool, file: Path) -> None:
    """Assign the wave in FILE, JSON as POST /v1/assignments takes it; exit code 1 when not all limits can be kept."""
    bound = services()
    ask = _read(file)
    try:
        result = bound.assignments.make(merchant_of(bound, merchant, create=False), mode, ask, wait=True)
    except Unprocessable as error:
        raise click.ClickException(f"{file} {error.pointer}: {error}") from error
    console = Console(markup=False)
    if listed:
        console.print(_shipments(result))
    _tell(console, result)
    raise click.exceptions.Exit(0 if result.record.state in ("optimal", "feasible") else 1)


def _read(file: Path) -> AssignmentAsk:
    try:
        ask: AssignmentAsk = AssignmentAskSchema().load(parsed(file.read_bytes()))
    except BadRequest as error:
        raise click.ClickException(f"{file}: {error.description}") from error
    except ValidationError as error:
        for fault in flatten(error.messages):
            click.echo(f"{file} {fault['pointer']}: {fault['message']}", err=True)
        raise click.ClickException("nothing was assigned") from error
    return ask


def _tell(console: Console, result: Result) -> None:
    wave, solution, naive = result.wave, result.solution, result.greedy
    if solution is None or solution.cost is None:
        console.print(f"{result.record.state}: no assignment was found in {wave.time_limit_s:g} s")
        return
    table = Table("account", "shipments", "cost", title=f"{result.record.id}: {result.record.state}")
    for account, (number, cost) in result.by_account.items():
        table.add_row(account, str(number), str(wave.money(cost)))
    table.add_section()
    table.add_row("all", str(len(solution.chosen)), str(wave.money(solution.cost)))
    console.print(table)
    if wave.limits:
        console.print(_limits(result))
    notes = [f"cannot be kept: {each.why} ({each.limit.pointer})" for each in solution.relaxations]
    notes += [f"{lot.name} has no offer" for lot in wave.lots if not lot.choices]
    notes += [f"no offer is by {each.account}: is its name right? ({each.pointer})" for each in result.idle_limits]
    for note in notes:
        console.print(note)
    if solution.bound is not None:
        console.print(f"no assignment costs less than {wave.money(solution.bound)} (gap {solution.gap or 0:.2%})")
    console.print(
        f"the cheapest with room, one after the other: {wave.money(naive.cost)}, {naive.unassigned} left over"
    )
    console.print("\n".join(f"  and {sentence}" for sentence in naive.broken) or "  and no commitment is missed")


def _limits(result: Result) -> Table:
    table = Table("limit", "shipments")
    chosen = result.solution.chosen if result.solution else ()
    for limit, number in zip(result.wave.limits, counted(result.wave, chosen), strict=True):
        table.add_row(limit.said(), f"{number}{' (broken)' if limit.broken_by(number) else ''}")
    return table


def _shipments(result: Result) -> Table:
    table = Table("shipment", "account", "offer", "price")
    for lot, choice in result.assigned:
        table.add_row(lot.name, choice.account, choice.id, str(result.wave.money(choice.cost)))
    return table
