from pathlib import Path

import pytest

from gateway.domain.errors import InvalidValue
from gateway.domain.values import Address
from gateway.domain.zones import Area, Zone, read_zones, zone_of

SHIPPED = read_zones((Path(__file__).parents[2] / "config" / "zones.csv").read_text("utf-8"))
"""Source: USPS three-digit ZIP prefixes for New York; Posten's postcode register for Oslo (0001 to 1299)."""
HEAD = "zone,country,kind,value,priority\n"


@pytest.mark.parametrize(
    ("country", "postcode", "zone"),
    [
        ("US", "10038", "nyc-core"),
        ("US", "10282", "nyc-core"),
        ("US", "10038-1234", "nyc-core"),
        ("US", " 112 01", "nyc-outer"),
        ("US", "11004", "nyc-outer"),
        ("US", "11006", None),
        ("US", "07030", None),
        ("NO", "0150", "oslo-sentrum"),
        ("NO", "0580", "oslo"),
        ("NO", "1299", "oslo"),
        ("NO", "0001", "oslo"),
        ("NO", "1300", None),
        ("SE", "10038", None),
        ("NO", "0A", None),
        ("US", "", None),
    ],
)
def test_addresses_fall_into_the_shipped_zones(country: str, postcode: str, zone: str | None) -> None:
    assert zone_of(Address(country=country, postal_code=postcode), SHIPPED) == zone


@pytest.mark.parametrize(
    ("country", "postcode", "zone"),
    [
        ("US", "100", "nyc-core"),
        ("NO", "05", "oslo"),
        ("NO", "015", "oslo-sentrum"),
        ("NO", "12", "oslo"),
        ("NO", "1", None),
        ("NO", "0", None),
        ("US", "11005-9999", "nyc-outer"),
        ("US", "110", None),
        ("US", "11", None),
    ],
)
def test_the_first_part_of_a_postcode_is_enough_where_it_leaves_no_doubt(
    country: str, postcode: str, zone: str | None
) -> None:
    assert zone_of(Address(country=country, postal_code=postcode), SHIPPED) == zone


def test_letters_match_in_any_case_and_with_any_spacing() -> None:
    zones = read_zones(HEAD + "toronto,CA,prefix,m5v,0\nlondon,GB,prefix,SW1A 1,0\n")
    assert zone_of(Address(country="CA", postal_code="M5V 3L9"), zones) == "toronto"
    assert zone_of(Address(country="CA", postal_code="m5v"), zones) == "toronto"
    assert zone_of(Address(country="GB", postal_code="sw1a-1aa"), zones) == "london"


def test_where_zones_overlap_the_higher_priority_wins_then_the_name() -> None:
    def zone(name: str, priority: int) -> Zone:
        return Zone(name=name, priority=priority, areas=(Area(country="NO"),))

    home = Address(country="NO", postal_code="0150")
    assert zone_of(home, [zone("low", 1), zone("high", 2)]) == "high"
    assert zone_of(home, [zone("b", 1), zone("a", 1)]) == "a"
    assert zone_of(home, []) is None


def test_a_zone_may_span_countries_and_whole_ones() -> None:
    zones = read_zones(HEAD + "nordics,NO,country,,0\nnordics,SE,country,,0\n")
    assert [zone.name for zone in zones] == ["nordics"]
    assert zone_of(Address(country="SE"), zones) == "nordics"
    assert zone_of(Address(country="DK"), zones) is None


@pytest.mark.parametrize(
    "row",
    [
        ",NO,prefix,01,1",
        "a,no,prefix,01,1",
        "a,NO,prefix,,1",
        "a,NO,postcode,01,1",
        "a,NO,country,01,1",
        "a,NO,range,01,1",
        "a,NO,range,0299-0200,1",
        "a,NO,range,02-1299,1",
        "a,NO,range,A1-A9,1",
        "a,NO,prefix,01,high",
        "a,NO,prefix,01",
        "a,NO,prefix,01,1,more",
        "good,NO,prefix,03,9",
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str) -> None:
    with pytest.raises(InvalidValue, match=r"^zones\.csv line 3: "):
        read_zones(HEAD + "good,NO,prefix,02,1\n" + row + "\n")


def test_all_bad_rows_are_named_at_once() -> None:
    with pytest.raises(InvalidValue) as refused:
        read_zones(HEAD + "a,XX1,prefix,1,1\nb,NO,prefix,1,1\nc,NO,prefix,1,x\n", "my.csv")
    assert [line.split(": ")[0] for line in str(refused.value).splitlines()] == [
        "my.csv line 2",
        "my.csv line 4",
    ]


def test_other_columns_are_refused() -> None:
    with pytest.raises(InvalidValue, match="columns"):
        read_zones("zone,country\n")
