"""Addresses and texts as ShipX takes them. Source: "API ShipX", creating a shipment."""

from __future__ import annotations

import re

from carriers.base import Address, filled

# "Długa 5a m. 3", "Nowy Swiat 10", "Testowa 12/23": what follows the street's name, with the flat where there is one.
HOUSES = tuple(
    re.compile(rf"(?P<street>.*\S)\s+(?P<number>{number})")
    for number in (r"\d\w*\s+(?:m|lok|lokal)\.?\s*\w+", r"\d\w*(?:\s*[/-]\s*\w+)*")
)
# ISO country -> ITU prefix. ShipX's own examples have bare national numbers.
PREFIXES = {"PL": "+48", "IT": "+39"}
COMMENT_CHARS = 100


def address(place: Address) -> dict[str, object]:
    """Street and building number apart; a line without a number stays whole, and ShipX says what it misses."""
    house = next(filter(None, (known.fullmatch(place.street1.strip()) for known in HOUSES)), None)
    return filled(
        {
            "street": house["street"] if house else place.street1,
            "building_number": house["number"] if house else "",
            "city": place.city,
            "post_code": post_code(place),
            "country_code": place.country,
        }
    )


def post_code(place: Address) -> str:
    """Polish codes are written NN-NNN."""
    digits = place.postal_code.replace("-", "").replace(" ", "")
    return f"{digits[:2]}-{digits[2:]}" if place.country == "PL" and len(digits) == 5 else place.postal_code


def person(place: Address) -> dict[str, object]:
    """Whom to ask for. A single word is taken as the last name."""
    first, _, last = place.name.strip().rpartition(" ")
    prefix = PREFIXES.get(place.country, "")
    phone = place.phone.removeprefix(prefix) if prefix else place.phone
    names = {"company_name": place.company, "first_name": first, "last_name": last}
    return filled({**names, "email": place.email, "phone": phone})


def comments(place: Address) -> str:
    """What has no field of its own."""
    return ", ".join(filter(None, (place.street2, place.instructions)))[:COMMENT_CHARS]
