"""Messages as they are stored: raw ones that came in, ours that go out, and how far each delivery has come.

`tries` as on all rows that workers claim: see `gateway.domain.records`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal


class InboxState(StrEnum):
    """What became of a raw message. `parked`: its tracking number is not known yet, tried again for 7 days.

    `quarantined`: it waits for a person. What could be read of it was applied all the same. `dismissed`: a person has
    looked at it, and what was not read of it matters to nobody.
    """

    NEW = "new"
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    QUARANTINED = "quarantined"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """A raw message from outside, stored before anybody parses it. `dedupe_key` names the transport message."""

    id: str
    merchant_id: str
    account_id: str
    source: str
    dedupe_key: str
    received_at: datetime
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    state: InboxState = InboxState.NEW
    why: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """Something merchants may want to know, written in the transaction that made it true.

    `sequence` orders the messages of one subject (a shipment or tracker), whose mode is the message's.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    subject_id: str
    sequence: int
    type: str
    payload: Mapping[str, object]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Where a merchant wants to be told what happens in one mode.

    `secrets` newest first, none where endpoints are only listed; those behind the first sign until `old_secrets_until`.
    `listens_since`: what was written before, it need not have been told. `failures` in a row, since when, and how long
    it is left alone are its circuit. `sequence` is the number of the last message about itself, `backlog_told` whether
    one of them told of this outage's backlog.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    types: tuple[str, ...] = ()
    state: Literal["enabled", "disabled"] = "enabled"
    why: str = ""
    failing_since: datetime | None = None
    failures: int = 0
    resting_until: datetime | None = None
    backlog_told: bool = False
    old_secrets_until: datetime | None = None
    sequence: int = 0
    listens_since: datetime
    created_at: datetime


class DeliveryState(StrEnum):
    """How far one webhook delivery has come."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One outbox message on its way to one endpoint; the same id and the same bytes on every try.

    `begun_at`: from when its 72 hours count, which a replay begins anew.
    """

    id: str
    merchant_id: str
    endpoint_id: str
    outbox_id: str
    body: bytes = field(repr=False)
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    tries: int = 0
    due_at: datetime | None = None
    begun_at: datetime
    created_at: datetime
    last_status: int | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttempt:
    """One try of a webhook delivery, for the delivery log: what was sent where, and what came back, secrets hidden."""

    at: datetime
    number: int
    url: str
    body_sha256: str
    status: int | None
    duration_ms: int
    response_head: str
    error: str = ""
