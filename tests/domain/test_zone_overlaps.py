"""Which zones overlap, and that the one that is said to count is the one that addresses there are in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from gateway.console.atlas.drawing import drawn, outlines
from gateway.domain.values import Address
from gateway.domain.zone_overlaps import Overlap, overlaps
from gateway.domain.zones import Area, Circle, outlines_of
from gateway.engines.geometry import ShapelyGeometry
from tests.domain.test_zones import areas, polygon, square, zone_map

HEAD = "zone,country,postcodes,priority\n"


def overlapping(found: Sequence[Area]) -> list[Overlap]:
    shapes = [(place, each) for place, area in enumerate(found) for each in outlines_of(area)]
    pairs = ShapelyGeometry().overlaps([each for _, each in shapes]) if shapes else ()
    return overlaps(found, [(shapes[one][0], shapes[other][0]) for one, other in pairs])


def told(found: Sequence[Overlap]) -> list[tuple[str, str, str]]:
    return [(each.winner, each.loser, each.where) for each in found]


def test_postcodes_overlap_where_one_area_lies_in_another() -> None:
    found = overlapping(
        areas(f"{HEAD}oslo,NO,01*|0350,10\nnorway,NO,*,\nwest,NO,5000-5999,\nbergen,NO,50*,\nall,SE,*,\n")
    )
    assert told(found) == [
        ("bergen", "norway", "NO 50*"),
        ("bergen", "west", "NO 50*"),
        ("west", "norway", "NO 5000-5999"),
        ("oslo", "norway", "NO 01*"),
    ]
    assert [each.close for each in found] == [True, True, True, False]
    assert found[3].why == "priority 10 is above 0"


def test_a_low_priority_loses_though_its_area_is_smaller() -> None:
    (found,) = overlapping(areas(f"{HEAD}small,NO,0150,1\nlarge,NO,01*,2\n"))
    assert (found.winner, found.loser) == ("large", "small")


def test_whoever_is_said_to_count_counts() -> None:
    chance = random.Random(11)  # noqa: S311  # any will do, the same each time
    for _ in range(40):
        rows = [
            f"z{each},NO,{chance.choice(('0*', '01*', '0150', '0100-0199', '02*', '*'))},{chance.choice((0, 5))}"
            for each in range(3)
        ]
        try:
            made = areas(HEAD + "\n".join(rows))
            zone_map(made)
        except AssertionError:  # two zones of one priority on the same area are no zones
            continue
        for each in overlapping(made):
            places = zone_map([area for area in made if area.zone in (each.winner, each.loser)])
            area = each.where.removeprefix("NO ").split("-")[0].rstrip("*").ljust(4, "0")
            names = [match.zone for match in places.matches(Address(country="NO", postal_code=area))]
            behind = names.index(each.loser) if each.loser in names else len(names)
            assert names.index(each.winner) < behind, (rows, each)


def test_shapes_overlap_on_the_map_and_not_along_an_edge() -> None:
    left, right = polygon("left", square(10, 59, 1)), polygon("right", square(11, 59, 1))
    inside = polygon("inside", square(10.2, 59.2, 0.2))
    near = Area(zone="near", row=0, priority=3, circle=Circle(10.0, 59.5, 5000))
    assert told(overlapping([left, right])) == []
    assert told(overlapping([left, right, inside, near])) == [
        ("inside", "left", "on the map"),
        ("near", "left", "on the map"),
    ]
    apart = [polygon("no", square(10, 59, 1), countries=("NO",)), polygon("se", square(10, 59, 1), countries=("SE",))]
    assert overlapping(apart) == []


def test_a_map_shows_shapes_countries_of_postcodes_and_names() -> None:
    picture = drawn([polygon("city", square(10.6, 59.8, 0.3)), *areas(f"{HEAD}west,NO,5*,\nnordic,NO|SE,*,\n")])
    assert [(tone, zone) for tone, zone, _ in picture.shapes] == [(0, "city")]
    assert [code for code, _ in picture.countries] == ["NO", "SE"]
    assert {each.text for each in picture.labels} == {"city", "NO: west, nordic", "SE: nordic"}
    assert all(0 <= each.x <= picture.width and 0 <= each.y <= picture.height for each in picture.labels)
    assert len(picture.land) < 60_000
    places = [(each.x, each.y) for each in picture.labels]
    assert len(set(places)) == len(places)


def test_a_map_of_very_many_outlines_shows_the_largest() -> None:
    small = [polygon("small", square(10 + each / 1000, 59, 0.0005)) for each in range(2500)]
    picture = drawn([*small, polygon("large", square(9, 58, 3))])
    assert (len(picture.shapes), picture.left_out) == (2000, 501)
    assert picture.shapes[0][1] == "large"


def test_the_world_is_shown_where_there_is_nothing_and_no_outline_crosses_it() -> None:
    picture = drawn([])
    assert picture.shapes == []
    assert 20_000 < len(picture.land) < 200_000
    for polygons in outlines().values():
        for each in polygons:
            for ring in each:
                assert all(abs(one[0] - other[0]) < 180 for one, other in pairwise(ring))
