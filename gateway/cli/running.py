"""Set up and run: init, check, serve, worker, run."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import get_args

import click
from cryptography.fernet import Fernet

from gateway.background import worker as make_worker
from gateway.bootstrap import build
from gateway.bootstrap.distribution import celery_engine
from gateway.loading import loading
from gateway.services.bound import Services
from gateway.services.ports import Mode
from gateway.settings import Settings, load_settings, shown

GRACE_S = 5
STOP_LIMIT_S = 12  # longer than a booking may take
SECRETS_HEADER = (
    "# Written by `gateway init`. Keep it safe and out of version control: without it, no stored secret can be read.\n"
)


def settings() -> Settings:
    """The effective settings of this process."""
    return load_settings(os.environ)


def services() -> Services:
    """The services, bound to the configured database."""
    return build(settings())


@click.command()
def init() -> None:
    """Create secret keys (0600) and bring the database up to date. Safe to repeat."""
    effective = settings()
    path = Path(effective.secrets.file)
    if path.exists():
        click.echo(f"{path} exists already")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f'{SECRETS_HEADER}keys = ["{Fernet.generate_key().decode()}"]\npepper = "{secrets.token_hex(32)}"\n'
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        click.echo(f"wrote {path}")
    from gateway.storage.migrate import migrate  # Alembic is heavy and only needed here

    migrate(effective.database.url)
    click.echo("the database is up to date")


@click.command()
def check() -> None:
    """Print the effective settings, secrets hidden."""
    for section, values in shown(settings()).items():
        click.echo(f"[{section}]")
        for name, value in values.items():
            click.echo(f"{name} = {value!r}")


@click.command()
def serve() -> None:
    """Run the web process (granian)."""
    effective = settings()
    build(effective)  # refuses to start without keys, with a sentence, before any worker is forked
    with loading():  # once, before the workers are forked: they start with it
        from granian import Granian
        from granian.constants import Interfaces
        from granian.http import HTTP1Settings
        from granian.log import LogLevels

        import gateway.api.front
        import gateway.app  # noqa: F401  # what `wsgi` is made of

    Granian(
        "wsgi:front",
        address=effective.web.host,
        port=effective.web.port,
        interface=Interfaces.RSGI,
        workers=effective.web.workers,
        http1_settings=HTTP1Settings(header_read_timeout=round(effective.web.wait_s * 1000)),
        log_level=LogLevels.error,
        workers_kill_timeout=STOP_LIMIT_S,  # a worker told to stop while it still starts never hears it
    ).serve()


@click.command()
def worker() -> None:
    """Run the worker: reconciling, recalls, inbox, polling, webhooks. Any number of them is safe."""
    make_worker(services()).run()


@click.command()
def consume() -> None:
    """With the engine "celery": work what hints name. Any number of them is safe, beside `gateway worker`."""
    engine = celery_engine()
    with services().store.look() as uow:
        accounts = [
            account.id
            for merchant_id, _ in uow.keys.merchants()
            for mode in get_args(Mode)
            for account in uow.accounts.list(merchant_id, mode)
        ]
    engine.consume(settings().work, ["webhooks", *accounts], lambda: make_worker(services()).run_batch)


@click.command()
def run() -> None:
    """Run web and worker together; when one ends, the other is stopped too. Ctrl-C stops both."""
    # Sessions of their own: Ctrl-C reaches this process alone, which tells each child once.
    children = [
        subprocess.Popen([sys.executable, "-m", "gateway", name], start_new_session=True)  # noqa: S603  # our own
        for name in ("serve", "worker")
    ]

    def stop(number: int, frame: FrameType | None) -> None:
        for child in children:
            if child.poll() is None:
                child.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    effective = settings()
    click.echo(f"Doorstep on http://{effective.web.host}:{effective.web.port} (docs at /docs); Ctrl-C stops it")
    _, status = os.wait()
    stop(signal.SIGTERM, None)
    for child in children:
        _end(child)
    sys.exit(max(os.waitstatus_to_exitcode(status), 0))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Wait until a child and its own workers are gone; one that does not stop is killed."""
    try:
        child.wait(STOP_LIMIT_S + GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
