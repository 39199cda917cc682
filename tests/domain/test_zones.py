"""Which zone an address lies in: postcodes and their beginnings, circles, polygons, priorities; every fault, named."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.distance import arc_m
from gateway.domain.geojson import as_features, from_features
from gateway.domain.values import Address
from gateway.domain.zone_files import BadZones, Complaints, from_table
from gateway.domain.zones import Area, Circle, ZoneMap
from gateway.engines.geometry import ShapelyGeometry

SHIPPED = (Path(__file__).parents[2] / "config" / "zones.csv").read_text("utf-8")
"""Source: USPS three-digit ZIP prefixes for New York; Posten's postcode register for Oslo (0001 to 1299)."""
HEAD = "zone,country,postcodes,priority\n"
CIRCLES = "zone,country,postcodes,latitude,longitude,radius_m\n"


def areas(text: str) -> list[Area]:
    told = Complaints()
    found = from_table(text, told)
    told.stop()
    return found


def zone_map(given: str | Sequence[Area]) -> ZoneMap:
    def complain(row: int, why: str) -> None:
        raise AssertionError((row, why))

    return ZoneMap(areas(given) if isinstance(given, str) else given, ShapelyGeometry().index, complain)


def faults(read: Any, given: object) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    read(given, lambda pointer, why: found.append((pointer, why)))
    return found


def square(west: float, south: float, size: float) -> Any:
    east, north = west + size, south + size
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def polygon(zone: str, *rings: Any, priority: int = 0, countries: tuple[str, ...] = ()) -> Area:
    return Area(zone=zone, row=0, priority=priority, countries=countries, polygons=(rings,))


def at(latitude: float, longitude: float, country: str = "NO", postal_code: str = "") -> Address:
    return Address(country=country, postal_code=postal_code, latitude=latitude, longitude=longitude)


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
    assert zone_map(SHIPPED).zone(Address(country=country, postal_code=postcode)) == zone


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
    assert zone_map(SHIPPED).zone(Address(country=country, postal_code=postcode)) == zone


@pytest.mark.parametrize(
    ("country", "postcode", "zone"),
    [
        ("GB", "SW1", "westminster"),  # all areas inside it are of one zone
        ("GB", "EC1", None),  # one part or the other
        ("CA", "M5V", "toronto"),
        ("CA", "M4B", "ontario"),  # what surely holds it comes first
        ("GB", "SW", None),  # not what wallets give
        ("NO", "017", None),  # nor in a country whose postcodes come whole
    ],
)
def test_what_wallets_leave_of_a_british_or_canadian_postcode_matches(
    country: str, postcode: str, zone: str | None
) -> None:
    found = zone_map(
        HEAD + "westminster,GB,SW1A*|SW1E|SW1V 1AA,0\nbarbican,GB,EC1A*,0\nclerkenwell,GB,EC1R*,0\n"
        "toronto,CA,M5V 3*,5\nontario,CA,M4*,0\nscarborough,CA,M4B 1*,9\npilestredet,NO,0170,0\n"
    )
    assert found.zone(Address(country=country, postal_code=postcode)) == zone


def test_letters_match_in_any_case_and_with_any_spacing() -> None:
    found = zone_map(HEAD + "toronto,CA,m5v*,0\nlondon,GB,SW1A 1*,0\n")
    assert found.zone(Address(country="CA", postal_code="M5V 3L9")) == "toronto"
    assert found.zone(Address(country="CA", postal_code="m5v")) == "toronto"
    assert found.zone(Address(country="GB", postal_code="sw1a-1aa")) == "london"


