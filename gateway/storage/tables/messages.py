"""Messages to merchants: the outbox, where it goes, and every try."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.domain.messages import DeliveryState
from gateway.storage.tables.base import Named, Row, due_index, index, of


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
    """Where a merchant wants to be told; `secrets` are encrypted one by one."""

    __tablename__ = "webhook_endpoints"
    mode: Mapped[str]
    url: Mapped[str]
    secrets: Mapped[tuple[str, ...]]
    types: Mapped[tuple[str, ...]]
    state: Mapped[str]
    why: Mapped[str]
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime]


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
    created_at: Mapped[datetime]
    last_status: Mapped[int | None]
    last_error: Mapped[str]
    __table_args__ = (
        of("endpoint_id", "webhook_endpoints", ondelete="CASCADE"),
        of("outbox_id", "outbox"),
        index("webhook_deliveries_once", "merchant_id", "endpoint_id", "outbox_id", unique=True),
        index("webhook_deliveries_newest", "merchant_id", "endpoint_id", "created_at", "id"),
        due_index("webhook_deliveries"),
    )


class AttemptRow(Named, Row):
    """One try of a delivery."""

    __tablename__ = "webhook_attempts"
    delivery_id: Mapped[str]
    at: Mapped[datetime]
    number: Mapped[int]
    status: Mapped[int | None]
    duration_ms: Mapped[int]
    response_head: Mapped[str]
    error: Mapped[str]
    __table_args__ = (
        of("delivery_id", "webhook_deliveries", ondelete="CASCADE"),
        index("webhook_attempts_of_delivery", "merchant_id", "delivery_id", "at"),
    )
