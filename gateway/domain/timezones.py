"""Which time zone an address lies in, as far as its country, subdivision and postcode tell."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.domain.postcodes import normalised
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


@cache
def _states() -> list[tuple[str, str, str, str]]:
    """Country, first and last beginning of a postcode, and the state or province in which such postcodes are.

    Sources: USPS, labeling list L002 (3-digit ZIP Code prefixes); Canada Post, Addressing Guidelines (first letters);
    Australia Post, Correos and CTT, postcode ranges. Those that reach over a border count where most are.
    """
    text = files("gateway.domain").joinpath("postcode_states.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return [(row["country"], row["first"], row["last"], row["subdivision"]) for row in rows]


def subdivision_of(address: Address) -> str:
    """As it was given, else as its postcode tells; "" where that tells nothing."""
    if address.subdivision or not address.postal_code:
        return address.subdivision
    code = normalised(address.postal_code)
    found = (each for each in _states() if each[0] == address.country and each[1] <= code[: len(each[1])] <= each[2])
    return next((subdivision for _, _, _, subdivision in found), "")


def timezone_of(address: Address) -> tzinfo | None:
    """The zone of its state or province, or else of its country; None where neither is known."""
    name = _zones().get((address.country, subdivision_of(address))) or _zones().get((address.country, ""))
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
