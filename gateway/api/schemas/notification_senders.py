"""Senders of notifications, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from gateway.api.schemas.fields import Given, Shown, coded, text, whole, word
from gateway.api.schemas.notifications import CHANNELS

ACCOUNT_SID = r"^AC[0-9a-fA-F]{32}$"
SERVICE_SID = r"^MG[0-9a-fA-F]{32}$"
TWILIO_FROM = r"^(\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11})$"
CONTACT = r"^(mailto:[^\s@<>\"]{1,64}@[A-Za-z0-9.-]{1,253}|https://[A-Za-z0-9.-]{1,253}(/[^\s<>\"]{0,200})?)$"
SIMULATOR = r"^http://127\.0\.0\.1:[0-9]{2,5}$"


class SmtpSchema(Given):
    """A mail server."""

    host = text(253, least=1, required=True)
    port = whole(1, 65535, "Left out: 465 with tls, 587 with starttls, 25 with none.")
    security = word(["starttls", "tls", "none"], "none: unencrypted, without credentials.", load_default="starttls")
    username = text(254)
    password = text(500, "Write-only; left out, the one that is stored stays.")
    from_ = text(254, "The sender's address.", least=3, required=True, data_key="from")
    from_name = text(60, "Beside it.")
    reply_to = text(254, "Where answers go.")

    @validates_schema
    def is_safe(self, data: dict[str, Any], **_: object) -> None:
        """Credentials are never sent unencrypted."""
        if data["security"] == "none" and (data["username"] or data["password"]):
            raise ValidationError({"security": ["Credentials are not sent unencrypted: use starttls or tls."]})


class TwilioSchema(Given):
    """An account at Twilio."""

    account_sid = coded(ACCOUNT_SID, required=True)
    auth_token = text(100, "Write-only; left out, the one that is stored stays.")
    from_ = coded(TWILIO_FROM, "A number, or for SMS a name of up to 11 characters.", data_key="from")
    messaging_service_sid = coded(SERVICE_SID, "Instead of `from`.")
    api_url = coded(SIMULATOR, "A simulator on this machine, where the gateway allows it.")


class PushSchema(Given):
    """Push messages to browsers that ask for them on the page of their parcel. The keys are the gateway's own."""

    contact = coded(CONTACT, "mailto: or https: where push services write to you.", required=True)


class SenderPutSchema(Given):
    """The way out for a channel: `smtp` for email, `twilio` for sms and whatsapp, `push` for push."""

    smtp = fields.Nested(SmtpSchema)
    twilio = fields.Nested(TwilioSchema)
    push = fields.Nested(PushSchema)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> tuple[str, dict[str, Any]]:
        """Which, and what."""
        if len(data) != 1:
            raise ValidationError("Give one of smtp, twilio and push.")
        ((kind, options),) = data.items()
        renamed = {name.rstrip("_"): value for name, value in options.items() if value not in ("", None)}
        return kind, renamed


class SenderSchema(Shown):
    """A sender without its secrets, and how it does."""

    id = fields.String(required=True)
    channel = word(CHANNELS, required=True)
    mode = word(["test", "live"], required=True)
    options = fields.Dict(required=True)
    receipts_url = fields.String(required=True, allow_none=True)
    replies_url = fields.String(
        required=True, allow_none=True, metadata={"description": "Enter it at the provider, so that STOP is heard."}
    )
    failures = fields.Integer(required=True, metadata={"description": "In a row."})
    resting_until = fields.AwareDateTime(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)
    updated_at = fields.AwareDateTime(required=True)


class SenderListSchema(Shown):
    """The merchant's senders of one mode."""

    data = fields.List(fields.Nested(SenderSchema), required=True)


class SenderCheckSchema(Shown):
    """Whether a sender can be reached with its credentials."""

    ok = fields.Boolean(required=True)
    why = fields.String(required=True, allow_none=True)
