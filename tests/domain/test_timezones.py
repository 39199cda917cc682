"""Which time zone an address lies in, as far as it can be told."""

import csv
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.timezones import timezone_of
from gateway.domain.values import Address


@pytest.mark.parametrize(
    ("country", "subdivision", "name"),
    [
        ("NO", "", "Europe/Oslo"),
        ("DE", "BY", "Europe/Berlin"),
        ("US", "NY", "America/New_York"),
        ("US", "CA", "America/Los_Angeles"),
        ("US", "", None),
        ("CA", "QC", "America/Toronto"),
        ("AU", "WA", "Australia/Perth"),
        ("ES", "TF", "Atlantic/Canary"),
        ("ES", "M", "Europe/Madrid"),
        ("RU", "", None),
    ],
)
def test_the_zone_of_an_address(country: str, subdivision: str, name: str | None) -> None:
    found = timezone_of(Address(country=country, subdivision=subdivision))
    assert found == (None if name is None else ZoneInfo(name))


def test_every_row_is_a_zone_and_none_is_there_twice() -> None:
    text = files("gateway.domain").joinpath("timezones.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({(row["country"], row["subdivision"]) for row in rows}) == len(rows) > 250
    assert all(ZoneInfo(row["timezone"]) for row in rows)
