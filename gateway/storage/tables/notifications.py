"""What recipients are told: senders, settings, own templates, notifications, and who is not told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.notifications import Channel, NotificationSettings, NotificationState
from gateway.storage.tables.base import Named, Owned, Row, due_index, index, of

ONE_SENDER = index("notification_senders_channel", "merchant_id", "mode", "channel", unique=True)
TOLD_ONCE = index(
    "notifications_once", "merchant_id", "shipment_id", "event", "occurrence", "channel", "copy", unique=True
)
FOLLOWED_ONCE = index("push_subscriptions_once", "merchant_id", "shipment_id", "digest", unique=True)
BLOCKED_ONCE = index("notification_blocks_once", "merchant_id", "mode", "channel", "recipient", unique=True)


class SenderRow(Named, Row):
    """A merchant's way out for one channel; `secrets` are encrypted one by one.

    It is a lane: `due_at` when something is to be sent next, `leased_until` until when one worker has it to itself.
    """

    __tablename__ = "notification_senders"
    mode: Mapped[str]
    channel: Mapped[Channel]
    options: Mapped[Mapping[str, object]]
    secrets: Mapped[Mapping[str, str]]
    failures: Mapped[int]
    resting_until: Mapped[datetime | None]
    why: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    __table_args__ = (ONE_SENDER, due_index("notification_senders"))


class NotificationSettingsRow(Owned, Row):
    """What a merchant wants told in one mode."""

    __tablename__ = "notification_settings"
    mode: Mapped[str] = mapped_column(primary_key=True)
    settings: Mapped[NotificationSettings]
    updated_at: Mapped[datetime]


class OwnTemplateRow(Owned, Row):
    """A merchant's own words."""

    __tablename__ = "notification_templates"
    mode: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    parts: Mapped[Mapping[str, str]]
    updated_at: Mapped[datetime]


class NotificationRow(Named, Row):
    """One thing told, or to be told, to one recipient."""

    __tablename__ = "notifications"
    mode: Mapped[str]
    shipment_id: Mapped[str]
    event: Mapped[str]
    occurrence: Mapped[str]
    channel: Mapped[Channel]
    copy: Mapped[int]
    cause: Mapped[str]
    state: Mapped[NotificationState]
    why: Mapped[str]
    recipient: Mapped[str]
    shown: Mapped[str]
    language: Mapped[str]
    size: Mapped[int]
    provider_id: Mapped[str]
    attempts: Mapped[int]
    since: Mapped[datetime]
    useful_until: Mapped[datetime]
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    receipt_at: Mapped[datetime | None]
    __table_args__ = (
        of("shipment_id", "shipments"),
        TOLD_ONCE,
        index("notifications_due", "merchant_id", "mode", "channel", "due_at", where="due_at IS NOT NULL"),
        index("notifications_sending", "merchant_id", "mode", "channel", where="state = 'sending'"),
        index("notifications_of_recipient", "merchant_id", "recipient", "sent_at", where="sent_at IS NOT NULL"),
    )


class BlockRow(Named, Row):
    """A recipient who is told nothing over a channel."""

    __tablename__ = "notification_blocks"
    mode: Mapped[str]
    channel: Mapped[Channel]
    recipient: Mapped[str]
    shown: Mapped[str]
    kind: Mapped[str]
    why: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (
        BLOCKED_ONCE,
        index("notification_blocks_newest", "merchant_id", "mode", "created_at", "id"),
    )


class PushSubscriptionRow(Named, Row):
    """A browser that follows a shipment; `sealed` is where it is reached, encrypted, `digest` the endpoint's."""

    __tablename__ = "push_subscriptions"
    shipment_id: Mapped[str]
    digest: Mapped[str]
    sealed: Mapped[Mapping[str, str]]
    created_at: Mapped[datetime]
    __table_args__ = (of("shipment_id", "shipments"), FOLLOWED_ONCE)
