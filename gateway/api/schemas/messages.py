"""What webhooks and live updates carry. Thin on purpose: ids and words, no names and no addresses."""

from __future__ import annotations

from marshmallow import fields, validate

from gateway.api.schemas.fields import Given, Shown, counted, text, word
from gateway.services.merchant_webhooks import MESSAGE_TYPES

SEQUENCE = {"description": "Counts the messages about this one subject from 1, without gaps: sort by it."}
LONGEST_STREAM_S = 3600


class ShipmentNewsSchema(Shown):
    """About a shipment, as it was right after the change."""

    mode = word(["test", "live"], required=True)
    shipment_id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    status = fields.String(required=True)
    reason = fields.String(required=True)
    attempts = fields.Integer(required=True)
    tracking_number = fields.String(required=True, allow_none=True)
    price_variance = fields.String(required=True, allow_none=True)
    sequence = fields.Integer(required=True, metadata=SEQUENCE)


class TrackerNewsSchema(Shown):
    """About a number that was not booked here."""

    mode = word(["test", "live"], required=True)
    tracker_id = fields.String(required=True)
    tracking_number = fields.String(required=True)
    status = fields.String(required=True)
    reason = fields.String(required=True)
    sequence = fields.Integer(required=True, metadata=SEQUENCE)


class EndpointNewsSchema(Shown):
    """About one of your webhook endpoints."""

    mode = word(["test", "live"], required=True)
    endpoint_id = fields.String(required=True)
    state = word(["enabled", "disabled"], required=True)
    why = fields.String(required=True, allow_none=True)
    failing_since = fields.AwareDateTime(required=True, allow_none=True)
    waiting = fields.Integer(required=True, allow_none=True)
    sequence = fields.Integer(required=True, metadata=SEQUENCE)


def _types(about: str) -> fields.String:
    return word([name for name in MESSAGE_TYPES if name.startswith(f"{about}.")], required=True)


class _Message(Shown):
    """A message: what happened, when, and the data."""

    timestamp = fields.AwareDateTime(required=True, metadata={"description": "When it was written, not when sent."})


class ShipmentMessageSchema(_Message):
    """Something happened to a shipment."""

    type = _types("shipment")
    data = fields.Nested(ShipmentNewsSchema, required=True)


class TrackerMessageSchema(_Message):
    """Something happened to a number that was not booked here."""

    type = _types("tracker")
    data = fields.Nested(TrackerNewsSchema, required=True)


class EndpointMessageSchema(_Message):
    """Something happened to a webhook endpoint."""

    type = _types("endpoint")
    data = fields.Nested(EndpointNewsSchema, required=True)


class StreamQuerySchema(Given):
    """How long a stream lasts."""

    for_s = counted(
        0,
        LONGEST_STREAM_S,
        "End after so many seconds; 0: after what was missed. Never longer than the gateway allows.",
    )


class MerchantStreamQuerySchema(StreamQuerySchema):
    """What of a merchant's messages a stream tells, and how long."""

    types = text(1000, "Types with commas between them; left out: all.")


class ShipmentStreamQuerySchema(StreamQuerySchema):
    """From where on a shipment's messages are told, and how long."""

    after = fields.Integer(
        load_default=None,
        validate=validate.Range(min=0, max=2**31 - 1),
        metadata={"description": "Messages with a larger `sequence`, where no Last-Event-ID is sent; else new ones."},
    )
