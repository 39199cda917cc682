"""Shipments in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.api.schemas.quotes import SERVICES, OfferSchema, QuoteAskSchema, to_ask
from gateway.api.schemas.values import AddressSchema, MoneySchema, ParcelSchema, text, whole
from gateway.domain.shipments import BookingRef, LabelFormat, LabelKind, ShipmentState, TenderState
from gateway.services.shipments import BookAsk

LABELS = [kind.value for kind in LabelKind]
STATES = [state.value for state in ShipmentState]


class BookSchema(QuoteAskSchema):
    """Either `quote_id` (with `offer_id` for one very offer) or everything a quote needs."""

    origin = fields.Nested(AddressSchema)
    destination = fields.Nested(AddressSchema)
    parcels = fields.List(fields.Nested(ParcelSchema), validate=validate.Length(min=1, max=50))
    quote_id = text(64)
    offer_id = text(64)
    label_format = fields.String(load_default="pdf", validate=validate.OneOf(LABELS))

    @validates_schema
    def quote_or_shipment(self, data: dict[str, Any], **_: object) -> None:
        """One of the two forms."""
        if data["quote_id"]:
            for name in ("parcels", "window", "services", "ready_at"):
                if data.get(name):
                    raise ValidationError("Was said in the quote; leave it out.", name)
            return
        if data["offer_id"]:
            raise ValidationError("An offer belongs to a quote; give quote_id too.", "quote_id")
        for name in ("origin", "destination", "parcels"):
            if name not in data:
                raise ValidationError("Missing data for required field.", name)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """To a BookAsk."""
        return BookAsk(
            quote_id=data["quote_id"],
            offer_id=data["offer_id"],
            ask=None if data["quote_id"] else to_ask(data),
            origin=data.get("origin"),
            destination=data.get("destination"),
            reference=data["reference"] or "",
            label_format=LabelFormat(kind=LabelKind(data["label_format"])),
        )


class ResolveSchema(Schema):
    """A person's word on a booking whose outcome is unknown."""

    outcome = fields.String(required=True, validate=validate.OneOf(["booked", "not_booked"]))
    carrier_reference = text(64)
    tracking_number = text(64)
    note = fields.String(required=True, validate=validate.Length(min=3, max=500))

    @validates_schema
    def numbers(self, data: dict[str, Any], **_: object) -> None:
        """Booked needs the carrier's number."""
        if data["outcome"] == "booked" and not data["carrier_reference"]:
            raise ValidationError("Give the carrier's number of the booking.", "carrier_reference")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """(BookingRef or None, note)."""
        if data["outcome"] == "not_booked":
            return None, data["note"]
        reference = data["carrier_reference"]
        number = data["tracking_number"] or reference
        return BookingRef(carrier_reference=reference, tracking_number=number), data["note"]


class ShipmentListSchema(Schema):
    """What a list of shipments is narrowed by."""

    reference = text(100)
    tracking_number = text(64)
    status = text(32)
    state = fields.String(load_default="", validate=validate.OneOf(["", *STATES]))
    account = text(64)
    q = text(100)
    created_after = fields.AwareDateTime(format="iso", load_default=None)
    limit = whole(least=1, most=200, load_default=50)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))


class TenderSchema(Schema):
    """One carrier's answer to one tender."""

    id = fields.String(required=True)
    account = fields.String(required=True)
    carrier = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in TenderState]))
    why = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class CaseSchema(Schema):
    """Something a person must settle."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    why = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    resolution = fields.String(required=True)


class ShipmentSummarySchema(Schema):
    """A shipment as lists show it."""

    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    why = fields.String(required=True, allow_none=True)
    status = fields.String(required=True)
    reason = fields.String(required=True)
    phase = fields.String(required=True)
    account = fields.String(required=True, allow_none=True)
    carrier = fields.String(required=True, allow_none=True)
    service = fields.String(required=True, allow_none=True, validate=validate.OneOf(SERVICES))
    tracking_number = fields.String(required=True, allow_none=True)
    carrier_tracking_url = fields.String(required=True, allow_none=True)
    tracking_url = fields.String(required=True, allow_none=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    promise = fields.Dict(required=True)
    attempts = fields.Integer(required=True)
    status_conflict = fields.Boolean(required=True)
    status_at = fields.AwareDateTime(required=True, allow_none=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    last_progress_status = fields.String(required=True, allow_none=True)
    action_required_by = fields.String(required=True)
    recipient_sentence = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True)


class ShipmentSchema(ShipmentSummarySchema):
    """A shipment with everything that hangs on it."""

    quote_id = fields.String(required=True)
    policy = fields.String(required=True)
    destination = fields.Dict(required=True)
    origin = fields.Dict(required=True)
    label = fields.Dict(required=True, allow_none=True)
    tenders = fields.List(fields.Nested(TenderSchema), required=True)
    cases = fields.List(fields.Nested(CaseSchema), required=True)
    proof_of_delivery = fields.Dict(required=True, allow_none=True)
    metadata = fields.Dict(required=True)


class ShipmentPageSchema(Schema):
    """One page of shipments."""

    data = fields.List(fields.Nested(ShipmentSummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class DecisionSchema(Schema):
    """Why this carrier: every offer, every rule's sentence, every tender."""

    shipment_id = fields.String(required=True)
    quote_id = fields.String(required=True)
    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    zone = fields.String(required=True, allow_none=True)
    chosen_offer_id = fields.String(required=True, allow_none=True)
    offers = fields.List(fields.Nested(OfferSchema), required=True)
    carrier_results = fields.List(fields.Dict(), required=True)
    tenders = fields.List(fields.Nested(TenderSchema), required=True)
