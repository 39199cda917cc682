"""What telling recipients needs from outside: their rows, ways out, and what makes texts of templates."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from gateway.domain.notifications import Block, Channel, Notification, NotificationSettings, OwnTemplate, Sender
from gateway.domain.push import PushSubscription
from gateway.services.ports.answers import Mode, Page


class Notifications(Protocol):
    """Rows. A sender is a lane: one worker at a time has it, as with webhook endpoints (see `ports.messages`)."""

    def senders(self, merchant_id: str, mode: Mode) -> Sequence[Sender]:
        """Without their secrets, by channel."""

    def wanted(self, merchants: Collection[str]) -> Sequence[tuple[Sender, NotificationSettings]]:
        """The senders of these merchants, without secrets, each with the settings of its mode."""

    def sender(self, merchant_id: str, sender_id: str) -> Sender | None: ...
    def sender_by_id(self, sender_id: str) -> Sender | None:
        """Across merchants, for providers' calls, whose path names the sender alone."""

    def put_sender(self, sender: Sender) -> None:
        """In place of the one for its mode and channel, if there is one."""

    def keep_circuit(self, sender: Sender) -> None: ...
    def delete_sender(self, sender: Sender) -> None:
        """And drop what waited for it."""

    def settings(self, merchant_id: str, mode: Mode) -> NotificationSettings: ...
    def put_settings(self, merchant_id: str, mode: Mode, settings: NotificationSettings, at: datetime) -> None: ...
    def templates(self, merchant_id: str, mode: Mode) -> Sequence[OwnTemplate]: ...
    def template(
        self, merchant_id: str, mode: Mode, event: str, channel: Channel, language: str
    ) -> OwnTemplate | None: ...
    def put_template(self, template: OwnTemplate) -> None: ...
    def delete_template(self, merchant_id: str, mode: Mode, event: str, channel: Channel, language: str) -> bool: ...
    def plan(self, notifications: Sequence[Notification]) -> None:
        """Those that there are not yet: one of an event, occurrence, channel and copy for each shipment."""

    def wake(self, sender: Sender, at: datetime) -> None: ...
    def claim_lanes(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Sender]:
        """Senders for which something is due and which nobody else is working; without their secrets. Committed."""

    def release(self, sender: Sender, not_before: datetime | None) -> None: ...
    def lost(self, sender: Sender, why: str) -> int:
        """What was being sent when the lane's last worker ended is `unknown` from now on; how many."""

    def next_due(self, sender: Sender, now: datetime) -> Notification | None: ...
    def begin(self, notification: Notification) -> bool:
        """From `pending` to `sending`; False when it is not pending any more."""

    def keep(self, notification: Notification) -> None: ...
    def get(self, merchant_id: str, notification_id: str, *, lock: bool = False) -> Notification | None: ...
    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Notification]:
        """Oldest first."""

    def list(
        self, merchant_id: str, mode: Mode, state: str, channel: str, before_id: str, limit: int
    ) -> Sequence[Notification]:
        """Newest first, those with smaller ids; "" means any."""

    def told_since(self, merchant_id: str, recipient: str, since: datetime) -> int:
        """How many were sent to a recipient."""

    def block(self, block: Block) -> None:
        """In place of the one there is, unless that is the recipient's own wish."""

    def blocked(self, merchant_id: str, mode: Mode, channel: Channel, recipient: str) -> Block | None: ...
    def unblock(
        self, merchant_id: str, mode: Mode, *, block_id: str = "", channel: str = "", recipient: str = ""
    ) -> bool:
        """By id, or the recipient's own wish by channel and recipient; False when there is none."""

    def blocks(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[Block]: ...
    def prune(self, merchant_id: str, before_id: str) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent: plain text; for mail its subject, HTML and headers too. `to` is an address or an E.164 number.

    `html`, `unsubscribe` and `callback` are "" where there are none.
    `valid_for`: how long a provider may still try. `content` are a provider's template and its variables, where the
    channel wants one. `callback`: where receipts go.
    `devices`: the browsers that a push message goes to.
    """

    id: str
    to: str
    text: str
    subject: str = ""
    html: str = ""
    language: str = ""
    unsubscribe: str = ""
    valid_for: timedelta | None = None
    content: Mapping[str, str] = field(default_factory=dict)
    callback: str = ""
    devices: Sequence[PushSubscription] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of sending a letter.

    `refused`: for good, `blocks` says what that means for the recipient. `later`: not taken, and may be tried again.
    `unreachable`: the sender itself does not work at present, whoever the letter is for. `unknown`: it may have been
    taken; it is not sent again. `gone`: ids of devices that are not there any more.
    """

    state: Literal["sent", "refused", "later", "unreachable", "unknown"]
    why: str = ""
    provider_id: str = ""
    size: int = 0
    blocks: Literal["", "opt_out", "bounce"] = ""
    gone: Sequence[str] = ()


class Post(Protocol):
    """A way out while it is open: one connection for many letters."""

    def send(self, letter: Letter) -> Outcome:
        """Never raises for what the other side does."""


class Unreachable(Exception):
    """A sender cannot be opened: no connection, or its credentials are refused; the message says which."""


class Courier(Protocol):
    """What speaks a channel's protocol."""

    def check(self, sender: Sender) -> None:
        """Raises Unprocessable for options that cannot be right."""

    def open(self, sender: Sender) -> AbstractContextManager[Post]:
        """Raises Unreachable on entering."""


class Reports(Protocol):
    """What a provider tells of messages by itself."""

    def proven(self, sender: Sender, url: str, form: Mapping[str, str], signature: str) -> bool:
        """Whether a call comes from the provider."""

    def receipt(self, form: Mapping[str, str]) -> Receipt:
        """What a call says became of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`outcome`: "" says nothing new (it is on its way)."""

    provider_id: str
    outcome: Literal["", "sent", "delivered", "failed"]
    why: str = ""
    blocks: Literal["", "opt_out", "bounce"] = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a part of a template."""

    part: str
    why: str
    code: str = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A template filled in; `subject` and `html` for mail only."""

    text: str
    subject: str = ""
    html: str = ""
    content: Mapping[str, str] = field(default_factory=dict)


class Press(Protocol):
    """Makes texts of templates."""

    def languages(self) -> Sequence[str]: ...
    def vocabulary(self) -> Mapping[str, Any]:
        """`languages`, `variables`, `filters`, and `parts` by channel."""

    def shipped(self, event: str, channel: Channel, language: str) -> Mapping[str, str]:
        """The parts of the template that comes with the gateway."""

    def say(self, phrase: str, facts: Mapping[str, str], language: str) -> str:
        """A phrase besides the templates, filled in: advice, the footer, the page on which recipients opt out."""

    def when(self, start: datetime | None, end: datetime | None, now: datetime, language: str, country: str) -> str:
        """A window or moment in words, as near as the day of `now` allows; times in the zone of `now`."""

    def day(self, moment: datetime, now: datetime, language: str, country: str) -> str: ...
    def flaws(self, channel: Channel, parts: Mapping[str, str]) -> Sequence[Flaw]:
        """Syntax and variables."""

    def write(self, channel: Channel, parts: Mapping[str, str], facts: Mapping[str, str], language: str) -> Written: ...
