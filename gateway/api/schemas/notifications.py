"""Telling recipients, in and out."""

from __future__ import annotations

from datetime import time
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from gateway.api.schemas.facilities import CLOCK
from gateway.api.schemas.fields import Given, Pattern, Shown, coded, entries, text, whole, word
from gateway.domain.notification_events import notification_events
from gateway.domain.notifications import Channel, NotificationSettings, NotificationState, QuietHours

CHANNELS = [channel.value for channel in Channel]
EVENTS = list(notification_events())
PREFIX = r"^\+[1-9][0-9]{0,6}$"
PART = r"^[a-z][a-z0-9_]{0,31}$"
LANGUAGE = r"^[a-z]{2}$"
MOST_RECIPIENTS = 100
LONGEST_PART = 20_000


def _channels(what: str, **kwargs: Any) -> fields.List[str]:
    return fields.List(
        word(CHANNELS), validate=validate.Length(max=len(CHANNELS)), metadata={"description": what}, **kwargs
    )


class QuietHoursSchema(Given):
    """From when to when nothing is sent, by the recipient's clock."""

    start = coded(CLOCK, required=True)
    end = coded(CLOCK, required=True)
    channels = _channels("Over these.", load_default=lambda: list(QuietHours().channels))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> QuietHours:
        """To the domain's QuietHours."""
        start, end = (time.fromisoformat(data[name]) for name in ("start", "end"))
        if start == end:
            raise ValidationError({"end": ["The quiet hours end when they begin; use null for none."]})
        return QuietHours(start=start, end=end, channels=tuple(data["channels"]))


class NotificationSettingsPutSchema(Given):
    """What recipients are told; what is left out is the default. In whose name says /v1/brand."""

    timezone = text(64, "IANA; where the recipient's own is not known.")
    events = entries(
        _channels("Over these; none: it is not told."),
        f"Channels by event, where they are to differ from the defaults: {', '.join(EVENTS)}.",
        load_default=dict,
    )
    quiet = fields.Nested(
        QuietHoursSchema,
        allow_none=True,
        load_default=QuietHours,
        metadata={"description": "null: none. Left out: 21:00 to 08:00 for text messages."},
    )
    test_recipients = fields.List(
        text(254, least=2),
        load_default=list,
        validate=validate.Length(max=MOST_RECIPIENTS),
        metadata={"description": "Whom test shipments may reach: addresses, numbers, or @domain. Nobody else."},
    )
    phone_prefixes = fields.List(
        coded(PREFIX),
        load_default=list,
        validate=validate.Length(max=MOST_RECIPIENTS),
        metadata={"description": "Text messages go to these only, such as +47. None: to all."},
    )
    texts_per_day = whole(1, 50, "So many text messages to one recipient within 24 hours.", load_default=6)
    reminder_h = whole(0, 336, "When to remind of a parcel that waits; 0: never.", load_default=48)
    keep_days = whole(0, 60, "How many days points keep parcels, the first included; 0: not known.", load_default=0)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> NotificationSettings:
        """To the domain's NotificationSettings."""
        if unknown := sorted(set(data["events"]) - set(EVENTS)):
            raise ValidationError({"events": {unknown[0]: [f"There are {', '.join(EVENTS)}."]}})
        for name in ("test_recipients", "phone_prefixes"):
            data[name] = tuple(data[name])
        data["events"] = {name: tuple(channels) for name, channels in data["events"].items()}
        return NotificationSettings(**data)


class NotificationSettingsSchema(Shown):
    """What holds; `effective` are the channels of every event."""

    timezone = fields.String(required=True)
    events = fields.Dict(required=True, values=fields.List(fields.String()))
    quiet = fields.Nested(QuietHoursSchema, required=True, allow_none=True)
    test_recipients = fields.List(fields.String(), required=True)
    phone_prefixes = fields.List(fields.String(), required=True)
    texts_per_day = fields.Integer(required=True)
    reminder_h = fields.Integer(required=True)
    keep_days = fields.Integer(required=True)
    effective = fields.Dict(required=True, values=fields.List(fields.String()))


def _controls(value: str) -> None:
    if any((ord(each) < 32 and each not in "\n\t") or 127 <= ord(each) < 160 for each in value):
        raise ValidationError("Control characters are not allowed, besides line feeds.")


