"""What merchants see of telling recipients."""

from __future__ import annotations

from typing import Any

from gateway.api.auth import services
from gateway.domain.notification_events import notification_events
from gateway.domain.notifications import (
    RECEIPTED,
    Block,
    Notification,
    NotificationSettings,
    QuietHours,
    Sender,
)
from gateway.services.notifications.planning import channels_of
from gateway.services.notifications.templates import Template

Json = dict[str, Any]


def shown_settings(settings: NotificationSettings) -> Json:
    """Settings, and what they come to."""
    return {
        "timezone": settings.timezone,
        "events": {name: list(channels) for name, channels in settings.events.items()},
        "quiet": None if settings.quiet is None else _quiet(settings.quiet),
        "test_recipients": list(settings.test_recipients),
        "phone_prefixes": list(settings.phone_prefixes),
        "texts_per_day": settings.texts_per_day,
        "reminder_h": settings.reminder_h,
        "keep_days": settings.keep_days,
        "effective": {name: list(channels_of(event, settings)) for name, event in notification_events().items()},
    }


def _quiet(quiet: QuietHours) -> Json:
    return {"start": f"{quiet.start:%H:%M}", "end": f"{quiet.end:%H:%M}", "channels": list(quiet.channels)}


def shown_sender(sender: Sender) -> Json:
    """A sender without its secrets."""
    base = f"{services().settings.web.base_url}/v1/notification-senders/{sender.id}"
    called = sender.channel in RECEIPTED
    return {
        "id": sender.id,
        "channel": sender.channel.value,
        "mode": sender.mode,
        "options": dict(sender.options),
        "receipts_url": f"{base}/receipts" if called else None,
        "replies_url": f"{base}/replies" if called else None,
        "failures": sender.failures,
        "resting_until": sender.resting_until,
        "why": sender.why or None,
        "updated_at": sender.updated_at,
    }


def shown_template(template: Template) -> Json:
    """A template as it holds."""
    name = template.name
    return {
        "event": name.event,
        "channel": name.channel.value,
        "language": name.language,
        "own": template.own,
        "parts": dict(template.parts),
        "updated_at": template.updated_at,
    }


def shown_notification(told: Notification) -> Json:
    """A notification; of its recipient only what is enough to recognise it."""
    return {
        "id": told.id,
        "event": told.event,
        "channel": told.channel.value,
        "state": told.state.value,
        "why": told.why or None,
        "recipient": told.shown or None,
        "language": told.language or None,
        "size": told.size or None,
        "attempts": told.attempts,
        "resent": told.copy,
        "provider_id": told.provider_id or None,
        "due_at": told.due_at,
        "useful_until": told.useful_until,
        "created_at": told.created_at,
        "sent_at": told.sent_at,
        "receipt_at": told.receipt_at,
    }


def shown_block(block: Block) -> Json:
    """A block."""
    return {
        "id": block.id,
        "channel": block.channel.value,
        "recipient": block.shown,
        "kind": block.kind,
        "why": block.why or None,
        "created_at": block.created_at,
    }
