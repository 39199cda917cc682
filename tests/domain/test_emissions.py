"""Greenhouse gases of a delivery: the formula, its data, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.bootstrap import shipped_emission_profiles, shipped_factors
from gateway.domain.emissions import PER_KM, TIERS, Load, great_circle_km, merged_profile, read_factors, reckon
from gateway.domain.errors import InvalidValue, Unprocessable
from gateway.domain.values import Address

FACTORS = shipped_factors()
PROFILES = shipped_emission_profiles()


def grams(kind: str, load: Load, own: bool = False, **more: Any) -> tuple[int, str]:
    profile = merged_profile({**PROFILES[kind], **more}, FACTORS)
    return reckon(profile, FACTORS, own=own or bool(more)).grams(load)


def test_a_stop_of_a_diesel_round_by_hand() -> None:
    """75 km x 0.257 kg/km x 1.24 / 90 stops = 265.6 g, whatever the parcel weighs."""
    assert grams("own", Load(0.002, None)) == (266, "default")
    assert grams("own", Load(0.02, 3.0)) == (266, "modelled")


def test_a_courier_adds_the_way_to_its_depot_by_mass_and_great_circle() -> None:
    near, far = grams("courier", Load(0.01, 20.0)), grams("courier", Load(0.01, 500.0))
    assert near[0] == 266
    assert far[0] - near[0] == pytest.approx(0.01 * 500 * 173 * 1.24, abs=1)


def test_a_dedicated_trip_goes_by_its_distance() -> None:
    one, other = grams("crowd", Load(0.001, 2.0)), grams("crowd", Load(0.001, 4.0))
    assert other[0] == pytest.approx(2 * one[0], abs=1)
    assert grams("crowd", Load(0.001, None))[1] == "default"


def test_what_the_merchant_measured_goes_before_defaults() -> None:
    own = grams("own", Load(0.002, None), vehicle_kg_per_km=0.1, round_km=60, stops=100, measured=True)
    assert own == (60, "primary")
    assert grams("own", Load(0.002, None), vehicle="cargo_bike_electric")[1] == "modelled"


def test_every_factor_says_where_it_comes_from() -> None:
    for each in FACTORS.values():
        assert all((each.source, each.unit, each.scope, each.region))
        assert each.tier in TIERS
        assert 2015 <= each.year <= 2030
    assert FACTORS["van_electric_average"].value < FACTORS["van_diesel_average"].value


def test_every_kind_of_carrier_has_a_profile() -> None:
    assert set(PROFILES) == {"own", "courier", "crowd", "locker"}
    for profile in PROFILES.values():
        merged_profile(profile, FACTORS)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"vehicle": "zeppelin"}, "/vehicle"),
        ({"vehicle": "haul_rail"}, "/vehicle"),
        ({"haul": "van_diesel_average"}, "/haul"),
        ({"stops": 0}, "/stops"),
        ({"round_km": float("nan")}, "/round_km"),
        ({"haul_km": -1}, "/haul_km"),
        ({"colour": "green"}, "/colour"),
    ],
)
def test_nonsense_is_pointed_at(more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        merged_profile({**PROFILES["own"], **more}, FACTORS)
    assert refused.value.pointer == pointer


def test_distances_are_great_circles() -> None:
    """Oslo to Bergen: 305 km by any map."""
    oslo = Address(country="NO", latitude=59.9139, longitude=10.7522)
    assert great_circle_km(oslo, Address(country="NO", latitude=60.3913, longitude=5.3221)) == pytest.approx(305, abs=2)
    assert great_circle_km(oslo, Address(country="NO")) is None
    assert great_circle_km(oslo, replace(oslo)) == pytest.approx(0.0)


@pytest.mark.parametrize("line", ["a,x,u,s,GB,2026,default,me", "a,1,u,s,GB,2026,sure,me", "a,1,u,s,GB,2026,default,"])
def test_a_bad_line_of_factors_is_named(line: str) -> None:
    header = "factor,value,unit,scope,region,year,tier,source"
    with pytest.raises(InvalidValue, match="line 2"):
        read_factors(f"{header}\n{line}\n")
    with pytest.raises(InvalidValue, match="line 1"):
        read_factors("factor,value\n")
    assert FACTORS["van_diesel_average"].unit == PER_KM
