"""Messages to merchants: the outbox, where it goes, and every try."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.domain.messages import DeliveryState
from gateway.storage.tables.base import Named, Row, due_index, index, of

SENT_ONCE = index("webhook_deliveries_once", "merchant_id", "outbox_id", "endpoint_id", unique=True)
WAITING = index("webhook_deliveries_waiting", "merchant_id", "endpoint_id", "outbox_id", where="due_at IS NOT NULL")
"""What is still to be sent to an endpoint, oldest message first."""


class OutboxRow(Named, Row):
    """What merchants may want to know; `fanned` once its deliveries exist."""

    __tablename__ = "outbox"
    mode: Mapped[str]
    subject_id: Mapped[str]
    sequence: Mapped[int]
    type: Mapped[str]
    payload: Mapped[Mapping[str, object]]
    created_at: Mapped[datetime]
    fanned: Mapped[bool]
    __table_args__ = (
        index("outbox_sequence", "merchant_id", "subject_id", "sequence", unique=True),
        index("outbox_unfanned", "fanned", "created_at", "id"),
    )


class EndpointRow(Named, Row):
    """Where a merchant wants to be told; `secrets` are encrypted one by one.

    `due_at`: when a delivery to it is due next; `leased_until`: until when one worker has it to itself.
    """

    __tablename__ = "webhook_endpoints"
    mode: Mapped[str]
    url: Mapped[str]
    secrets: Mapped[tuple[str, ...]]
    types: Mapped[tuple[str, ...]]
    state: Mapped[str]
    why: Mapped[str]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int]
    resting_until: Mapped[datetime | None]
    backlog_told: Mapped[bool]
    old_secrets_until: Mapped[datetime | None]
    sequence: Mapped[int]
    listens_since: Mapped[datetime]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    __table_args__ = (due_index("webhook_endpoints"),)


class DeliveryRow(Named, Row):
    """One message on its way to one endpoint."""

    __tablename__ = "webhook_deliveries"
    endpoint_id: Mapped[str]
    outbox_id: Mapped[str]
    body: Mapped[bytes]
    state: Mapped[DeliveryState]
    attempts: Mapped[int]
    tries: Mapped[int]
    due_at: Mapped[datetime | None]
    begun_at: Mapped[datetime]
    created_at: Mapped[datetime]
    last_status: Mapped[int | None]
    last_error: Mapped[str]
    __table_args__ = (
        of("endpoint_id", "webhook_endpoints", ondelete="CASCADE"),
        of("outbox_id", "outbox"),
        SENT_ONCE,
        index("webhook_deliveries_newest", "merchant_id", "endpoint_id", "created_at", "id"),
        WAITING,
    )


class AttemptRow(Named, Row):
    """One try of a delivery."""

    __tablename__ = "webhook_attempts"
    delivery_id: Mapped[str]
    at: Mapped[datetime]
    number: Mapped[int]
    url: Mapped[str]
    body_sha256: Mapped[str]
    status: Mapped[int | None]
    duration_ms: Mapped[int]
    response_head: Mapped[str]
    error: Mapped[str]
    __table_args__ = (
        of("delivery_id", "webhook_deliveries", ondelete="CASCADE"),
        index("webhook_attempts_of_delivery", "merchant_id", "delivery_id", "at"),
    )
