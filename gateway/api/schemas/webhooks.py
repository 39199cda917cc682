"""Merchants' webhook endpoints and what was sent there, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from gateway.api.schemas.fields import Given, Shown, coded, flag, moment, text, whole, word
from gateway.domain.messages import DeliveryState
from gateway.services.merchant_webhooks import MESSAGE_TYPES, ReplayAsk

LONGEST_URL = 2048
LONGEST_OVERLAP_H = 168
MESSAGE_ID = r"^msg_[0-9A-HJKMNP-TV-Z]{26}$"
STATES = ["enabled", "disabled"]


def _url(**kwargs: Any) -> fields.String:
    return text(LONGEST_URL, "https, on a public address.", least=8, **kwargs)


def _types(**kwargs: Any) -> fields.List[str]:
    return fields.List(
        word(list(MESSAGE_TYPES)),
        validate=validate.Length(max=len(MESSAGE_TYPES)),
        metadata={"description": "Left out or empty: all."},
        **kwargs,
    )


class NewEndpointSchema(Given):
    """Where to send webhooks, and which."""

    url = _url(required=True)
    types = _types(load_default=list)


class EndpointChangeSchema(Given):
    """What to change of an endpoint; what is left out stays."""

    url = _url()
    types = _types()
    state = word(STATES, "Enabling it anew forgets its failures; what it missed is sent by a replay.")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Without a URL that was not given."""
        return {name: value for name, value in data.items() if value not in (None, "")}


class RotationSchema(Given):
    """How to replace a signing secret."""

    overlap_h = whole(0, LONGEST_OVERLAP_H, "How many hours the old secret signs too; 24 unless set otherwise.")


class ReplaySchema(Given):
    """What to send again: exactly one of `message_id`, `failed` and `since`."""

    message_id = coded(MESSAGE_ID, "This one.")
    failed = flag("Everything that was given up, or was waiting when the endpoint was disabled.", load_default=False)
    since = moment("Everything written from then on, 30 days back at most, that the endpoint wants.")
    after = coded(MESSAGE_ID, "`more_after` of the answer before, to go on.")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ReplayAsk:
        """To a ReplayAsk."""
        chosen = [name for name in ("message_id", "failed", "since") if data[name]]
        if len(chosen) != 1:
            raise ValidationError("Give exactly one of message_id, failed and since.")
        return ReplayAsk(**data)


class EndpointSchema(Shown):
    """A webhook endpoint without its secret, and how it does."""

    id = fields.String(required=True)
    mode = word(["test", "live"], required=True)
    url = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    state = word(STATES, required=True)
    why = fields.String(required=True, allow_none=True)
    failures = fields.Integer(required=True, metadata={"description": "Failed tries in a row."})
    failing_since = fields.AwareDateTime(required=True, allow_none=True)
    resting_until = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Nothing is sent before; then one message, to see."}
    )
    old_secret_until = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Until then a rotated secret signs too."}
    )
    created_at = fields.AwareDateTime(required=True)


class MadeEndpointSchema(EndpointSchema):
    """An endpoint with a new signing secret, which no other answer shows."""

    secret = fields.String(required=True)


class EndpointListSchema(Shown):
    """The merchant's endpoints of one mode."""

    data = fields.List(fields.Nested(EndpointSchema), required=True)


class SentAgainSchema(Shown):
    """How much is being sent again."""

    count = fields.Integer(required=True)
    more_after = fields.String(
        required=True, allow_none=True, metadata={"description": "Set when more is left: ask again with it as `after`."}
    )


class SentTestSchema(Shown):
    """The test message that is on its way."""

    message_id = fields.String(required=True)


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


class TrySchema(Shown):
    """One try: what was sent (its body is the delivery's), what came back, and how long that took."""

    number = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    url = fields.String(required=True, metadata={"description": "Without its query."})
    headers = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "Signatures are hidden."}
    )
    body_sha256 = fields.String(required=True, metadata={"description": "Of the bytes sent; the same on every try."})
    status = fields.Integer(required=True, allow_none=True)
    duration_ms = fields.Integer(required=True)
    response_head = fields.String(
        required=True, metadata={"description": "At most 2 KiB; what looks like a credential or an address is hidden."}
    )
    error = fields.String(required=True, allow_none=True)


class DeliveryFileSchema(DeliverySchema):
    """A delivery with the log of its tries, oldest first."""

    tries = fields.List(fields.Nested(TrySchema), required=True)


class DeliveryPageSchema(Shown):
    """One page of deliveries."""

    data = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
