"""Where the simulated Bring looks at a request and lists what is wrong with it, in the catalogue's codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from carriers.bring.products import Product, products
from carriers.bring.simulator.tariff import PRICES
from carriers.bring.wire.refusals import catalogue, plain

CUSTOMERS = ("5", "6", "7")
COUNTRIES = {"NO": r"\d{4}", "SE": r"\d{3} ?\d{2}", "DK": r"\d{4}", "FI": r"\d{5}"}
PARTY = (
    ("name", "BOOK-INPUT-014"),
    ("addressLine", "BOOK-INPUT-015"),
    ("city", "BOOK-INPUT-016"),
    ("countryCode", "BOOK-INPUT-017"),
)
LONGEST = 35


def error(code: str) -> dict[str, Any]:
    """One entry of an error list."""
    listed = catalogue().get(plain(code))
    return {
        "uniqueId": str(uuid5(NAMESPACE_URL, code)),
        "code": code,
        "messages": [{"lang": "en", "message": listed.message if listed else code}],
    }


def route_of(product: str, origin: str, destination: str) -> Product | None:
    """The product on this route, if Bring sells it there."""
    fitting = (p for p in products() if p.id == product and origin in p.origins and destination in p.destinations)
    return next(fitting, None)


def too_big(product: Product, packages: Sequence[tuple[int, Sequence[float]]]) -> bool:
    """Whether a package, in grams and centimetres, is over a limit of the product."""
    return any(
        over(grams, product.max_weight_g)
        or over(max(sides, default=0) * 10, product.max_length_mm)
        or over(sum(sides) * 10, product.max_sum_mm)
        for grams, sides in packages
    )


def over(measure: float, limit: int | None) -> bool:
    """Beyond a limit, if there is one."""
    return limit is not None and measure > limit


def booking_faults(order: Mapping[str, Any]) -> Iterator[str]:
    """Codes of everything wrong with a booking request."""
    if order.get("schemaVersion") != 1:
        yield "BOOK-INPUT-003"
    if not isinstance(order.get("testIndicator"), bool):
        yield "BOOK-INPUT-030"
    consignments = order.get("consignments") or []
    if not consignments:
        yield "BOOK-INPUT-004"
    if len(consignments) > 1:
        yield "BOOK-INPUT-005"
    for consignment in consignments[:1]:
        yield from _consignment_faults(consignment)


def _consignment_faults(consignment: Mapping[str, Any]) -> Iterator[str]:
    if not consignment.get("shippingDateTime"):
        yield "BOOK-INPUT-012"
    parties = consignment.get("parties") or {}
    sender, recipient = parties.get("sender"), parties.get("recipient")
    yield from _party_faults(sender, "SENDER", missing="BOOK-INPUT-006")
    yield from _party_faults(recipient, "RECIPIENT", missing="BOOK-INPUT-007")
    yield from _pickup_point_faults(parties.get("pickupPoint"), recipient or {})
    yield from _product_faults(consignment, sender or {}, recipient or {})
    if any(len(text) > LONGEST for text in _texts(consignment) if "@" not in text):
        yield "BOOK_INPUT-059"


def _party_faults(party: Mapping[str, Any] | None, role: str, *, missing: str) -> Iterator[str]:
    if not party:
        yield missing
        return
    yield from (f"{code}-{role}" for member, code in PARTY if not party.get(member))
    country = str(party.get("countryCode", "")).upper()
    if country and country not in COUNTRIES:
        yield f"BOOK-INPUT-028-{role}"
    elif not re.fullmatch(COUNTRIES.get(country, ".*"), str(party.get("postalCode", ""))):
        yield f"BOOK_INPUT-057-{role}"


def _pickup_point_faults(point: Mapping[str, Any] | None, recipient: Mapping[str, Any]) -> Iterator[str]:
    if point and not (point.get("id") and point.get("countryCode")):
        yield "PICKUP-INPUT-011"
    elif point and point["countryCode"] != recipient.get("countryCode"):
        yield "PICKUP-INPUT-012"


def _product_faults(
    consignment: Mapping[str, Any], sender: Mapping[str, Any], recipient: Mapping[str, Any]
) -> Iterator[str]:
    product = consignment.get("product")
    packages = consignment.get("packages") or []
    if not product:
        yield "BOOK-INPUT-008"
        return
    yield from _customer_faults(product.get("customerNumber"))
    if product.get("id") not in PRICES:
        yield "BOOK-INPUT-020" if product.get("id") else "BOOK-INPUT-018"
        return
    if not packages:
        yield "BOOK-INPUT-009"
    if any(not package.get("weightInKg") for package in packages):
        yield "BOOK-INPUT-002"
        return
    route = route_of(product["id"], sender.get("countryCode", "").upper(), recipient.get("countryCode", "").upper())
    if route is None:
        yield "BOOK-INPUT-025"
    elif len(packages) > route.max_parcels:
        yield "BOOK-INPUT-032"
    elif too_big(route, [(grams(package), _sides(package)) for package in packages]):
        yield "BOOK-INPUT-023"


def _customer_faults(number: object) -> Iterator[str]:
    if number not in CUSTOMERS:
        yield "BOOK-INPUT-021" if number else "BOOK-INPUT-019"


def grams(package: Mapping[str, Any]) -> int:
    """A booked package's weight."""
    return round(float(package["weightInKg"]) * 1000)


def _sides(package: Mapping[str, Any]) -> list[float]:
    return [float(side) for side in (package.get("dimensions") or {}).values()]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def pickup_faults(order: Mapping[str, Any], today: str) -> Iterator[str]:
    """Codes of everything wrong with a pickup order; `today` is yyyy-MM-dd."""
    if (order.get("customerInformation") or {}).get("customerNumber") not in CUSTOMERS:
        yield "PICKUP-INPUT-004"
    country = order.get("countryCode")
    if country not in COUNTRIES:
        yield "PICKUP-INPUT-010"
    elif not re.fullmatch(COUNTRIES[country], (order.get("pickupAddress") or {}).get("postalCode", "")):
        yield "PICKUP-INPUT-002"
    yield from _pickup_time_faults(order, today)
    load = (order.get("pickupDetails") or {}).get("package") or {}
    if not _counts(load.get("weightInGrams")):
        yield "PICKUP-INPUT-008"
    if not _counts(load.get("count")):
        yield "PICKUP-INPUT-009"


def _pickup_time_faults(order: Mapping[str, Any], today: str) -> Iterator[str]:
    day = str(order.get("pickupDate") or "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        yield "PICKUP-INPUT-006"
    elif day < today:
        yield "PICKUP-INPUT-007"
    if not re.fullmatch(r"\d\d:\d\d:\d\d", str(order.get("pickupIsReadyAtTime") or "")):
        yield "PICKUP-INPUT-005"


def _counts(number: object) -> bool:
    return isinstance(number, int) and number > 0