def _parts(**kwargs: Any) -> Any:
    part = fields.String(validate=[validate.Length(min=1, max=LONGEST_PART), _controls])
    return entries(
        part,
        "email: subject, heading, body, button, mjml; sms: text; push: subject, text; whatsapp: text, content_sid, "
        "content_1 to content_5.",
        most=10,
        pattern=PART,
        **kwargs,
    )


class TemplatePutSchema(Given):
    """Own words; parts that are left out stay those that come with the gateway."""

    parts = _parts(required=True)


class TemplateSearchSchema(Given):
    """Which templates."""

    event = word(["", *EVENTS], load_default="")
    channel = word(["", *CHANNELS], load_default="")
    language = fields.String(load_default="", validate=Pattern(f"|{LANGUAGE}"))


class TemplateSchema(Shown):
    """A template as it holds."""

    event = word(EVENTS, required=True)
    channel = word(CHANNELS, required=True)
    language = fields.String(required=True)
    own = fields.Boolean(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    updated_at = fields.AwareDateTime(required=True, allow_none=True)


class TemplateListSchema(Shown):
    """Templates as they hold."""

    data = fields.List(fields.Nested(TemplateSchema), required=True)


class PreviewAskSchema(Given):
    """What to show: the stored template, or `parts` not stored yet; with an example, or a shipment of yours."""

    event = word(EVENTS, required=True)
    channel = word(CHANNELS, required=True)
    language = coded(LANGUAGE, required=True)
    parts = _parts(load_default=None, allow_none=True)
    shipment_id = text(64, "As if its event were now; nothing is sent.", allow_none=True)


class PreviewSchema(Shown):
    """A template filled in; lengths of text messages include the link."""

    language = fields.String(required=True)
    subject = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    html = fields.String(required=True, allow_none=True)
    encoding = fields.String(required=True, allow_none=True, metadata={"description": "GSM-7 or UCS-2."})
    characters = fields.Integer(required=True, allow_none=True)
    segments = fields.Integer(required=True, allow_none=True)


class NotificationSchema(Shown):
    """One thing told to a recipient, or not told, and why. Neither its text nor the address is kept."""

    id = fields.String(required=True)
    event = word(EVENTS, required=True)
    channel = word(CHANNELS, required=True)
    state = word(
        [state.value for state in NotificationState],
        "dropped: not sent on purpose. unknown: it may have been sent, and is not sent again.",
        required=True,
    )
    why = fields.String(required=True, allow_none=True)
    recipient = fields.String(required=True, allow_none=True, metadata={"description": "Enough to recognise it by."})
    language = fields.String(required=True, allow_none=True)
    size = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Bytes of a mail, segments of a text message."}
    )
    attempts = fields.Integer(required=True)
    resent = fields.Integer(required=True, metadata={"description": "0, or the how manieth resending it is."})
    provider_id = fields.String(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    useful_until = fields.AwareDateTime(required=True)
    created_at = fields.AwareDateTime(required=True)
    sent_at = fields.AwareDateTime(required=True, allow_none=True)
    receipt_at = fields.AwareDateTime(required=True, allow_none=True)


class NotificationListSchema(Shown):
    """What the recipient of a shipment was told, oldest first."""

    data = fields.List(fields.Nested(NotificationSchema), required=True)


class NewBlockSchema(Given):
    """A recipient who is told nothing more over a channel."""

    channel = word(CHANNELS, required=True)
    address = text(254, "E-mail address or E.164 number. Not kept: only a keyed digest is.", least=3, required=True)
    kind = word(["opt_out", "bounce"], load_default="opt_out")
    why = text(200, "For people.")


class BlockSchema(Shown):
    """A recipient who is told nothing over a channel."""

    id = fields.String(required=True)
    channel = word(CHANNELS, required=True)
    recipient = fields.String(required=True, metadata={"description": "Enough to recognise it by."})
    kind = word(["opt_out", "bounce"], required=True)
    why = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)


class BlockPageSchema(Shown):
    """One page of blocks."""

    data = fields.List(fields.Nested(BlockSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ReceiptQuerySchema(Given):
    """For which notification a receipt is."""

    notification = fields.String(load_default="", validate=validate.Length(max=64))
