"""What messages in and out need from outside, as Protocols (see `gateway.services.ports`)."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.messages import InboxMessage, OutboxMessage, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.answers import Mode, Page


class Inbox(Protocol):
    """Raw messages from outside."""

    def add(self, message: InboxMessage) -> bool:
        """False for a repeat of the same transport message."""

    def get(self, merchant_id: str, message_id: str) -> InboxMessage | None: ...
    def holds(self, dedupe_key: str) -> bool:
        """Whether anybody's inbox has this transport message: for audits, across merchants."""

    def settle(self, message: InboxMessage, due_at: datetime | None = None) -> None: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[InboxMessage]: ...
    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget messages whose id is smaller and for which nothing waits; how many. Ids sort by time."""


class Outbox(Protocol):
    """Messages to merchants, their endpoints and deliveries."""

    def add(self, message: OutboxMessage) -> None: ...
    def claim_unfanned(self, limit: int) -> Sequence[OutboxMessage]:
        """Messages without deliveries yet, locked for the transaction, oldest first."""

    def fanned(self, message: OutboxMessage, deliveries: Iterable[WebhookDelivery]) -> None: ...
    def add_endpoint(self, endpoint: WebhookEndpoint) -> None: ...
    def endpoint(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None: ...
    def endpoints(self, merchant_id: str, mode: Mode) -> Sequence[WebhookEndpoint]:
        """Without their secrets: one endpoint that cannot be opened is no trouble of the others."""

    def update_endpoint(self, endpoint: WebhookEndpoint) -> None: ...
    def delete_endpoint(self, merchant_id: str, endpoint_id: str) -> bool: ...
    def delivery(self, merchant_id: str, delivery_id: str) -> WebhookDelivery | None: ...
    def deliveries(
        self, merchant_id: str, endpoint_id: str, limit: int, cursor: str | None
    ) -> Page[WebhookDelivery]: ...
    def attempts(self, merchant_id: str, delivery_id: str) -> Sequence[WebhookAttempt]: ...
    def settle(self, delivery: WebhookDelivery, attempt: WebhookAttempt | None) -> None: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[WebhookDelivery]: ...
