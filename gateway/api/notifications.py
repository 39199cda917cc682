"""/v1/notification-settings, -senders, -templates, -blocks; /v1/shipments/{id}/notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.errors import problem
from gateway.api.notification_examples import (
    BLOCK,
    NOTIFICATION_SETTINGS,
    PREVIEW,
    SMTP_SENDER,
    TEMPLATE,
    TWILIO_SENDER,
)
from gateway.api.notification_shapes import (
    shown_block,
    shown_notification,
    shown_sender,
    shown_settings,
    shown_template,
)
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.notification_senders import (
    SenderCheckSchema,
    SenderListSchema,
    SenderPutSchema,
    SenderSchema,
)
from gateway.api.schemas.notifications import (
    BlockPageSchema,
    BlockSchema,
    NewBlockSchema,
    NotificationListSchema,
    NotificationSchema,
    NotificationSettingsPutSchema,
    NotificationSettingsSchema,
    PreviewAskSchema,
    PreviewSchema,
    TemplateListSchema,
    TemplatePutSchema,
    TemplateSchema,
    TemplateSearchSchema,
)
from gateway.api.schemas.tracking import PageSchema
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.notifications import Channel, NotificationSettings
from gateway.services.idempotency import Run
from gateway.services.notifications.templates import Flawed, TemplateName

blueprint = ApiBlueprint("notifications", __name__, url_prefix="/v1")
SECRETS = ("password", "auth_token")
KINDS: Mapping[Channel, str] = {
    Channel.EMAIL: "smtp",
    Channel.SMS: "twilio",
    Channel.WHATSAPP: "twilio",
    Channel.PUSH: "push",
}


@blueprint.route("/notification-settings")
@requires("admin")
@blueprint.response(200, NotificationSettingsSchema)
def get_notification_settings() -> Response:
    """What recipients are told, in the mode of the key."""
    who = caller()
    return answer(shown_settings(services().notifications.settings(who.merchant_id, who.mode)))


@blueprint.route("/notification-settings", methods=["PUT"])
@requires("admin")
@blueprint.arguments(NotificationSettingsPutSchema, example=NOTIFICATION_SETTINGS)
@blueprint.response(200, NotificationSettingsSchema)
def put_notification_settings(given: NotificationSettings) -> Response:
    """Say what recipients are told from now on, in the mode of the key. What is left out is the default again."""
    who = caller()
    return answer(shown_settings(services().notifications.put_settings(who.merchant_id, who.mode, given)))


@blueprint.route("/notification-senders")
@requires("admin")
@blueprint.response(200, SenderListSchema)
def list_notification_senders() -> Response:
    """The ways out, of the mode of the key. A channel without one tells nobody anything."""
    who = caller()
    return answer(
        {"data": [shown_sender(each) for each in services().notifications.senders(who.merchant_id, who.mode)]}
    )


@blueprint.route("/notification-senders/<channel>", methods=["PUT"])
@requires("admin")
@blueprint.arguments(SenderPutSchema, examples={"email": {"value": SMTP_SENDER}, "sms": {"value": TWILIO_SENDER}})
@blueprint.response(200, SenderSchema)
def put_notification_sender(given: tuple[str, dict[str, Any]], channel: str) -> Response:
    """The way out for `email`, `sms`, `whatsapp` or `push`. From now on recipients are told of what happens then."""
    who, wanted = caller(), _channel(channel)
    kind, options = given
    if kind != KINDS[wanted]:
        raise Unprocessable(f"/{kind}", f"{channel} goes out by {KINDS[wanted]}", "wrong_channel")
    secrets = {name: str(options.pop(name)) for name in SECRETS if name in options}
    return answer(
        shown_sender(services().notifications.put_sender(who.merchant_id, who.mode, wanted, options, secrets))
    )


@blueprint.route("/notification-senders/<channel>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete_notification_sender(channel: str) -> Response:
    """End a channel. What waits for it is dropped."""
    services().notifications.delete_sender(caller().merchant_id, caller().mode, channel)
    return Response(status=204)


@blueprint.route("/notification-senders/<channel>/check", methods=["POST"])
@requires("admin")
@blueprint.response(200, SenderCheckSchema)
@once()
def check_notification_sender(_: Run, channel: str) -> Response:
    """Connect to the mail server and log in. Nothing is sent."""
    why = services().notifications.check_sender(caller().merchant_id, caller().mode, channel)
    return answer({"ok": not why, "why": why or None})


@blueprint.route("/notification-templates")
@requires("admin")
@blueprint.arguments(TemplateSearchSchema, location="query")
@blueprint.response(200, TemplateListSchema)
def list_notification_templates(wanted: dict[str, str]) -> Response:
    """Templates as they hold, for every event, channel and language, or for those that are named."""
    who = caller()
    found = services().templates.listed(who.merchant_id, who.mode, wanted)
    return answer({"data": [shown_template(each) for each in found]})


@blueprint.route("/notification-templates/<event>/<channel>/<language>", methods=["PUT"])
@requires("admin")
@blueprint.arguments(TemplatePutSchema, example=TEMPLATE)
@blueprint.response(200, TemplateSchema)
def put_notification_template(given: dict[str, Any], event: str, channel: str, language: str) -> Response:
    """Your own words. Checked now: syntax, variables, and that a text message with its link fits one message."""
    who, name = caller(), TemplateName(event=event, channel=_channel(channel), language=language)
    try:
        return answer(shown_template(services().templates.put(who.merchant_id, who.mode, name, given["parts"])))
    except Flawed as error:
        return _flawed(error)


@blueprint.route("/notification-templates/<event>/<channel>/<language>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete_notification_template(event: str, channel: str, language: str) -> Response:
    """Back to the words that come with the gateway."""
    who, name = caller(), TemplateName(event=event, channel=_channel(channel), language=language)
    services().templates.delete(who.merchant_id, who.mode, name)
    return Response(status=204)


@blueprint.route("/notification-templates/preview", methods=["POST"])
@requires("admin")
@blueprint.arguments(PreviewAskSchema, example=PREVIEW)
@blueprint.response(200, PreviewSchema)
@once()
def preview_notification(_: Run, ask: dict[str, Any]) -> Response:
    """How a notification looks, with an example or one of your shipments. Nothing is sent."""
    who = caller()
    name = TemplateName(event=ask["event"], channel=Channel(ask["channel"]), language=ask["language"])
    try:
        found = services().templates.preview(who.merchant_id, who.mode, name, ask["parts"], ask["shipment_id"])
    except Flawed as error:
        return _flawed(error)
    measure = found.measure
    return answer(
        {
            "language": found.language,
            "subject": found.written.subject or None,
            "text": found.written.text,
            "html": found.written.html or None,
            "encoding": measure.encoding if measure else None,
            "characters": measure.units if measure else None,
            "segments": measure.segments if measure else None,
        }
    )


@blueprint.route("/shipments/<shipment_id>/notifications")
@requires("shipments:read")
@blueprint.response(200, NotificationListSchema)
def list_notifications(shipment_id: str) -> Response:
    """What the recipient was told, will be, or was not and why; oldest first."""
    found = services().notifications.log(caller().merchant_id, caller().mode, shipment_id)
    return answer({"data": [shown_notification(each) for each in found]})


@blueprint.route("/shipments/<shipment_id>/notifications/<notification_id>/resend", methods=["POST"])
@requires("shipments:write")
@blueprint.response(202, NotificationSchema)
@once()
def resend_notification(_: Run, shipment_id: str, notification_id: str) -> Response:
    """Tell it again, if it is still so. Who has opted out is not told."""
    who = caller()
    again = services().notifications.resend(who.merchant_id, who.mode, shipment_id, notification_id)
    return answer(shown_notification(again), 202)


@blueprint.route("/notification-blocks")
@requires("admin")
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, BlockPageSchema)
def list_notification_blocks(wanted: dict[str, Any]) -> Response:
    """Who is told nothing, by own wish or because nothing arrives; newest first."""
    who = caller()
    found = services().notifications.blocks(who.merchant_id, who.mode, wanted["limit"], wanted["cursor"])
    return page([shown_block(each) for each in found.items], found.next_cursor)


@blueprint.route("/notification-blocks", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewBlockSchema, example=BLOCK)
@blueprint.response(201, BlockSchema)
@once(made_at="/v1/notification-blocks/{id}")
def create_notification_block(_: Run, given: dict[str, Any]) -> Response:
    """Tell a recipient nothing more over a channel."""
    who = caller()
    made = services().notifications.block(
        who.merchant_id, who.mode, Channel(given["channel"]), given["address"], given["kind"], given["why"]
    )
    return answer(shown_block(made), 201)


@blueprint.route("/notification-blocks/<block_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def delete_notification_block(block_id: str) -> Response:
    """Tell the recipient again, because he or she wants it, or because mail arrives there after all."""
    services().notifications.unblock(caller().merchant_id, caller().mode, block_id)
    return Response(status=204)


def _channel(name: str) -> Channel:
    """Raises NotFound."""
    try:
        return Channel(name)
    except ValueError:
        raise NotFound(f"there is no channel {name!r}; there are {', '.join(Channel)}") from None


def _flawed(error: Flawed) -> Response:
    faults = [
        {"pointer": f"/parts/{flaw.part}" if flaw.part else "", "code": flaw.code, "message": flaw.why}
        for flaw in error.flaws
    ]
    return problem("invalid", f"{len(faults)} faults in the template", errors=faults)
