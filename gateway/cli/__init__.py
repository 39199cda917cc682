"""`gateway ...`: the command line. One module per topic; exit codes: 0 done, 1 found wanting, 2 wrong usage."""

from __future__ import annotations

import logging
import os
import sys

import click

from gateway import __version__
from gateway.cli.carriers import carriers, sandbox
from gateway.cli.data import audit, db, seed
from gateway.cli.demo import demo
from gateway.cli.merchants import accounts, keys, merchants, why
from gateway.cli.running import check, init, run, serve, worker
from gateway.domain.errors import GatewayError

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Doorstep: one API in front of every last-mile carrier."""
    level = os.environ.get("GATEWAY_LOG", "INFO")
    logging.basicConfig(level=level, format=LOG_FORMAT, stream=sys.stderr)
    for noisy in ("apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")


for command in (
    init,
    check,
    db,
    run,
    serve,
    worker,
    merchants,
    keys,
    accounts,
    carriers,
    sandbox,
    why,
    audit,
    seed,
    demo,
):
    cli.add_command(command)


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
