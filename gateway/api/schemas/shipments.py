"""Shipments in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.api.schemas.facilities import AtFacility, OriginSchema
from gateway.api.schemas.fields import Given, Shown, counted, cursor, moment, text, word
from gateway.api.schemas.proofs import ProofShownSchema
from gateway.api.schemas.quotes import (
    MOST_PARCELS,
    SERVICES,
    QuoteAskSchema,
    to_ask,
)
from gateway.api.schemas.returns import WAYS, ReturnShownSchema
from gateway.api.schemas.tracking import STATUSES, EtaSchema, PromiseSchema, action_required, attributable
from gateway.api.schemas.values import AddressSchema, MoneySchema, ParcelSchema
from gateway.domain.checkouts import offer_in, point_in
from gateway.domain.plausibility import KINDS
from gateway.domain.shipments import BookingRef, LabelFormat, LabelKind, ShipmentState, TenderState
from gateway.domain.tracking import Leg
from gateway.services.shipments import BookAsk

LABELS = [kind.value for kind in LabelKind]
STATES = [state.value for state in ShipmentState]
SAID_IN_THE_QUOTE = (
    "parcels",
    "ready_at",
    "window",
    "services",
    "requirements",
    "policy",
    "deadline_ms",
)


class BookSchema(QuoteAskSchema):
    """Either `quote_id` (with `offer_id` for one very offer), `offer_id` alone, or everything a quote needs.

    With a quote, `origin` and `destination` complete its addresses, `metadata` is laid over its own, `service_point`
    chooses one where it named none.
    """

    origin = fields.Nested(OriginSchema)
    destination = fields.Nested(AddressSchema)
    parcels = fields.List(fields.Nested(ParcelSchema), validate=validate.Length(min=1, max=MOST_PARCELS))
    quote_id = text(64, allow_none=True)
    offer_id = text(
        160,
        "This offer or none: its id, or the code under which a checkout knows it, which also says its quote. "
        "Left out: the policy's ranking, down the list.",
        allow_none=True,
    )
    label_format = word(LABELS, load_default="pdf")
    ordered_at = moment("When the buyer ordered it: what “from the order to the door” counts from.", allow_none=True)
    reference = text(100, "Your own number of the order: unique for the life of the shipment.", allow_none=True)

    @validates_schema(pass_original=True)
    def quote_or_shipment(self, data: dict[str, Any], original: Mapping[str, object], **_: object) -> None:
        """One of the two forms."""
        if data["quote_id"] or offer_in(data["offer_id"])[0]:
            twice = [name for name in SAID_IN_THE_QUOTE if original.get(name) is not None]
            if twice:
                raise ValidationError({name: ["Was said in the quote; leave it out."] for name in twice})
            if isinstance(data.get("origin"), AtFacility):
                raise ValidationError({"origin": {"facility": ["Was said in the quote; leave it out."]}})
            return
        if data["offer_id"]:
            raise ValidationError("It does not say which quote it belongs to; give quote_id too.", "quote_id")
        missing = [name for name in ("origin", "destination", "parcels") if name not in data]
        if missing:
            raise ValidationError({name: ["Missing data for required field."] for name in missing})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """To a BookAsk."""
        carrier, _, point = data["service_point"].partition(":")
        of_quote, offer_id = offer_in(data["offer_id"])
        shown = point_in(data["offer_id"])
        if shown[1] and data["service_point"] not in ("", ":".join(shown)):
            raise ValidationError("The buyer chose another one, says the offer's code.", "service_point")
        return BookAsk(
            quote_id=data["quote_id"],
            offer_id=offer_id or data["offer_id"],
            ask=None if data["quote_id"] or of_quote else to_ask(data),
            origin=None if isinstance(data.get("origin"), AtFacility) else data.get("origin"),
            destination=data.get("destination"),
            reference=data["reference"],
            service_point=shown[1] or (point if data["quote_id"] or of_quote else ""),
            service_point_carrier=shown[0] or (carrier if data["quote_id"] or of_quote else ""),
            metadata=data["metadata"],
            ordered_at=data["ordered_at"],
            label_format=LabelFormat(kind=LabelKind(data["label_format"])),
        )


class ResolveSchema(Given):
    """A person's word on a booking whose outcome is unknown."""

    outcome = word(["booked", "not_booked"], required=True)
    carrier_reference = text(64, "The carrier's number of the booking; needed when it is booked.", allow_none=True)
    tracking_number = text(64, "Left out: the same as carrier_reference.", allow_none=True)
    note = text(500, "Who found out, and how.", least=3, required=True)

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


