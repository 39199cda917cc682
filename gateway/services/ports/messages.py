"""What telling merchants needs of the database: the outbox, endpoints with their deliveries, and news of messages."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from gateway.domain.messages import OutboxMessage, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.ports.answers import Mode, Page


class Outbox(Protocol):
    """Messages to merchants, their endpoints and deliveries.

    An endpoint is a lane: one worker at a time has it (`claim_lanes`), takes what is due from it, oldest message
    first, and gives it back (`release`). A lane whose worker died is free again when its lease is over.
    """

    def add(self, message: OutboxMessage) -> None: ...
    def claim_unfanned(self, limit: int) -> Sequence[OutboxMessage]:
        """Messages without deliveries yet, locked for the transaction, oldest first."""

    def fanned(self, messages: Sequence[OutboxMessage], deliveries: Iterable[WebhookDelivery]) -> None: ...
    def send(self, deliveries: Iterable[WebhookDelivery]) -> None:
        """New deliveries; one that its endpoint has already begins anew."""

    def wake(self, endpoint: WebhookEndpoint, at: datetime) -> None:
        """Something is due to it at this moment."""

    def since(self, merchant_id: str, mode: Mode, after_id: str, limit: int) -> Sequence[OutboxMessage]:
        """Messages of a mode with larger ids, oldest first. Ids sort by time."""

    def of_subject(self, merchant_id: str, subject_id: str, after: int, limit: int) -> Sequence[OutboxMessage]:
        """Messages about one subject with larger sequence numbers, in their order."""

    def named(self, merchant_id: str, message_ids: Sequence[str]) -> Sequence[OutboxMessage]:
        """Those messages, oldest first."""

    def add_endpoint(self, endpoint: WebhookEndpoint) -> None: ...
    def endpoint(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None: ...
    def endpoints(self, merchant_id: str, mode: Mode) -> Sequence[WebhookEndpoint]:
        """Without their secrets: one endpoint that cannot be opened is no trouble of the others."""

    def lane(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
        """An endpoint without its secrets, held until the transaction ends."""

    def keep_lane(self, endpoint: WebhookEndpoint) -> None:
        """Write everything of it but its secrets."""

    def keep_secrets(self, endpoint: WebhookEndpoint) -> None: ...
    def delete_endpoint(self, merchant_id: str, endpoint_id: str) -> bool: ...
    def due_lanes(self, now: datetime) -> Sequence[tuple[str, str, datetime]]:
        """Merchant, endpoint and since when, of endpoints to which something is due and that nobody has."""

    def claim_lanes(
        self, now: datetime, lease: timedelta, limit: int, of: Sequence[tuple[str, str]] | None = None
    ) -> Sequence[WebhookEndpoint]:
        """Endpoints to which something is due and which nobody else is working; without their secrets."""

    def take(self, endpoint: WebhookEndpoint, now: datetime, limit: int) -> Sequence[WebhookDelivery]:
        """What is due to it, oldest message first; the try is counted."""

    def release(self, endpoint: WebhookEndpoint, not_before: datetime | None) -> None:
        """Give a lane back; it is due again with its next delivery, though not before."""

    def hurry(self, endpoint: WebhookEndpoint, now: datetime) -> None:
        """Make everything that waits for its next try due."""

    def expire(self, endpoint: WebhookEndpoint, begun_before: datetime, why: str) -> None:
        """Give up what has been waiting since before."""

    def abandon(self, endpoint: WebhookEndpoint, why: str) -> None:
        """Nothing that waits is sent any more: the endpoint is disabled."""

    def waiting(self, endpoint: WebhookEndpoint, most: int) -> int:
        """How many deliveries wait, counted up to `most`."""

    def failed(self, endpoint: WebhookEndpoint, after_id: str, limit: int) -> Sequence[WebhookDelivery]:
        """Those given up, of messages with larger ids, oldest message first."""

    def delivery(self, merchant_id: str, delivery_id: str) -> WebhookDelivery | None: ...
    def deliveries(
        self, merchant_id: str, endpoint_id: str, limit: int, cursor: str | None
    ) -> Page[WebhookDelivery]: ...
    def attempts(self, merchant_id: str, delivery_id: str) -> Sequence[WebhookAttempt]: ...
    def record(self, tried: Sequence[tuple[WebhookDelivery, WebhookAttempt]]) -> None:
        """As `settle`, for tries of deliveries to an endpoint whose lane is held."""

    def give_back(self, unsent: Sequence[WebhookDelivery]) -> None:
        """Those that were taken and not tried."""

    def settle(self, delivery: WebhookDelivery, attempt: WebhookAttempt | None) -> None: ...
    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget messages with smaller ids, their deliveries and log, up to the first that still waits; some at a
        time. How many: none when all are gone.
        """


class Notice(NamedTuple):
    """That a message was committed to the outbox."""

    merchant_id: str
    mode: str
    message_id: str


class News(Protocol):
    """Notices of committed outbox messages, from one connection of its own."""

    def wait(self, timeout_s: float) -> Sequence[Notice] | None:
        """The next ones, as soon as there are any, none when time is over; None when some may have been missed.

        Raises Unavailable when the database does not answer.
        """

    def close(self) -> None: ...
