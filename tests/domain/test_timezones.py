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


@pytest.mark.parametrize(
    ("country", "postcode", "name"),
    [
        ("US", "10001", "America/New_York"),
        ("US", "90210-1234", "America/Los_Angeles"),
        ("US", "79901", "America/Chicago"),
        ("US", "99501", "America/Anchorage"),
        ("US", "96801", "Pacific/Honolulu"),
        ("US", "x", None),
        ("US", "96201", None),
        ("CA", "v6b 1a1", "America/Vancouver"),
        ("CA", "X0A 0H0", "America/Iqaluit"),
        ("AU", "0800", "Australia/Darwin"),
        ("AU", "6000", "Australia/Perth"),
        ("ES", "38001", "Atlantic/Canary"),
        ("ES", "28001", "Europe/Madrid"),
        ("PT", "9500-150", "Atlantic/Azores"),
        ("BR", "01310-100", None),
    ],
)
def test_where_no_state_is_given_the_postcode_tells(country: str, postcode: str, name: str | None) -> None:
    found = timezone_of(Address(country=country, postal_code=postcode))
    assert found == (None if name is None else ZoneInfo(name))


def test_what_was_given_counts_and_every_row_leads_to_a_zone() -> None:
    assert timezone_of(Address(country="US", subdivision="NY", postal_code="90210")) == ZoneInfo("America/New_York")
    rows = list(csv.DictReader(files("gateway.domain").joinpath("postcode_states.csv").read_text("utf-8").splitlines()))
    for row in rows:
        assert timezone_of(Address(country=row["country"], subdivision=row["subdivision"])), row
        assert row["first"] <= row["last"], row
        assert len(row["first"]) == len(row["last"]), row


def test_every_row_is_a_zone_and_none_is_there_twice() -> None:
    text = files("gateway.domain").joinpath("timezones.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({(row["country"], row["subdivision"]) for row in rows}) == len(rows) > 250
    assert all(ZoneInfo(row["timezone"]) for row in rows)
