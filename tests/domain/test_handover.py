"""Opening hours in one form, distances over the sphere."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.distance import metres_between
from gateway.domain.handover import DAY_MIN, OpeningHours, normal_hours
from gateway.domain.values import Address


def hours(*spans: tuple[int, int, int]) -> tuple[OpeningHours, ...]:
    return tuple(OpeningHours(weekday=day, opens_min=opens, closes_min=closes) for day, opens, closes in spans)


def place(latitude: float | None, longitude: float | None) -> Address:
    return Address(country="NO", latitude=latitude, longitude=longitude)


@pytest.mark.parametrize(
    ("told", "normal"),
    [
        ([(1, 480, 960), (0, 480, 960)], [(0, 480, 960), (1, 480, 960)]),
        ([(0, 780, 1020), (0, 480, 780)], [(0, 480, 1020)]),
        ([(0, 480, 720), (0, 780, 1020)], [(0, 480, 720), (0, 780, 1020)]),
        ([(0, 480, 960), (0, 480, 960), (0, 500, 600)], [(0, 480, 960)]),
        ([(0, 0, 1440)], [(0, 0, 1440)]),
        ([(5, 1200, 120)], [(5, 1200, 1440), (6, 0, 120)]),
        ([(6, 1200, 1560)], [(0, 0, 120), (6, 1200, 1440)]),
        ([(0, 1200, 1440), (1, 0, 120)], [(0, 1200, 1440), (1, 0, 120)]),
        ([(7, 480, 960), (-1, 480, 960), (0, 600, 600), (0, -5, 60), (0, 1440, 1500), (0, 60, 9999)], []),
        ([], []),
    ],
)
def test_hours_have_one_form(told: list[tuple[int, int, int]], normal: list[tuple[int, int, int]]) -> None:
    assert normal_hours(hours(*told)) == hours(*normal)


SPAN = st.tuples(st.integers(-1, 7), st.integers(-10, 1500), st.integers(-10, 3000))


@given(st.lists(SPAN, max_size=20))
def test_normal_hours_are_sorted_apart_and_stay_as_they_are(told: list[tuple[int, int, int]]) -> None:
    found = normal_hours(hours(*told))
    assert normal_hours(found) == found
    for span in found:
        assert 0 <= span.weekday <= 6
        assert 0 <= span.opens_min < span.closes_min <= DAY_MIN
    for one, other in pairwise(found):
        assert (one.weekday, one.closes_min) < (other.weekday, other.opens_min)


def test_distances_are_those_of_the_map() -> None:
    """Oslo to Bergen is 305 km, London to New York 5570 km; a degree of latitude 111.2 km."""
    oslo, bergen = place(59.9139, 10.7522), place(60.3913, 5.3221)
    assert metres_between(oslo, bergen) == pytest.approx(305_000, rel=0.005)
    assert metres_between(place(51.5074, -0.1278), place(40.7128, -74.0060)) == pytest.approx(5_570_000, rel=0.005)
    assert metres_between(place(0, 0), place(1, 0)) == pytest.approx(111_195, abs=1)
    assert metres_between(place(0, 179.9), place(0, -179.9)) == pytest.approx(22_239, abs=1)
    assert metres_between(place(90, 0), place(-90, 77)) == pytest.approx(20_015_115, abs=2)
    assert metres_between(oslo, oslo) == 0


def test_a_place_without_coordinates_is_at_no_distance() -> None:
    for one, other in ((place(None, None), place(1, 1)), (place(1, None), place(1, 1)), (place(1, 1), place(None, 1))):
        assert metres_between(one, other) is None
