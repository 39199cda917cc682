"""Quotes in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates

from gateway.api.schemas.facilities import AtFacility, OriginSchema
from gateway.api.schemas.fields import NAME, Given, Shown, coded, entries, moment, text, whole, word
from gateway.api.schemas.values import AddressSchema, MoneySchema, ParcelSchema, RequirementsSchema, WindowSchema
from gateway.domain.quotes import Effect, ResultState, ServiceLevel
from gateway.domain.shipments import ReturnWay, Shipment
from gateway.domain.values import Address, Parcel, Requirements
from gateway.services.quotes import QuoteAsk

SERVICES = [level.value for level in ServiceLevel]
MOST_PARCELS = 50
SERVICE_POINT = r"^[a-z][a-z0-9_]{0,31}:[!-~]{1,64}$"
"""A carrier and its own id of the point."""
NOWHERE_YET = Address(country="")
"""The origin until it is known where the facility is that the request names."""


class QuoteAskSchema(Given):
    """What to price. Only origin, destination and parcels are required."""

    origin = fields.Nested(OriginSchema, required=True)
    destination = fields.Nested(AddressSchema, required=True)
    parcels = fields.List(fields.Nested(ParcelSchema), required=True, validate=validate.Length(min=1, max=MOST_PARCELS))
    ready_at = moment("When the parcels can be picked up; left out: now.", allow_none=True)
    window = fields.Nested(WindowSchema, allow_none=True, load_default=None)
    services = fields.List(
        word(SERVICES),
        load_default=list,
        validate=validate.Length(max=len(SERVICES)),
        metadata={"description": "Only these promises; left out: any."},
    )
    requirements = fields.Nested(RequirementsSchema, load_default=Requirements)
    service_point = coded(
        SERVICE_POINT,
        "Where the recipient collects it: an `id` of GET /v1/service-points. Only its carrier is asked.",
        error="The id as /v1/service-points gives it, such as bring:121470.",
        allow_none=True,
    )
    policy = coded(NAME, "Which policy ranks the offers; left out: the default one.", allow_none=True)
    deadline_ms = whole(
        50, 30_000, "How long to wait for carriers; slower ones are left out.", allow_none=True, load_default=None
    )
    reference = text(100, "Your own number: of the cart, of the order.", allow_none=True)
    metadata = entries(
        fields.String(validate=validate.Length(max=500)),
        "Whatever you want to have back.",
        pattern=r"^[^\x00-\x1f\x7f]{1,40}$",
        load_default=dict,
    )

    @validates("parcels")
    def one_currency(self, parcels: list[Parcel], **_: object) -> None:
        """Declared values add up only in one currency."""
        declared = [parcel.value for parcel in parcels if isinstance(parcel, Parcel) and parcel.value]
        if len({value.currency for value in declared}) > 1:
            raise ValidationError("Declared values must be in one currency.")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """To a QuoteAsk."""
        return to_ask(data)


def to_ask(data: dict[str, Any]) -> QuoteAsk:
    """Loaded fields as a QuoteAsk."""
    carrier, _, point = data["service_point"].partition(":")
    origin = data["origin"]
    shipment = Shipment(
        origin=NOWHERE_YET if isinstance(origin, AtFacility) else origin,
        facility=origin.name if isinstance(origin, AtFacility) else "",
        destination=data["destination"],
        parcels=tuple(data["parcels"]),
        requirements=data["requirements"],
        reference=data["reference"],
        service_point=point,
        service_point_carrier=carrier,
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


class VerdictSchema(Shown):
    """One rule's word on an offer."""

    rule = fields.String(required=True)
    effect = word([effect.value for effect in Effect], required=True)
    penalty = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "In minor units of the policy's currency; null when it drops the offer."},
    )
    why = fields.String(required=True)
    applied = fields.Boolean(
        required=True,
        metadata={"description": "Whether the rule's condition held and no earlier one of its group did."},
    )


class LastResortSchema(Shown):
    """What the policy's fallback table shows a buyer when no offer is left. Nobody has promised it."""

    name = fields.String(required=True)
    service = word(SERVICES, required=True)
    price = fields.Nested(MoneySchema, required=True)
    within_hours = fields.Integer(required=True, allow_none=True)


