"""Which time zone an address lies in, as far as its country and subdivision tell."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.domain.shipments import Shipment
from gateway.domain.values import Address


def is_zone(name: str) -> bool:
    """Whether it names a time zone of the tz database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@cache
def _zones() -> dict[tuple[str, str], str]:
    """Zone names by country and subdivision ("" is the whole country).

    Source: `zone.tab` of the IANA time zone database for countries with one zone, and for those whose other zones are
    remote islands; for states and provinces of the US, Canada and Australia the zone of most of their people.
    """
    text = files("gateway.domain").joinpath("timezones.csv").read_text("utf-8")
    return {(row["country"], row["subdivision"]): row["timezone"] for row in csv.DictReader(text.splitlines())}


def timezone_of(address: Address) -> tzinfo | None:
    """The zone of its subdivision, or else of its country; None where neither tells."""
    name = _zones().get((address.country, address.subdivision)) or _zones().get((address.country, ""))
    return None if name is None else ZoneInfo(name)


def recipient_zone(shipment: Shipment) -> str:
    """The name of the recipient's zone; the sender's where only that is known and both are in one country; else "".

    Last miles are short: where a state or province is missing, the sender's is most likely the recipient's too.
    """
    origin, destination = shipment.origin, shipment.destination
    zone = timezone_of(destination) or (timezone_of(origin) if origin.country == destination.country else None)
    return "" if zone is None else str(zone)


def local_day(at: datetime, zone: str) -> date:
    """The day that it is in a zone; that of UTC where the zone is not known ("")."""
    return at.astimezone(ZoneInfo(zone) if zone else UTC).date()
