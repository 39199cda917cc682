"""The day's end and the recipient's shop: pickups, manifests, service points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.running import services
from gateway.domain.handovers import ManifestState, PickupState
from gateway.domain.quotes import CarrierResult
from gateway.domain.values import Address
from gateway.services.pickups import PickupWish
from gateway.services.ports import Mode
from gateway.services.service_points import PointSearch

MERCHANT = click.option("--merchant", required=True, help="The merchant's id or name.")
MODE = click.option("--mode", type=MODES, default="test", show_default=True)
ACCOUNTS = click.option("--account", "accounts", multiple=True, help="Only this account; repeat for several.")


class Moment(click.ParamType[datetime]):
    """A time with its offset, such as 2026-11-27T16:00+01:00."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """To an aware datetime."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time", param, ctx)
        if moment.utcoffset() is None:
            self.fail("a time needs its offset, such as +01:00", param, ctx)
        return moment


@click.group()
def handover() -> None:
    """Pickups and the end of the day."""


@handover.command("pickup")
@MERCHANT
@MODE
@ACCOUNTS
@click.option("--ready-at", type=Moment(), required=True, help="From when; its date is the day.")
@click.option("--closes-at", type=Moment(), required=True, help="Until when somebody is there.")
@click.option("--instructions", default="", help="For the courier.")
def order_pickups(
    merchant: str, mode: Mode, accounts: tuple[str, ...], ready_at: datetime, closes_at: datetime, instructions: str
) -> None:
    """Have the day's parcels collected; exit code 1 when a pickup is not certain to come."""
    if closes_at <= ready_at:
        raise click.BadParameter("comes after --ready-at", param_hint="--closes-at")
    bound = services()
    wish = PickupWish(ready_at=ready_at, closes_at=closes_at, accounts=accounts, instructions=instructions)
    files, results = bound.pickups.order(merchant_of(bound, merchant, create=False), mode, wish)
    for file in files:
        pickup = file.pickup
        number = pickup.pickup.carrier_reference if pickup.pickup else "-"
        click.echo(f"{pickup.id}  {pickup.account}  {pickup.state.value}  {number}  {len(pickup.parcels)} parcels")
    _say_who_did_not(results)
    raise click.exceptions.Exit(0 if all(file.pickup.state is PickupState.SCHEDULED for file in files) else 1)


@handover.command("close")
@MERCHANT
@MODE
@ACCOUNTS
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Left out: each carrier's own today.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the lists to sign, one PDF a manifest."
)
def close_day(merchant: str, mode: Mode, accounts: tuple[str, ...], day: datetime | None, out: Path | None) -> None:
    """Close the day with every account; exit code 1 when a manifest is not certain to be closed."""
    bound = services()
    owner = merchant_of(bound, merchant, create=False)
    files, results = bound.manifests.close(owner, mode, day.date() if day else None, accounts)
    for file in files:
        manifest = file.manifest
        number = manifest.carrier_reference or "our list"
        click.echo(
            f"{manifest.id}  {manifest.account}  {manifest.state.value}  {number}  {len(file.shipments)} shipments"
        )
        if out is not None and manifest.state is ManifestState.CLOSED:
            out.mkdir(parents=True, exist_ok=True)
            target = out / f"{manifest.day}-{manifest.account}-{manifest.id}.pdf"
            target.write_bytes(bound.manifests.document(owner, mode, manifest.id))
            click.echo(f"  {target}")
    _say_who_did_not(results)
    raise click.exceptions.Exit(0 if all(file.manifest.state is ManifestState.CLOSED for file in files) else 1)


@click.group("service-points")
def service_points() -> None:
    """Shops and lockers where recipients collect."""


@service_points.command("near")
@MERCHANT
@MODE
@click.option("--street", default="", help="Street and number.")
@click.option("--at", type=(float, float), help="Latitude and longitude, WGS 84.")
@click.option("--radius-m", type=click.IntRange(100, 100_000), default=5000, show_default=True)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--account", default="", help="Only this account.")
@click.argument("country")
@click.argument("postal_code", default="")
def points_near(
    merchant: str,
    mode: Mode,
    street: str,
    at: tuple[float, float] | None,
    radius_m: int,
    limit: int,
    account: str,
    country: str,
    postal_code: str,
) -> None:
    """Print the points near a postcode or coordinates, nearest first."""
    if not postal_code and at is None:
        raise click.UsageError("give a postcode or --at")
    latitude, longitude = at or (None, None)
    near = Address(country=country, postal_code=postal_code, street1=street, latitude=latitude, longitude=longitude)
    bound = services()
    search = PointSearch(near=near, radius_m=radius_m, limit=limit, account=account)
    points, results = bound.service_points.near(merchant_of(bound, merchant, create=False), mode, search)
    table = Table("id", "metres", "name", "address", "by")
    for found in points:
        point, where = found.point, found.point.address
        distance = "?" if point.distance_m is None else str(point.distance_m)
        street_and_city = f"{where.street1}, {where.postal_code} {where.city}"
        table.add_row(found.id, distance, point.name, street_and_city, ", ".join(found.accounts))
    Console().print(table)
    _say_who_did_not(results)


def _say_who_did_not(results: Sequence[CarrierResult]) -> None:
    for result in results:
        if result.why:
            click.echo(f"{result.account}: {result.why}", err=True)