class SurchargeSchema(Shown):
    """A line of the price."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    amount = fields.Integer(required=True, metadata={"description": "In minor units of the price's currency."})


class OutlookSchema(Shown):
    """What is to be expected of an offer, learnt from your own deliveries. Null where nothing is known.

    Transit times are hours from ready to the door: half of all deliveries, 80 and 90 of 100 take no longer.
    """

    p_on_time = fields.Float(
        required=True, allow_none=True, metadata={"description": "The chance to keep its promise, from 0 to 1."}
    )
    p_first_attempt = fields.Float(
        required=True, allow_none=True, metadata={"description": "The chance that one visit at the door is enough."}
    )
    transit_p50_h = fields.Float(required=True, allow_none=True)
    transit_p80_h = fields.Float(required=True, allow_none=True)
    transit_p90_h = fields.Float(required=True, allow_none=True)
    co2e_g = fields.Integer(required=True, allow_none=True, metadata={"description": "By a model; null if stated."})
    deliveries = fields.Integer(required=True, metadata={"description": "On so many it rests."})
    since = fields.Date(required=True, allow_none=True, metadata={"description": "The day of the first of them."})
    until = fields.Date(required=True, allow_none=True, metadata={"description": "The day of the last."})
    source = fields.String(required=True, allow_none=True, metadata={"description": "Which deliveries those are."})
    adjusted = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "By what the hours were adjusted to this distance and area; null if they were not."},
    )
    co2e_tier = word(
        ["carrier", "primary", "modelled", "default"],
        "Where co2e_g comes from: stated by the carrier, or reckoned from your own measurements (primary), from your "
        "figures or the distance (modelled), or from defaults.",
        required=True,
        allow_none=True,
    )


class OfferSchema(Shown):
    """A rate as judged for this quote."""

    id = fields.String(required=True)
    rank = fields.Integer(required=True, allow_none=True, metadata={"description": "1 is best; null when dropped."})
    eligible = fields.Boolean(required=True)
    carrier = fields.String(required=True)
    account = fields.String(required=True)
    service = word(SERVICES, required=True)
    carrier_service = fields.String(required=True, metadata={"description": "The carrier's own name of the service."})
    price = fields.Nested(MoneySchema, required=True)
    surcharges = fields.List(fields.Nested(SurchargeSchema), required=True)
    pickup_by = fields.AwareDateTime(required=True, allow_none=True)
    deliver_from = fields.AwareDateTime(required=True, allow_none=True)
    deliver_by = fields.AwareDateTime(required=True, allow_none=True)
    return_way = word(
        [way.value for way in ReturnWay], "How it is handed over on the way back.", required=True, allow_none=True
    )
    expires_at = fields.AwareDateTime(required=True)
    co2e_g = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Grams of CO2e of this delivery, well to wheel."}
    )
    shown_price = fields.Nested(
        MoneySchema, required=True, metadata={"description": "What a buyer is shown: the price, marked up by rules."}
    )
    outlook = fields.Nested(OutlookSchema, required=True)
    score = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The sum of all penalties; the lowest is best."}
    )
    verdicts = fields.List(fields.Nested(VerdictSchema), required=True)


class CarrierResultSchema(Shown):
    """How one account answered."""

    account = fields.String(required=True)
    carrier = fields.String(required=True)
    state = word([state.value for state in ResultState], required=True)
    latency_ms = fields.Integer(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)


class ShownRateSchema(Shown):
    """A rate as a checkout's buyer saw it."""

    code = fields.String(required=True, metadata={"description": "What the shop's order knows it by."})
    offer_id = fields.String(required=True)
    label = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True, metadata={"description": "The buyer's."})
    cost = fields.Nested(MoneySchema, required=True, metadata={"description": "What the carrier was to take."})
    deliver_by = fields.AwareDateTime(required=True, allow_none=True)


class CheckoutPromiseSchema(Shown):
    """What a checkout's buyer was shown."""

    connection_id = fields.String(required=True)
    fallback = fields.Boolean(
        required=True, metadata={"description": "From the fallback table, because no carrier gave a rate."}
    )
    rates = fields.List(fields.Nested(ShownRateSchema), required=True)


class QuoteSchema(Shown):
    """Ranked offers, reasons, and who did not answer."""

    id = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    zone = fields.String(required=True, allow_none=True)
    recommended_offer_id = fields.String(required=True, allow_none=True)
    last_resort = fields.Nested(LastResortSchema, required=True, allow_none=True)
    offers = fields.List(
        fields.Nested(OfferSchema),
        required=True,
        metadata={"description": "Best first; the dropped ones last, each with the sentence that dropped it."},
    )
    carrier_results = fields.List(fields.Nested(CarrierResultSchema), required=True)
    checkout = fields.Nested(
        CheckoutPromiseSchema, required=True, allow_none=True, metadata={"description": "Null unless a checkout asked."}
    )
    metadata = fields.Dict(required=True, keys=fields.String(), values=fields.String())
    reference = fields.String(required=True, allow_none=True)
