"""Merchants' webhook endpoints and what was sent there, in and out."""

from __future__ import annotations

from marshmallow import fields, validate

from gateway.api.schemas.fields import Given, Shown, text, word
from gateway.domain.messages import DeliveryState
from gateway.services.merchant_webhooks import MESSAGE_TYPES

LONGEST_URL = 2048


class NewEndpointSchema(Given):
    """Where to send webhooks, and which."""

    url = text(LONGEST_URL, "https, on a public address.", least=8, required=True)
    types = fields.List(
        word(list(MESSAGE_TYPES)),
        load_default=list,
        validate=validate.Length(max=len(MESSAGE_TYPES)),
        metadata={"description": "Left out or empty: all."},
    )


class EndpointSchema(Shown):
    """A webhook endpoint without its secret."""

    id = fields.String(required=True)
    mode = word(["test", "live"], required=True)
    url = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    state = word(["enabled", "disabled"], required=True)
    why = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)


class MadeEndpointSchema(EndpointSchema):
    """A new webhook endpoint: the only answer that shows its signing secret."""

    secret = fields.String(required=True)


class EndpointListSchema(Shown):
    """The merchant's endpoints of one mode."""

    data = fields.List(fields.Nested(EndpointSchema), required=True)


class DeliverySchema(Shown):
    """One message on its way to one endpoint."""

    id = fields.String(required=True)
    message_id = fields.String(required=True)
    state = word([state.value for state in DeliveryState], required=True)
    attempts = fields.Integer(required=True)
    last_status = fields.Integer(required=True, allow_none=True)
    last_error = fields.String(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    body = fields.Dict(required=True)


class DeliveryPageSchema(Shown):
    """One page of deliveries."""

    data = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