class ShipmentSearchSchema(Given):
    """What a list of shipments is narrowed by."""

    reference = text(100)
    tracking_number = text(64)
    status = word(STATUSES, load_default=str)
    state = word(STATES, load_default=str)
    account = text(64, "An account's name.")
    q = text(100, "Any id, name, e-mail, postcode, or the end of a phone number.")
    created_after = moment()
    limit = counted(1, 200, load_default=50)
    cursor = cursor()


class LabelQuerySchema(Given):
    """Which label."""

    format = word(LABELS, "Left out: the format it was booked with.", load_default=str)


class TenderSchema(Shown):
    """One carrier's answer to one tender."""

    id = fields.String(required=True)
    account = fields.String(required=True)
    carrier = fields.String(required=True)
    state = word([state.value for state in TenderState], required=True)
    why = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class CaseSchema(Shown):
    """Something a person must settle."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    why = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    resolution = fields.String(required=True)


class ParcelStatusSchema(Shown):
    """Where one parcel is."""

    tracking_number = fields.String(required=True)
    status = word(STATUSES, required=True)


class LabelSchema(Shown):
    """Where the label is."""

    format = word(LABELS, required=True)
    state = word(["ready", "at_carrier"], required=True)
    href = fields.String(required=True)


class ShipmentSummarySchema(Shown):
    """A shipment as lists show it. `state` is the booking's progress, `status` where the parcels are."""

    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    state = word(STATES, required=True)
    why = fields.String(required=True, allow_none=True)
    status = word(STATUSES, required=True)
    reason = fields.String(required=True)
    phase = fields.String(required=True)
    return_of = fields.String(
        required=True, allow_none=True, metadata={"description": "The shipment that this one brings back."}
    )
    account = fields.String(required=True, allow_none=True)
    carrier = fields.String(required=True, allow_none=True)
    service = word(SERVICES, required=True, allow_none=True)
    tracking_number = fields.String(required=True, allow_none=True)
    carrier_tracking_url = fields.String(required=True, allow_none=True)
    tracking_url = fields.String(required=True, allow_none=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    promised_price = fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={"description": "What a checkout's offer was to cost; a difference to `price` is the merchant's."},
    )
    promise = fields.Nested(PromiseSchema, required=True)
    eta = fields.Nested(EtaSchema, required=True, allow_none=True)
    leg = word([leg.value for leg in Leg], "Towards the recipient, or back to the sender.", required=True)
    attempts = fields.Integer(required=True)
    status_conflict = fields.Boolean(
        required=True, metadata={"description": "The carrier contradicts itself; we show the less certain word."}
    )
    alarms = fields.List(
        word(list(KINDS)), required=True, metadata={"description": "Kinds of open cases about its plausibility."}
    )
    status_at = fields.AwareDateTime(required=True, allow_none=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    last_progress_status = fields.String(required=True, allow_none=True)
    attributable_to = attributable()
    action_required_by = action_required()
    recipient_sentence = fields.String(required=True)
    parcel_statuses = fields.List(
        fields.Nested(ParcelStatusSchema),
        required=True,
        metadata={"description": "Of each parcel, where its carrier tells them apart; the last one decides `status`."},
    )
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True, metadata={"description": "Grows with every change."})


class ShipmentSchema(ShipmentSummarySchema):
    """A shipment with everything that hangs on it."""

    quote_id = fields.String(required=True)
    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    facility = fields.String(
        required=True, allow_none=True, metadata={"description": "The code of the facility it leaves from."}
    )
    origin = fields.Nested(AddressSchema, required=True)
    destination = fields.Nested(AddressSchema, required=True)
    service_point = fields.String(
        required=True, allow_none=True, metadata={"description": "Where it is collected, if not at the destination."}
    )
    parcels = fields.List(fields.Nested(ParcelSchema), required=True)
    label = fields.Nested(LabelSchema, required=True, allow_none=True)
    return_way = word(WAYS, "How a return is handed over.", required=True, allow_none=True)
    drop_off_codes = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "What is told, or written on the parcels, where a return is handed in without label."},
    )
    returns = fields.List(fields.Nested(ReturnShownSchema), required=True)
    tenders = fields.List(fields.Nested(TenderSchema), required=True)
    cases = fields.List(fields.Nested(CaseSchema), required=True)
    proof_of_delivery = fields.Nested(ProofShownSchema, required=True, allow_none=True)
    metadata = fields.Dict(required=True, keys=fields.String(), values=fields.String())
    ordered_at = fields.AwareDateTime(required=True, allow_none=True)


class ShipmentPageSchema(Shown):
    """One page of shipments."""

    data = fields.List(fields.Nested(ShipmentSummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
