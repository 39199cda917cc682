"""People and places as the Group API takes them. Source: developers.inpost-group.com, shipping v2 and pickups v1."""

from __future__ import annotations

import re

from carriers.base import Address, filled

# "Nowy Swiat 10", "Testowa 12/23": a second number is the flat.
HOUSE = re.compile(r"(?P<street>.*\S)\s+(?P<house>\d\w*)(?:\s*/\s*(?P<flat>\w+))?")


def address(place: Address) -> dict[str, object]:
    """Street and numbers apart; a line without a number stays whole, and InPost says what it misses."""
    house = HOUSE.fullmatch(place.street1.strip())
    return filled(
        {
            "countryCode": place.country,
            "street": house["street"] if house else place.street1,
            "houseNumber": house["house"] if house else "",
            "flatNumber": (house["flat"] if house else "") or place.street2,
            "city": place.city,
            "postalCode": place.postal_code,
        }
    )


def person(place: Address) -> dict[str, object]:
    """Both names are needed: a company, or a single word, stands for what is missing."""
    first, _, last = (place.name or place.company).strip().rpartition(" ")
    return filled({"firstName": first or last, "lastName": last, "email": place.email})


def contact(place: Address) -> dict[str, object]:
    """Whom to ask for."""
    return filled({"companyName": place.company, **person(place), "phone": place.phone})
