"""Merchants, their keys and carrier accounts."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gateway.cli.running import services
from gateway.domain.errors import NotFound, Unprocessable
from gateway.services.accounts import AccountDraft
from gateway.services.bound import Services
from gateway.services.keys import SCOPES
from gateway.services.ports import Mode

MODES = click.Choice(["test", "live"])


@click.group()
def merchants() -> None:
    """Merchants."""


@merchants.command("add")
@click.argument("name")
def add_merchant(name: str) -> None:
    """Add a merchant; prints its id."""
    click.echo(services().keys.add_merchant(name))


@merchants.command("list")
def list_merchants() -> None:
    """Print ids and names."""
    with services().store.look() as uow:
        for merchant_id, name in uow.keys.merchants():
            click.echo(f"{merchant_id}  {name}")


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("create")
@click.option("--merchant", required=True, help="The merchant's id or name; a new name makes a new merchant.")
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.option("--scope", "scopes", multiple=True, default=SCOPES, help="Repeat for several; all by default.")
@click.option("--name", default="from the command line", show_default=True)
def create_key(merchant: str, mode: Mode, scopes: tuple[str, ...], name: str) -> None:
    """Make an API key and print it, this once."""
    bound = services()
    _, text = bound.keys.create(merchant_of(bound, merchant), name, mode, scopes)
    click.echo(text)


@click.group()
def accounts() -> None:
    """Carrier accounts."""


@accounts.command("apply")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply_accounts(merchant: str, mode: Mode, file: Path) -> None:
    """Bring a merchant's accounts in line with a TOML file (see config/accounts.toml). Nothing is deleted.

    A secret may be written as "env:NAME".
    """
    bound = services()
    merchant_id = merchant_of(bound, merchant)
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise click.ClickException(f"{file}: {error}") from error
    for name, data in tables.items():
        try:
            click.echo(f"{name}: {_apply(bound, merchant_id, mode, name, data)}")
        except Unprocessable as error:
            raise click.ClickException(f"{file}: [{name}] {error.pointer.lstrip('/')}: {error}") from error


def _apply(bound: Services, merchant_id: str, mode: Mode, name: str, data: Mapping[str, Any]) -> str:
    unknown = set(data) - {"carrier", "urls", "secrets", "options", "enabled"}
    if unknown:
        raise Unprocessable(f"/{unknown.pop()}", "an account has carrier, urls, secrets, options, enabled")
    draft = AccountDraft(
        name=name,
        carrier=data.get("carrier"),
        urls=data.get("urls"),
        secrets={key: _secret(value) for key, value in data.get("secrets", {}).items()},
        options=data.get("options"),
        enabled=data.get("enabled"),
    )
    try:
        known = bound.accounts.named(merchant_id, mode, name)
    except NotFound:
        return f"added {bound.accounts.add(merchant_id, mode, draft).id}"
    return f"updated to version {bound.accounts.change(merchant_id, mode, known.id, draft).version}"


def _secret(value: str) -> str:
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise Unprocessable("/secrets", f"the environment has no {name}")
    return os.environ[name]


@accounts.command("list")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
def list_accounts(merchant: str, mode: Mode) -> None:
    """Print a merchant's accounts, and what of their daily polling calls is spent."""
    bound = services()
    for account in bound.accounts.list(merchant_of(bound, merchant, create=False), mode):
        state = "enabled" if account.enabled else "disabled"
        polling = bound.accounts.polling(account)
        polls = "" if polling.budget is None else f"polls {polling.spent}/{polling.budget} on {polling.day}"
        rests = f"no polling until {polling.resting_until:%H:%M} UTC" if polling.resting_until else ""
        lacks = f"no {', '.join(missing)} yet" if (missing := bound.accounts.missing(account)) else ""
        said = (account.id, account.name, account.carrier, state, lacks, account.resting_why, polls, rests)
        click.echo("  ".join(word for word in said if word))


@accounts.command("check")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.argument("name", required=False)
def check_account(merchant: str, mode: Mode, name: str | None) -> None:
    """Ask an account's carrier something that costs nothing, and say in one sentence what is wrong.

    Without NAME, every account of the mode is asked. Exit code 1 when one does not work.
    """
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    book = bound.accounts
    asked = [book.named(merchant_id, mode, name)] if name else book.list(merchant_id, mode)
    if not asked:
        raise NotFound(f"{merchant} has no {mode} accounts")
    works = True
    for account in asked:
        probe = book.probe(merchant_id, mode, account.id)
        click.echo(f"{account.name}: {'works' if probe.ok else probe.code}: {probe.why}")
        works &= probe.ok
    raise click.exceptions.Exit(0 if works else 1)


def merchant_of(bound: Services, id_or_name: str, *, create: bool = True) -> str:
    """A merchant's id by id or name; a new one for a new name."""
    with bound.store.look() as uow:
        known = uow.keys.merchants()
    for merchant_id, name in known:
        if id_or_name in (merchant_id, name):
            return merchant_id
    if not create:
        raise NotFound(f"no merchant {id_or_name}")
    return bound.keys.add_merchant(id_or_name)
