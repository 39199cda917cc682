"""Zones: list, import and check, and say in which one an address lies and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.merchants import merchant_of
from gateway.cli.running import services
from gateway.domain.geojson import as_features
from gateway.domain.values import Address
from gateway.domain.zone_files import BadZones
from gateway.domain.zones import Area

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
AUTHOR = "command line"


@click.group()
def zones() -> None:
    """Named parts of the world: postcodes, circles, polygons (see config/zones.csv)."""


@zones.command("list")
@click.option("--merchant", required=True)
@click.option("--version", type=int, help="The newest when left out; 0 came with the gateway.")
@click.option("--geojson", is_flag=True, help="Print a FeatureCollection.")
def list_zones(merchant: str, version: int | None, geojson: bool) -> None:
    """Print a merchant's zones."""
    bound = services()
    found = bound.zones.get(merchant_of(bound, merchant, create=False), version)
    if geojson:
        click.echo(json.dumps({"type": "FeatureCollection", "features": as_features(found.areas)}))
        return
    table = Table("priority", "zone", "what", title=f"version {found.record.version}")
    for area in sorted(found.areas, key=lambda each: (-each.priority, each.zone, each.row)):
        table.add_row(str(area.priority), area.zone, _what(area))
    Console(markup=False).print(table)


def _what(area: Area) -> str:
    where = "|".join(area.countries)
    if area.circle:
        circle = area.circle
        what = f"{circle.radius_m:g} m around {circle.latitude}, {circle.longitude}"
    elif area.polygons:
        corners = sum(len(ring) for polygon in area.polygons for ring in polygon)
        what = f"{len(area.polygons)} polygons, {corners} positions"
    else:
        what = area.postcodes
    return f"{where} {what}".lstrip()


@zones.command("import")
@click.option("--merchant", required=True)
@click.argument("file", type=FILE)
@click.option("--check", is_flag=True, help="Only say what is wrong with it; nothing is kept.")
def import_zones(merchant: str, file: Path, check: bool) -> None:
    """Supersede a merchant's zones by a CSV table or GeoJSON; exit code 1 names every bad row or feature."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    given = _read(file)
    try:
        if check:
            click.echo(f"{file}: {len(bound.zones.check(given).names)} zones, nothing wrong")
            return
        put = bound.zones.put_table if isinstance(given, str) else bound.zones.put_features
        made = put(merchant_id, given, AUTHOR)
    except BadZones as error:
        for pointer, why in error.faults:
            click.echo(f"{file} {pointer}: {why}", err=True)
        raise click.ClickException(f"{error.count} faults, {len(error.faults)} of them listed") from None
    click.echo(f"version {made.version}: {made.zones} zones of {made.areas} areas")


def _read(file: Path) -> Any:
    """The text of a table, or parsed JSON."""
    try:
        text = file.read_bytes().decode("utf-8")
        return json.loads(text) if file.suffix.lower() in (".json", ".geojson") else text
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 ({error.reason}): save the sheet as CSV UTF-8") from error
    except json.JSONDecodeError as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error


@zones.command("which")
@click.option("--merchant", required=True)
@click.argument("address", default="")
@click.option("--country", help="Of the postcode or the coordinates.")
@click.option("--postcode", default="", help="Or the beginning of one.")
@click.option("--lat", type=float)
@click.option("--lon", type=float)
def which(
    merchant: str, address: str, country: str | None, postcode: str, lat: float | None, lon: float | None
) -> None:
    """Say in which zone an ADDRESS such as NO-0150 lies, and why; exit code 1 when it lies in none.

    The first line is the zone that counts; the others hold it too, but come after.
    """
    named, _, code = address.partition("-")
    country, postcode = country or named, postcode or code
    if (lat is None) != (lon is None):
        raise click.UsageError("--lat and --lon go together")
    if not country and lat is None:
        raise click.UsageError("say where: NO-0150, --country and --postcode, or --lat and --lon")
    bound = services()
    zone_map = bound.zones.now(merchant_of(bound, merchant, create=False))
    asked = Address(country=country, postal_code=postcode, latitude=lat, longitude=lon)
    found = list(zone_map.matches(asked))
    for place, match in enumerate(found):
        click.echo(f"{match.zone}: {match.why}" if place == 0 else f"  also {match.zone}: {match.why}")
    if not found:
        click.echo("no zone")
        raise click.exceptions.Exit(1)
