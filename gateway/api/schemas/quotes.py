"""Quotes in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from gateway.api.schemas.values import (
    AddressSchema,
    MoneySchema,
    ParcelSchema,
    RequirementsSchema,
    WindowSchema,
    text,
    whole,
)
from gateway.domain.quotes import Effect, ResultState, ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import Requirements
from gateway.services.quotes import QuoteAsk

SERVICES = [level.value for level in ServiceLevel]
NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


class Metadata(fields.Dict):
    """At most 50 keys; values are strings of at most 500 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            keys=fields.String(validate=validate.Length(min=1, max=40)),
            values=fields.String(validate=validate.Length(max=500)),
            validate=validate.Length(max=50),
            load_default=dict,
            **kwargs,
        )


class QuoteAskSchema(Schema):
    """What to price. Only origin, destination and parcels are required."""

    origin = fields.Nested(AddressSchema, required=True)
    destination = fields.Nested(AddressSchema, required=True)
    parcels = fields.List(fields.Nested(ParcelSchema), required=True, validate=validate.Length(min=1, max=50))
    ready_at = fields.AwareDateTime(format="iso", allow_none=True, load_default=None)
    window = fields.Nested(WindowSchema, allow_none=True, load_default=None)
    services = fields.List(fields.String(validate=validate.OneOf(SERVICES)), load_default=list)
    requirements = fields.Nested(RequirementsSchema, load_default=Requirements)
    service_point = text(64, allow_none=True)
    policy = fields.String(load_default="", validate=validate.Regexp(NAME))
    deadline_ms = whole(least=50, most=30_000, allow_none=True, load_default=None)
    reference = text(100, allow_none=True)
    metadata = Metadata()

    @validates("parcels")
    def one_currency(self, parcels: list[Any], **_: object) -> None:
        """Declared values add up only in one currency."""
        if len({parcel.value.currency for parcel in parcels if parcel.value}) > 1:
            raise ValidationError("Declared values must be in one currency.")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """To a QuoteAsk."""
        return to_ask(data)


def to_ask(data: dict[str, Any]) -> QuoteAsk:
    """Loaded fields as a QuoteAsk."""
    shipment = Shipment(
        origin=data["origin"],
        destination=data["destination"],
        parcels=tuple(data["parcels"]),
        requirements=data["requirements"],
        reference=data["reference"] or "",
        service_point=data["service_point"] or "",
        metadata=data["metadata"],
    )
    return QuoteAsk(
        shipment=shipment,
        ready_at=data["ready_at"],
        window=data["window"],
        services=tuple(ServiceLevel(name) for name in data["services"]),
        policy=data["policy"],
        deadline_ms=data["deadline_ms"],
    )


class VerdictSchema(Schema):
    """One rule's word on an offer."""

    rule = fields.String(required=True)
    effect = fields.String(required=True, validate=validate.OneOf([effect.value for effect in Effect]))
    penalty = fields.Integer(required=True, allow_none=True)
    why = fields.String(required=True)


class SurchargeSchema(Schema):
    """A line of the price."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    amount = fields.Integer(required=True)


class OfferSchema(Schema):
    """A rate as judged for this quote."""

    id = fields.String(required=True)
    rank = fields.Integer(required=True, allow_none=True)
    eligible = fields.Boolean(required=True)
    carrier = fields.String(required=True)
    account = fields.String(required=True)
    service = fields.String(required=True, validate=validate.OneOf(SERVICES))
    carrier_service = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True)
    surcharges = fields.List(fields.Nested(SurchargeSchema), required=True)
    pickup_by = fields.AwareDateTime(required=True, allow_none=True)
    deliver_from = fields.AwareDateTime(required=True, allow_none=True)
    deliver_by = fields.AwareDateTime(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True)
    co2e_g = fields.Integer(required=True, allow_none=True)
    score = fields.Integer(required=True, allow_none=True)
    verdicts = fields.List(fields.Nested(VerdictSchema), required=True)


class CarrierResultSchema(Schema):
    """How one account answered."""

    account = fields.String(required=True)
    carrier = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ResultState]))
    latency_ms = fields.Integer(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)


class QuoteSchema(Schema):
    """Ranked offers, reasons, and who did not answer."""

    id = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    zone = fields.String(required=True, allow_none=True)
    recommended_offer_id = fields.String(required=True, allow_none=True)
    offers = fields.List(fields.Nested(OfferSchema), required=True)
    carrier_results = fields.List(fields.Nested(CarrierResultSchema), required=True)
    metadata = fields.Dict(required=True)
    reference = fields.String(required=True, allow_none=True)
