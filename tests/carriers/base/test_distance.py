"""Distances between places."""

from __future__ import annotations

import pytest

from carriers.base import Address, metres_between

OSLO = Address(country="NO", latitude=59.9139, longitude=10.7522)
BERGEN = Address(country="NO", latitude=60.3913, longitude=5.3221)
ANTIPODE = Address(country="XX", latitude=-59.9139, longitude=-169.2478)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [(OSLO, OSLO, 0), (OSLO, BERGEN, 304_938), (OSLO, ANTIPODE, 20_015_115), (OSLO, Address(country="NO"), None)],
)
def test_the_way_of_a_crow(one: Address, other: Address, metres: int | None) -> None:
    found = metres_between(one, other)
    assert found == metres if metres is None else found == pytest.approx(metres, rel=1e-3)
    assert metres_between(other, one) == found
