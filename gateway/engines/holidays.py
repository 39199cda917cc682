"""Public holidays by the library `holidays`. Implements `gateway.services.ports.places.Calendar`.

Source: https://holidays.readthedocs.io (laws and decrees of each country are named in its modules).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from gateway.domain.values import Address

SATURDAY_AND_SUNDAY = frozenset({5, 6})
COUNTRY = re.compile(r"[A-Z]{2}")
KEPT = 4096
"""Years of countries and subdivisions; one takes about 2 kB."""


@dataclass(frozen=True, slots=True)
class _Year:
    """One year of a place: its holidays by name, its weekend, and days of the weekend that are worked instead."""

    holidays: Mapping[date, str]
    weekend: frozenset[int]
    worked: frozenset[date]


class PublicHolidays:
    """Holidays and weekends of countries and their subdivisions; of a country that is not known, Saturday and Sunday.

    The library is imported when the first day is asked for.
    """

    def holiday(self, place: Address, day: date) -> str | None:
        """The name of the holiday, in English or else in the country's language; None on any other day."""
        return _year(place.country, place.subdivision, day.year).holidays.get(day)

    def works(self, place: Address, day: date) -> bool:
        """Whether it is neither holiday nor weekend there."""
        year = _year(place.country, place.subdivision, day.year)
        return day in year.worked or (day.weekday() not in year.weekend and day not in year.holidays)


@lru_cache(KEPT)
def _year(country: str, subdivision: str, year: int) -> _Year:
    import holidays

    if not (COUNTRY.fullmatch(country) and hasattr(holidays, country)):
        return _Year({}, SATURDAY_AND_SUNDAY, frozenset())
    known: Any = getattr(holidays, country)
    found = known(subdiv=subdivision if subdivision in known.subdivisions else None, years=year, language="en_US")
    worked = frozenset(day for day in found.weekend_workdays if day.year == year)
    return _Year({day: name for day, name in found.items() if day.year == year}, frozenset(found.weekend), worked)
