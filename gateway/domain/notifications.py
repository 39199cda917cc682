"""What recipients are told: senders, settings, templates, notifications and blocks, as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Literal

Mode = Literal["test", "live"]


class Channel(StrEnum):
    """How a recipient is reached. Another way is another word here, a sender that speaks it, and its texts."""

    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    PUSH = "push"


RECEIPTED = (Channel.SMS, Channel.WHATSAPP)
"""Ways whose providers tell what became of a message, and what is replied. Mail and push messages do not."""


class NotificationState(StrEnum):
    """How far one notification has come.

    `sending` was written before it was sent; when that worker died nobody knows, and it becomes `unknown`: it is not
    sent again. `sent`: the mail server or provider has it; `delivered`: a receipt says the recipient has.
    `dropped`: not sent on purpose, `why` says which.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A merchant's way out for one channel in one mode: a mail server, or an account at a provider.

    `secrets` are plain here and encrypted at rest; empty where senders are only listed. `failures` in a row and
    `resting_until` are its circuit.
    """

    id: str
    merchant_id: str
    mode: Mode
    channel: Channel
    options: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    failures: int = 0
    resting_until: datetime | None = None
    why: str = ""
    created_at: datetime
    updated_at: datetime

    def option(self, name: str) -> str:
        """A text among the options, "" where it is not given."""
        return str(self.options.get(name, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when to when, by the recipient's clock, nothing is sent over these channels."""

    start: time = time(21)
    end: time = time(8)
    channels: tuple[str, ...] = (Channel.SMS.value, Channel.WHATSAPP.value, Channel.PUSH.value)

    def until(self, local: datetime) -> datetime:
        """The moment itself where it is not quiet, else when the quiet hours end, by the same clock."""
        now = local.time()
        over_night = self.start > self.end
        quiet = (now >= self.start or now < self.end) if over_night else self.start <= now < self.end
        if not quiet:
            return local
        day = local.date() + timedelta(days=1 if over_night and now >= self.start else 0)
        return datetime.combine(day, self.end, local.tzinfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings:
    """What a merchant wants its recipients to be told, in one mode.

    In whose name is the merchant's brand. `events`: channels by event, where they differ from the catalogue's.
    `test_recipients`: whom test shipments may reach (addresses, phone numbers, or `@domain`). `keep_days` 0: nobody
    knows how long points keep parcels, and no last day is told.
    """

    timezone: str = ""
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quiet: QuietHours | None = field(default_factory=QuietHours)
    test_recipients: tuple[str, ...] = ()
    phone_prefixes: tuple[str, ...] = ()
    texts_per_day: int = 6
    reminder_h: int = 48
    keep_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTemplate:
    """A merchant's own words for one event, channel and language; `parts` by name, as its channel has them."""

    merchant_id: str
    mode: Mode
    event: str
    channel: Channel
    language: str
    parts: Mapping[str, str]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One thing told to one recipient, once. Neither its text nor the address is kept.

    `copy` counts resendings; `cause` is the type of the outbox message it came from. `recipient` is a keyed digest of
    the address, `shown` what may be shown of it. `size`: bytes of a mail, segments of a text message. `since`: when
    what it tells became so.
    """

    id: str
    merchant_id: str
    mode: Mode
    shipment_id: str
    event: str
    occurrence: str
    channel: Channel
    copy: int = 0
    cause: str
    state: NotificationState = NotificationState.PENDING
    why: str = ""
    recipient: str = ""
    shown: str = ""
    language: str = ""
    size: int = 0
    provider_id: str = ""
    attempts: int = 0
    since: datetime
    useful_until: datetime
    due_at: datetime | None
    created_at: datetime
    sent_at: datetime | None = None
    receipt_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A recipient who is not told anything over a channel: by own wish (`opt_out`), or because nothing arrives."""

    id: str
    merchant_id: str
    mode: Mode
    channel: Channel
    recipient: str
    shown: str
    kind: Literal["opt_out", "bounce"]
    why: str = ""
    created_at: datetime