def test_priority_comes_first_then_coordinates_then_the_smaller_area_then_the_name() -> None:
    big, small, twin = (polygon(name, square(10, 59, size)) for name, size in (("big", 2), ("small", 1), ("a-twin", 1)))
    circle = Area(zone="circle", row=0, circle=Circle(10.5, 59.5, 900))
    everywhere = Area(zone="first", row=1, priority=1, countries=("DK",), postcodes="*")
    postcode = Area(zone="postcode", row=2, countries=("NO", "DK"), postcodes="0150")
    found = zone_map([big, small, twin, circle, everywhere, postcode])
    names = [match.zone for match in found.matches(at(59.5, 10.5, "DK", "0150"))]
    assert names == ["first", "circle", "a-twin", "small", "big", "postcode"]
    assert [match.zone for match in found.matches(at(60.5, 11.5, "NO", "0150"))] == ["big", "postcode"]
    assert found.zone(Address(country="NO", postal_code="0150")) == "postcode", "no coordinates, no shape"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("nowhere,ZZ,0150,0", "'ZZ' is no country: two capitals, such as NO (ISO 3166-1)"),
        ("oslo,NO,0199-0150,0", "'0199-0150' runs backwards: it is 0150-0199"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_by_what_repairs_it(row: str, why: str) -> None:
    told: list[str] = []
    try:
        found = areas(HEAD + row + "\n")
    except BadZones as error:
        told = [str(error)]
    else:
        ZoneMap(found, ShapelyGeometry().index, lambda _, said: told.append(said))
    assert len(told) == 1
    assert why in told[0]


def test_the_reasons_are_said() -> None:
    found = zone_map(
        [polygon("park", square(10, 59, 1), priority=3), Area(zone="b", row=1, circle=Circle(10, 59, 5e4))]
    )
    assert [match.why for match in found.matches(at(59.1, 10.1))] == [
        "59.1, 10.1 is inside a polygon (priority 3)",
        "12504 m from a point, within 50000 m (priority 0)",
    ]
    (match,) = zone_map(SHIPPED).matches(Address(country="NO", postal_code="0580"))
    assert match.why == "postcode 0580 is in NO 0001-1299 (priority 10)"


def test_a_hole_is_outside_and_an_edge_is_inside_and_countries_bound_a_shape() -> None:
    ring = polygon("ring", square(10, 59, 3), square(11, 60, 1), countries=("NO",))
    found = zone_map([ring])
    assert found.zone(at(59.5, 10.5)) == "ring"
    assert found.zone(at(60.5, 11.5)) is None
    assert found.zone(at(59.0, 11.0)) == "ring"
    assert found.zone(at(59.5, 10.5, "SE")) is None


@pytest.mark.parametrize(("away_m", "inside"), [(2400, True), (2600, False)])
def test_a_radius_is_along_the_surface(away_m: float, inside: bool) -> None:
    found = zone_map(CIRCLES + "near,,,59.9,10.7,2500\n")
    degree_m = arc_m(59.9, 10.7, 59.9, 11.7)
    assert degree_m == pytest.approx(55_770, rel=1e-3), "at 60 degrees north half of one at the equator"
    assert (found.zone(at(59.9, 10.7 + away_m / degree_m)) == "near") is inside


def test_a_circle_reaches_over_the_antimeridian() -> None:
    found = zone_map(CIRCLES + "taveuni,FJ,,-16.9,179.99,5000\n")
    assert found.zone(at(-16.9, -179.99, "FJ")) == "taveuni"


def test_a_zone_may_span_countries_and_whole_ones() -> None:
    found = zone_map(HEAD + "nordics,NO|SE,,0\nnordics,FI,*,0\n")
    assert found.names == ("nordics",)
    assert [found.zone(Address(country=code)) for code in ("SE", "FI", "DK")] == ["nordics", "nordics", None]


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        (",NO,01*,1", "/3/zone"),
        ("Oslo East,NO,01*,1", "/3/zone"),
        ("a,no,01*,1", "/3/country"),
        ("a,,01*,1", "/3/country"),
        ("a,NO|Sweden,*,1", "/3/country"),
        ("a,NO,01*,high", "/3/priority"),
        ("a,NO,01*,1.5", "/3/priority"),
        ("good,NO,03*,9", "/3/priority"),
        ("a,NO,01*,1,more", "/3"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(row: str, pointer: str) -> None:
    assert [found for found, _ in faults(from_table, HEAD + "good,NO,02*,1\n" + row + "\n")] == [pointer]


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ("a,NO,01*,59,10,100", "/2/postcodes"),
        ("a,NO,,59,10,", "/2/radius_m"),
        ("a,NO,,59,10,0", "/2/radius_m"),
        ("a,NO,,59,10,1e3", "/2/radius_m"),
        ("a,NO,,139.7,35.6,1000", "/2/latitude"),
        ("a,NO,,north,35.6,1000", "/2/latitude"),
    ],
)
def test_a_bad_circle_is_named(row: str, pointer: str) -> None:
    assert [found for found, _ in faults(from_table, CIRCLES + row + "\n")] == [pointer]


def test_all_bad_rows_are_named_at_once_and_other_columns_refused() -> None:
    found = faults(from_table, HEAD + "a,XX1,1*,1\nb,NO,01*,1\nc,NO,1*,x\n")
    assert [pointer for pointer, _ in found] == ["/2/country", "/4/priority"]
    assert (
        "/1/kind",
        "no such column; there are country, latitude, longitude, postcodes, priority, radius_m, zone",
    ) in (faults(from_table, "zone,country,kind\n"))
    assert faults(from_table, "") == [("/1", "it is empty")]


