"""`gateway ...`: the command line. One module per topic; exit codes: 0 done, 1 found wanting, 2 wrong usage."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module

import click

from gateway import __version__
from gateway.domain.errors import GatewayError
from gateway.loading import loading

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
COMMANDS = {
    "init": "running",
    "check": "running",
    "run": "running",
    "serve": "running",
    "worker": "running",
    "consume": "running",
    "db": "data",
    "audit": "data",
    "seed": "data",
    "poll-plan": "poll_plan",
    "merchants": "merchants",
    "keys": "merchants",
    "users": "users",
    "accounts": "merchants",
    "why": "why",
    "backtest": "backtest",
    "handover": "handover",
    "service-points": "handover",
    "rate-cards": "rate_cards",
    "zones": "zones",
    "assign": "assign",
    "ingest": "ingest",
    "quarantine": "ingest",
    "status-table": "ingest",
    "labels": "labels",
    "reliability": "reliability",
    "carriers": "carriers",
    "new-carrier": "new_carrier",
    "sandbox": "carriers",
    "demo": "demo",
}
"""Each command and the module beside this one that has it, imported only when it is called: a start costs its parts."""


class Commands(click.Group):
    """The commands, by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported."""
        if cmd_name not in COMMANDS:
            return None
        with loading():
            module = import_module(f"gateway.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Doorstep: one API in front of every last-mile carrier."""
    level = os.environ.get("GATEWAY_LOG", "INFO")
    logging.basicConfig(level=level, format=LOG_FORMAT, stream=sys.stderr)
    for noisy in ("apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")


def main() -> None:
    """Entry point: what the gateway refuses on purpose is told in one line, without a trace."""
    try:
        sys.exit(cli(standalone_mode=False))  # what a command ends with (`click.exceptions.Exit`) is returned here
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except GatewayError as error:
        click.echo(f"gateway: {error}", err=True)
        sys.exit(1)
