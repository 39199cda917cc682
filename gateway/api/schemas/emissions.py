"""Emission profiles, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from gateway.api.schemas.fields import NAME, Given, Shown, coded, flag, number


class EmissionProfileSchema(Given):
    """How deliveries are made. What is left out stays as the defaults of the carrier's kind say."""

    vehicle = coded(NAME, "Of the last round: a factor by vehicle-km.", load_default=None)
    round_km = number(0, 100_000, "The round, with its empty return.")
    stops = number(1, 100_000, "How many deliveries share it.")
    haul = coded(NAME, "Of the way before the round: a factor by t-km.", load_default=None)
    haul_km = number(0, 100_000, "That way, where origin and destination have no coordinates.")
    dedicated = flag("The vehicle drives for one delivery alone.", load_default=None)
    vehicle_kg_per_km = number(0, 100_000, "Your own factor, well to wheel, in place of the vehicle's.")
    haul_kg_per_tkm = number(0, 100_000, "Your own factor, well to wheel, in place of the haul's.")
    measured = flag("These are your own measurements of fuel or current: tier `primary`.", load_default=None)

    @post_load
    def _given(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value not in (None, "")}


class EmissionProfileShownSchema(Shown):
    """What you have said of emissions; empty where nothing."""

    profile = fields.Dict(required=True)


class EmissionFactorSchema(Shown):
    """A factor, and where it comes from."""

    factor = fields.String(required=True)
    value = fields.Float(required=True)
    unit = fields.String(required=True)
    scope = fields.String(required=True, metadata={"description": "How much of the fuel's life it covers."})
    region = fields.String(required=True)
    year = fields.Integer(required=True)
    tier = fields.String(required=True)
    source = fields.String(required=True)


class EmissionsSchema(Shown):
    """All that co2e_g is reckoned from."""

    profile = fields.Dict(required=True, metadata={"description": "Your own words for all your accounts."})
    defaults = fields.Dict(required=True, metadata={"description": "Profiles by kind of carrier."})
    factors = fields.List(fields.Nested(EmissionFactorSchema), required=True)
