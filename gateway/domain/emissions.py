"""Greenhouse gases of a delivery, well to wheel: its share of a round, and the way to where the round begins.

    grams = 1000 x (vehicle-km of the round x factor / stops) + 1000 x tonnes x haul km x factor        each x (1 + WTT)

The round counts with its empty return and is shared by its deliveries: by the tonne-km alone a light parcel would seem
to cost a twentieth of what it does. The haul counts by mass and the great circle, never by the distance driven.

Sources: ISO 14083:2023 and GLEC Framework v3.2 (well to wheel, great-circle distance, transport activity by mass);
EN 17837 for sharing a collection or delivery round by item. The factors are data: `config/emission_factors.csv`.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from gateway.domain.errors import InvalidValue, Unprocessable
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address

EARTH_KM = 6371.0088
"""Mean radius. Source: IUGG, R1."""

CIRCUITY = 1.35
"""Road by great circle, for the trip of a dedicated vehicle: measured on rural road matrices; cities reach 1.5."""

FEWEST_HAUL_KM = 50.0
"""Nearer than this, one round reaches the destination and there is no haul."""

MOST = 1e5
WELL_TO_TANK = "well_to_tank"
PER_KM, PER_TONNE_KM = "kg CO2e/vehicle-km", "kg CO2e/t-km"
TIERS = ("primary", "modelled", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """An emission factor: what of, in what unit, how much of the fuel's life it covers, where and when it holds."""

    factor: str
    value: float
    unit: str
    scope: str
    region: str
    year: int
    tier: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionProfile:
    """How an account makes a delivery. `vehicle_kg_per_km` and `haul_kg_per_tkm`, well to wheel, take the place of the
    factors that `vehicle` and `haul` name. `measured`: these are the account's own figures, from fuel or current.
    """

    vehicle: str
    round_km: float
    stops: float
    haul: str
    haul_km: float
    dedicated: bool
    vehicle_kg_per_km: float | None = None
    haul_kg_per_tkm: float | None = None
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """What is carried, and how far: great-circle kilometres, None where they are not known."""

    tonnes: float
    direct_km: float | None


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A profile with its factors looked up: grams per kilometre of a vehicle and per tonne-kilometre of the haul."""

    profile: EmissionProfile
    g_per_km: float
    g_per_tkm: float
    own: bool

    def grams(self, load: Load) -> tuple[int, str]:
        """Of one delivery, and the tier of the data: primary, modelled or default."""
        profile, direct = self.profile, load.direct_km
        trip = direct * CIRCUITY if profile.dedicated and direct is not None else profile.round_km
        haul_km = profile.haul_km if direct is None else (0.0 if direct < FEWEST_HAUL_KM else direct)
        if profile.dedicated:
            haul_km = 0.0
        grams = trip * self.g_per_km / profile.stops + load.tonnes * haul_km * self.g_per_tkm
        tier = "primary" if profile.measured else "modelled" if self.own or direct is not None else "default"
        return round(grams), tier


def reckon(profile: EmissionProfile, factors: Mapping[str, Factor], *, own: bool) -> Reckoning:
    """Look a profile's factors up. `own`: the merchant has said something of its own."""
    whole = 1 + factors[WELL_TO_TANK].value
    per_km, per_tkm = profile.vehicle_kg_per_km, profile.haul_kg_per_tkm
    return Reckoning(
        profile,
        1000 * (factors[profile.vehicle].value * whole if per_km is None else per_km),
        1000 * (factors[profile.haul].value * whole if per_tkm is None else per_tkm),
        own,
    )


def load_of(shipment: Shipment) -> Load:
    """What a shipment puts on the vehicle."""
    return Load(shipment.weight_g / 1e6, great_circle_km(shipment.origin, shipment.destination))


def great_circle_km(one: Address, other: Address) -> float | None:
    """The distance over the ground; None without coordinates. Source: the haversine formula."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    north, east = math.radians(other.latitude - one.latitude), math.radians(other.longitude - one.longitude)
    widths = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    half = math.sin(north / 2) ** 2 + widths * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def read_factors(text: str, file: str = "emission_factors.csv") -> dict[str, Factor]:
    """Factors by name from CSV whose columns are the fields of `Factor`. Raises InvalidValue with file and line."""
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != tuple(each.name for each in fields(Factor)):
        raise InvalidValue(f"{file} line 1: the columns are {', '.join(each.name for each in fields(Factor))}")
    found: dict[str, Factor] = {}
    for row in reader:
        try:
            value, year = float(row["value"]), int(row["year"])
        except ValueError as error:
            raise InvalidValue(f"{file} line {reader.line_num}: {error}") from None
        if row["factor"] in found or row["tier"] not in TIERS or not row["source"] or not 0 <= value < MOST:
            raise InvalidValue(f"{file} line {reader.line_num}: a name twice, no tier, no source or no sane value")
        named = {name: row[name] for name in ("factor", "unit", "scope", "region", "tier", "source")}
        found[row["factor"]] = Factor(**named, value=value, year=year)
    return found


def merged_profile(data: Mapping[str, object], factors: Mapping[str, Factor], pointer: str = "") -> EmissionProfile:
    """A profile from plain data.

    Raises:
        Unprocessable: an unknown word or factor, or a number out of range, with its pointer.
    """
    names = {each.name for each in fields(EmissionProfile)}
    for name in data:
        if name not in names:
            raise Unprocessable(f"{pointer}/{name}", f"a profile has {', '.join(sorted(names))}", "unknown_field")
    for name, unit in (("vehicle", PER_KM), ("haul", PER_TONNE_KM)):
        factor = factors.get(str(data.get(name)))
        if factor is None or factor.unit != unit:
            known = ", ".join(each.factor for each in factors.values() if each.unit == unit)
            raise Unprocessable(
                f"{pointer}/{name}", f"no factor {data.get(name)!r}; there are {known}", "unknown_factor"
            )
    for name in ("round_km", "stops", "haul_km", "vehicle_kg_per_km", "haul_kg_per_tkm"):
        number, least = data.get(name, 1.0), 1.0 if name == "stops" else 0.0
        if number is not None and not (_is_number(number) and least <= number <= MOST):  # type: ignore[operator]  # a number, as was seen
            raise Unprocessable(f"{pointer}/{name}", f"{name} is from {least:g} to {MOST:g}", "out_of_range")
    return EmissionProfile(**data)  # type: ignore[arg-type]  # every field was looked at


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
