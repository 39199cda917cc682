"""What the simulated UPS refuses, charges and prints."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from carriers.base import LabelKind
from carriers.base.simulator.labels import label

# Service: price of the first unit of weight and of each further one, business days. Made up.
SERVICES = {
    "01": (Decimal("38.10"), Decimal("1.90"), 1),
    "02": (Decimal("21.40"), Decimal("1.10"), 2),
    "03": (Decimal("11.20"), Decimal("0.45"), 3),
    "11": (Decimal("12.60"), Decimal("0.55"), 3),
    "65": (Decimal("44.00"), Decimal("2.20"), 1),
}
OVERSEAS = ("11", "65")
AT_HOME = ("01", "02", "03")
CURRENCIES = {"US": "USD", "PR": "USD", "CA": "CAD", "GB": "GBP"}
# What the account pays of the published price.
AGREED = Decimal("0.80")
CENT = Decimal("0.01")
HEAVIEST = {"LBS": Decimal(150), "KGS": Decimal(70)}
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def faults(shipment: Mapping[str, Any], account: str) -> Iterator[tuple[str, str]]:
    """Code and sentence of everything wrong with a shipment that is to be priced or booked."""
    if shipment["Shipper"].get("ShipperNumber") != account:
        yield "120100", "Missing or invalid shipper number"
    for whom in ("ShipTo", "ShipFrom"):
        place = shipment[whom]["Address"]
        code = place.get("PostalCode", "")
        if place.get("CountryCode") == "US" and not re.fullmatch(r"\d{5}(\d{4})?", code):
            yield "120206", f"Missing or invalid {whom} postal code"
    for package in shipment["Package"]:
        weight = package["PackageWeight"]
        if Decimal(weight["Weight"]) > HEAVIEST[weight["UnitOfMeasurement"]["Code"]]:
            yield "120123", "Package exceeds the maximum weight"


def sold(shipment: Mapping[str, Any]) -> tuple[str, ...]:
    """The services between two places."""
    home = shipment["ShipFrom"]["Address"]["CountryCode"] == "US"
    abroad = shipment["ShipTo"]["Address"]["CountryCode"] != shipment["ShipFrom"]["Address"]["CountryCode"]
    return AT_HOME if home and not abroad else OVERSEAS


def charges(shipment: Mapping[str, Any], service: str) -> tuple[Decimal, Decimal, str]:
    """Published and agreed price, and their currency."""
    first, further, _ = SERVICES[service]
    weights = [Decimal(package["PackageWeight"]["Weight"]) for package in shipment["Package"]]
    published = sum((first + further * max(weight - 1, Decimal(0)) for weight in weights), Decimal(0)).quantize(CENT)
    currency = CURRENCIES.get(shipment["ShipFrom"]["Address"]["CountryCode"], "EUR")
    return published, (published * AGREED).quantize(CENT), currency


def amount(value: Decimal, currency: str) -> dict[str, str]:
    """As UPS writes money."""
    return {"CurrencyCode": currency, "MonetaryValue": str(value)}


def printed(form: str, number: str, shipment: Mapping[str, Any]) -> str:
    """A label in base64; the GIF is but one dot."""
    place = shipment["ShipTo"]["Address"]
    lines = ("UPS (simulated)", shipment["ShipTo"].get("Name", ""), place.get("City", ""), number)
    return base64.b64encode(GIF if form == "GIF" else label(LabelKind(form.lower()), *lines)).decode()


def point(id_: str, origin: Mapping[str, Any]) -> dict[str, Any]:
    """An access point in whatever place is asked about."""
    key = {
        "ConsigneeName": "SIMULATED CORNER STORE",
        "AddressLine": ["1 MAIN ST"],
        "PoliticalDivision2": origin.get("PoliticalDivision2", "ANYTOWN"),
        "PoliticalDivision1": origin.get("PoliticalDivision1", ""),
        "PostcodePrimaryLow": origin.get("PostcodePrimaryLow", ""),
        "CountryCode": origin["CountryCode"],
    }
    return {
        "AddressKeyFormat": key,
        "Distance": {"Value": "0.4", "UnitOfMeasurement": {"Code": "KM"}},
        "AccessPointInformation": {"PublicAccessPointID": id_, "AccessPointStatus": {"Code": "01"}},
    }
