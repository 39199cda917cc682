"""`gateway backtest`: what another policy or rate card would have done with the shipments of a period."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.running import services
from gateway.engines.replay.report import page, summary
from gateway.services.backtest_jobs import card_trial
from gateway.services.backtests import BacktestAsk, midnight
from gateway.services.ports import Mode
from gateway.services.ports.backtests import CardTrial

OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--merchant", required=True, help="Id or name.")
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.option("--policy", required=True, help="A policy's name, NAME@VERSION, or a file (JSON, TOML) with its data.")
@click.option("--since", type=DAY, required=True, help="The first day, in UTC.")
@click.option("--until", type=DAY, help="The day after the last one, in UTC; left out: now.")
@click.option("--against", type=int, help="A version of the same policy; left out: what was booked.")
@click.option("--rate-card", "card", help="ACCOUNT=FILE: that account's offers are priced by the card.")
@click.option("--html", type=OUT, help="Write a report for people.")
@click.option("--json", "data", type=OUT, help="Write everything that was found.")
def backtest(
    merchant: str, mode: Mode, policy: str, since: datetime, html: Path | None, data: Path | None, **asked: Any
) -> None:
    """Replay booked shipments under a policy, with the offers they had then. Stop it and start it again: it goes on."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    until: datetime | None = asked["until"]
    name, version, unsaved = _policy(policy)
    ask = BacktestAsk(
        policy=name,
        version=version,
        data=unsaved,
        since=midnight(since.date()),
        until=bound.clock() if until is None else midnight(until.date()),
        against=asked["against"],
        card=None if asked["card"] is None else _card(asked["card"]),
    )
    with _bar() as progress:
        found = bound.backtester.run(merchant_id, mode, ask, progress)
    if data is not None:
        data.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if html is not None:
        html.write_text(page(found), "utf-8")
    for line in summary(found):
        click.echo(line)


class _bar:  # noqa: N801  # read as a function: with _bar() as progress
    """A bar on the terminal; shipments are read, then judged."""

    def __enter__(self) -> Callable[[int, int], None]:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._shown = Progress(*columns)
        task = self._shown.add_task("replaying", total=None)
        self._shown.start()
        return lambda done, total: self._shown.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._shown.stop()


def _policy(given: str) -> tuple[str, int | None, dict[str, Any] | None]:
    """Name, version and unsaved data of what was given."""
    path = Path(given)
    if path.suffix in (".json", ".toml"):
        if not path.is_file():
            raise click.UsageError(f"there is no file {given}")
        text = path.read_text("utf-8")
        try:
            found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except ValueError as error:
            raise click.UsageError(f"{given} cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise click.UsageError(f"{given} holds no policy: it is no object")
        return path.stem, None, found.get("data", found)
    name, _, version = given.partition("@")
    if version and not version.isdecimal():
        raise click.UsageError(f"{version!r} is no version")
    return name, int(version) if version else None, None


def _card(given: str) -> CardTrial:
    account, _, file = given.partition("=")
    if not Path(file).is_file():
        raise click.UsageError("give a rate card as ACCOUNT=FILE")
    try:
        text = Path(file).read_text("utf-8-sig")
    except ValueError as error:
        raise click.UsageError(f"{file} is no text in UTF-8: {error}") from error
    return card_trial(account, text)
