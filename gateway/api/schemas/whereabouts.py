"""What is known of a shipment's way, in our shape and in three others'."""

from __future__ import annotations

from marshmallow import fields

from gateway.api.schemas.fields import Shown, word
from gateway.api.schemas.shipments import ParcelStatusSchema
from gateway.api.schemas.tracking import STATUSES, EtaSchema, EventSchema, PromiseSchema, action_required, attributable
from gateway.domain.plausibility import KINDS
from gateway.domain.tracking import Leg

LEGS = [leg.value for leg in Leg]


class LegSchema(Shown):
    """How far one leg came by itself."""

    leg = word(LEGS, required=True)
    status = word(STATUSES, required=True)
    reason = fields.String(required=True)
    status_at = fields.AwareDateTime(required=True, allow_none=True)


class AttemptSchema(Shown):
    """The courier at the door; the last one may be the delivery."""

    number = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    status = word(["attempt_failed", "delivered"], required=True)
    reason = fields.String(required=True)


class ParcelsSchema(Shown):
    """How many there are, how many have arrived, and each one's status where the carrier tells them apart."""

    count = fields.Integer(required=True)
    delivered = fields.Integer(required=True)
    statuses = fields.List(fields.Nested(ParcelStatusSchema), required=True)


class WhereaboutsSchema(Shown):
    """Everything that is known of a shipment's way. Its status is a function of the set of its events."""

    shipment_id = fields.String(required=True)
    tracking_number = fields.String(required=True, allow_none=True)
    status = word(STATUSES, required=True)
    reason = fields.String(required=True)
    phase = fields.String(required=True)
    terminal = fields.Boolean(required=True)
    meaning = fields.String(required=True)
    attributable_to = attributable()
    action_required_by = action_required()
    recipient_sentence = fields.String(required=True)
    status_at = fields.AwareDateTime(required=True, allow_none=True)
    last_progress_status = word(STATUSES, "How far it had come, whatever trouble there is.", required=True)
    status_conflict = fields.Boolean(required=True)
    alarms = fields.List(word(list(KINDS)), required=True)
    leg = word(LEGS, required=True)
    legs = fields.List(fields.Nested(LegSchema), required=True)
    attempts = fields.List(fields.Nested(AttemptSchema), required=True)
    parcels = fields.Nested(ParcelsSchema, required=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    promise = fields.Nested(PromiseSchema, required=True)
    eta = fields.Nested(EtaSchema, required=True, allow_none=True)
    events = fields.List(fields.Nested(EventSchema), required=True)


class StatusSchema(Shown):
    """One of the 17 statuses. Of two events of one moment the one with the higher rank decides."""

    status = word(STATUSES, required=True)
    phase = fields.String(required=True)
    terminal = fields.Boolean(required=True)
    rank = fields.Integer(required=True)
    meaning = fields.String(required=True)
    recipient_sentence = fields.String(required=True)


class ReasonSchema(Shown):
    """One reason. New ones are added."""

    reason = fields.String(required=True)
    attributable_to = attributable()
    action_required_by = action_required()
    meaning = fields.String(required=True)
    recipient_sentence = fields.String(required=True)


class StatusListSchema(Shown):
    """The words of tracking."""

    statuses = fields.List(fields.Nested(StatusSchema), required=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)
