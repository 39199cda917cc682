"""Another time or place for a delivery under way, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from gateway.api.schemas.fields import Given, Shown, text, word
from gateway.api.schemas.handover import OpeningSchema
from gateway.api.schemas.values import AddressSchema
from gateway.domain.diversions import DiversionKind, DiversionState

LONGEST_ID = 200


class DiversionAskSchema(Given):
    """Either a time or a service point, by its id among the offers."""

    time = text(LONGEST_ID, "The id of one of the offered times.", allow_none=True)
    service_point = text(LONGEST_ID, "The id of one of the offered service points.", allow_none=True)

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: object) -> None:
        """Not both, and not neither."""
        if bool(data["time"]) == bool(data["service_point"]):
            raise ValidationError("Give a time or a service_point, and not both.", "time")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> tuple[DiversionKind, str]:
        """What is asked for, and its id."""
        if data["time"]:
            return DiversionKind.RESCHEDULE, data["time"]
        return DiversionKind.REDIRECT, data["service_point"]


class SlotSchema(Shown):
    """A time at which the carrier would deliver."""

    id = fields.String(required=True)
    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)


class OfferedPointSchema(Shown):
    """A service point to which the carrier would take it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    address = fields.Nested(AddressSchema, required=True)
    distance_m = fields.Integer(required=True, allow_none=True)
    opening_hours = fields.List(fields.Nested(OpeningSchema), required=True)


class DiversionOffersSchema(Shown):
    """What the carrier offers now. Where it offers nothing, `why_no_…` says why."""

    times = fields.List(fields.Nested(SlotSchema), required=True)
    why_no_times = fields.String(required=True, allow_none=True)
    service_points = fields.List(fields.Nested(OfferedPointSchema), required=True)
    why_no_service_points = fields.String(required=True, allow_none=True)


class DiversionSchema(Shown):
    """One wish for another time or place, and what its carrier said."""

    id = fields.String(required=True)
    kind = word([kind.value for kind in DiversionKind], required=True)
    time = fields.Nested(SlotSchema, required=True, allow_none=True)
    service_point = fields.Nested(OfferedPointSchema, required=True, allow_none=True)
    asked_by = word(["recipient", "merchant"], required=True)
    state = word(
        [state.value for state in DiversionState],
        "`asked`: the carrier has not confirmed; it is asked again, and the delivery goes on as planned until it does. "
        "`superseded`: it had agreed, and has agreed to a later wish since, which holds instead.",
        required=True,
    )
    why = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class DiversionListSchema(Shown):
    """Every wish of a shipment, oldest first."""

    data = fields.List(fields.Nested(DiversionSchema), required=True)