def feature(geometry: Any, **properties: Any) -> Any:
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"zone": "a", **properties}, "geometry": geometry}],
    }


def shape(*rings: Any) -> Any:
    return {"type": "Polygon", "coordinates": [[list(position) for position in ring] for ring in rings]}


POINT = {"type": "Point", "coordinates": [10.7, 59.9]}


@pytest.mark.parametrize(
    ("given", "pointer", "said"),
    [
        ({"type": "Feature"}, "/type", "FeatureCollection"),
        ({"type": "FeatureCollection"}, "/features", "list"),
        ({"type": "FeatureCollection", "features": [7]}, "/features/0", "Feature"),
        (feature(None, country="NO", zone="Oslo East"), "/features/0/properties/zone", "small letters"),
        (feature(None, country="NO", prioriy=1), "/features/0/properties/prioriy", "there are"),
        (feature(None, country="NO", priority=True), "/features/0/properties/priority", "whole number"),
        (feature(None, country=["NO", "norge"]), "/features/0/properties/country", "capitals"),
        (feature(None, country="NO", postcodes=[150]), "/features/0/properties/postcodes", "text"),
        (feature(None), "/features/0/properties/country", "which country"),
        (feature(None, country="NO", radius_m=5), "/features/0/geometry", "Point"),
        (feature(POINT), "/features/0/properties/radius_m", "needs a radius_m"),
        (feature(POINT, radius_m="5"), "/features/0/properties/radius_m", "needs a radius_m"),
        (feature(POINT, radius_m=5, postcodes="01*"), "/features/0/properties/postcodes", "or postcodes"),
        (feature({"type": "LineString", "coordinates": []}), "/features/0/geometry/type", "MultiPolygon"),
        (feature({"type": "Polygon", "coordinates": []}), "/features/0/geometry/coordinates", "rings"),
        (feature(shape(square(10, 59, 1)[:3])), "/features/0/geometry/coordinates/0", "four positions"),
        (feature(shape(square(10, 59, 1)[:4])), "/features/0/geometry/coordinates/0", "closed"),
        (feature(shape([(59, 110), *square(10, 59, 1)])), "/features/0/geometry/coordinates/0/0", "swapped"),
        (
            feature(shape([("a", 1), *square(10, 59, 1)])),
            "/features/0/geometry/coordinates/0/0",
            "[longitude, latitude]",
        ),
        (feature(shape(square(179, -17, 2))), "/features/0/geometry/coordinates/0/1", "antimeridian"),
        (
            feature(shape([(179, -17), (-179, -17), (-179, -16), (179, -16), (179, -17)])),
            "/features/0/geometry/coordinates/0/1",
            "cut it there",
        ),
    ],
)
def test_a_bad_feature_is_named_by_its_place(given: Any, pointer: str, said: str) -> None:
    ((found, why),) = faults(from_features, given)
    assert found == pointer
    assert said in why


def test_features_say_the_same_again() -> None:
    text = HEAD.strip() + ",latitude,longitude,radius_m\noslo,NO,01*|0250-0299,3,,,\nnear,NO|SE,,0,59.9,10.7,2500\n"
    parts = (square(10, 59, 3), square(11, 60, 1))
    whole = [*areas(text), polygon("ring", *parts), Area(zone="two", row=0, polygons=((parts[0],), (parts[1],)))]
    again = from_features(
        {"type": "FeatureCollection", "features": as_features(whole)},
        lambda pointer, why: pytest.fail(f"{pointer} {why}"),
    )
    assert [(a.zone, a.priority, a.countries, a.postcodes, a.circle, a.polygons) for a in again] == [
        (a.zone, a.priority, a.countries, a.postcodes, a.circle, a.polygons) for a in whole
    ]


@pytest.mark.parametrize(
    ("rings", "said"),
    [
        ([((0, 0), (1, 1), (1, 0), (0, 1), (0, 0))], "its outline crosses itself at 0.5, 0.5"),
        ([square(0, 0, 1), square(2, 2, 1)], "a hole lies outside of the outline at 2, 2"),
        ([square(0, 0, 9), square(1, 1, 5), square(2, 2, 1)], "a hole lies in another hole at 2, 2"),
        ([((0, 0), (1, 0), (2, 0), (0, 0))], "its outline crosses itself at 1, 0"),
        ([square(0, 0, 9), square(1, 1, 5)], None),
    ],
)
def test_an_outline_that_is_none_says_why_and_where(rings: Any, said: str | None) -> None:
    why = ShapelyGeometry().fault(tuple(rings))
    assert why == said
