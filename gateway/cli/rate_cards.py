"""Rate cards: import and check, list, show, and say line by line how a shipment is priced."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.table import Table

from carriers.base import BadRateCard, RateCard
from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.running import services
from gateway.domain.errors import InvalidValue
from gateway.domain.rate_cards import RateCardRecord
from gateway.domain.sheets import BadSheet
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, Parcel, Requirements
from gateway.services.bound import Services
from gateway.services.ports import Mode
from gateway.services.rate_cards import Explained

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
AUTHOR = "command line"
PARCEL = re.compile(r"(\d{1,9})(?::(\d{1,6})x(\d{1,6})x(\d{1,6}))?", re.ASCII)


@click.group("rate-cards")
def rate_cards() -> None:
    """Price lists of accounts whose carriers name no prices (see config/rate_card.example.csv)."""


def of_account(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every command has: whose account, by its name or id."""
    for decorate in (
        click.argument("account"),
        click.option("--mode", type=MODES, default="test", show_default=True),
        click.option("--merchant", required=True),
    ):
        command = decorate(command)
    return command


@rate_cards.command("import")
@of_account
@click.argument("file", type=FILE)
@click.option("--check", is_flag=True, help="Only say what is wrong with it; nothing is kept.")
@click.option("--supersede", is_flag=True, help="Take over where another version is valid too; refused otherwise.")
def import_card(merchant: str, mode: Mode, account: str, file: Path, check: bool, supersede: bool) -> None:
    """Add the next version of an account's card from a CSV file; exit code 1 names every bad row."""
    bound, merchant_id, account_id = _opened(merchant, mode, account)
    text = _text(file)
    try:
        if check:
            card = bound.rate_cards.check(merchant_id, mode, account_id, text)
            click.echo(f"{file}: {sum(map(len, card.steps.values()))} prices, nothing wrong")
            return
        made = bound.rate_cards.add(merchant_id, mode, account_id, text, AUTHOR, supersede=supersede)
    except BadRateCard as error:
        tell_faults(error, file)
    click.echo(_told(made))


@rate_cards.command("list")
@of_account
def list_cards(merchant: str, mode: Mode, account: str) -> None:
    """Print the versions of an account's card, newest first; where they overlap, the newest counts."""
    bound, merchant_id, account_id = _opened(merchant, mode, account)
    for card in bound.rate_cards.list(merchant_id, mode, account_id):
        click.echo(f"{_told(card)}, added {card.created_at:%F %R} by {card.author}  {card.name}".rstrip())


@rate_cards.command("show")
@of_account
@click.argument("version", type=int)
def show_card(merchant: str, mode: Mode, account: str, version: int) -> None:
    """Print a version's CSV as it was imported."""
    bound, merchant_id, account_id = _opened(merchant, mode, account)
    click.echo(bound.rate_cards.text(merchant_id, mode, account_id, version), nl=False)


@rate_cards.command("price")
@of_account
@click.option("--to", "destination", required=True, help="Country and postcode: NO-0150.")
@click.option("--parcel", "parcels", multiple=True, required=True, help="Grams, or grams:LxWxH in mm; once for each.")
@click.option("--company", default="", help="The recipient's; an address without one is a home.")
@click.option("--signature", is_flag=True)
@click.option("--cash", help="Collected at the door: 499.00 NOK.")
@click.option("--ready", type=click.DateTime(["%Y-%m-%d"]), help="The day; today when left out.")
@click.option("--card", "file", type=FILE, help="Price by this file, which is not imported.")
def price(merchant: str, mode: Mode, account: str, file: Path | None, ready: datetime | None, **asked: Any) -> None:
    """Say line by line how a shipment is priced; exit code 1 when no service takes it."""
    bound, merchant_id, account_id = _opened(merchant, mode, account)
    now = bound.clock()
    ready_at = now if ready is None else ready.replace(hour=12, tzinfo=now.tzinfo)
    try:
        card = RateCard.load(_text(file), str(file)) if file else None
    except BadRateCard as error:
        tell_faults(error, file)
    found = bound.rate_cards.explain(merchant_id, mode, account_id, _shipment(**asked), ready_at, card)
    console = Console(markup=False)  # a label is the merchant's text
    for each in found:
        console.print(_table(each))
    if not found:
        click.echo("no service takes it: outside the zones, too heavy, or not on the card")
        raise click.exceptions.Exit(1)


def _told(card: RateCardRecord) -> str:
    return f"version {card.version}: {card.prices} prices, valid {card.valid_from or '…'} – {card.valid_until or '…'}"


def _table(each: Explained) -> Table:
    priced = each.priced
    table = Table("what", "how", "price", title=f"{priced.level} to zone {priced.zone}")
    for weight_g, step in zip(priced.weights_g, priced.steps, strict=True):
        table.add_row("base", f"{weight_g} g chargeable, step up to {step.max_weight_g} g", str(step.price))
    for line in each.lines:
        table.add_row(line.label, line.code, str(line.amount))
    days = "no promise" if priced.transit_days is None else f"{priced.transit_days} working days"
    table.add_section()
    table.add_row("gross", days, str(each.price))
    return table


def _shipment(destination: str, parcels: tuple[str, ...], company: str, signature: bool, cash: str | None) -> Shipment:
    country, _, postal_code = destination.partition("-")
    try:
        collected = Money.parse(*cash.split(maxsplit=1)) if cash else None
        return Shipment(
            origin=Address(country=country),
            destination=Address(country=country, postal_code=postal_code, company=company),
            parcels=tuple(map(_parcel, parcels)),
            requirements=Requirements(signature=signature, cash_on_delivery=collected),
        )
    except TypeError:
        raise click.UsageError(f"{cash!r} is no amount of money such as 499.00 NOK") from None
    except InvalidValue as error:
        raise click.UsageError(str(error)) from error


def _parcel(text: str) -> Parcel:
    said = PARCEL.fullmatch(text)
    if said is None:
        raise InvalidValue(f"{text!r} is no parcel: grams such as 2500, or 2500:300x200x120 with sides in mm")
    weight_g, length, width, height = (int(number or 0) for number in said.groups())
    return Parcel(weight_g=weight_g, length_mm=length, width_mm=width, height_mm=height)


def _opened(merchant: str, mode: Mode, account: str) -> tuple[Services, str, str]:
    """The services, and whose account of which id. Raises NotFound."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    return bound, merchant_id, bound.accounts.named(merchant_id, mode, account).id


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 ({error.reason}): save the sheet as CSV UTF-8") from error


def tell_faults(error: BadSheet, file: Path | None) -> NoReturn:
    """Every bad row, then the end."""
    for fault in error.faults:
        click.echo(f"{file}, {fault}", err=True)
    raise click.ClickException(f"{error.count} faults, {len(error.faults)} of them listed")
