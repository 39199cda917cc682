"""Messages about endpoints themselves: a test, disabled, recovered, a backlog. Each endpoint counts its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from gateway.domain.message_types import ENDPOINT_BACKLOG, ENDPOINT_DISABLED, ENDPOINT_RECOVERED, TEST_MESSAGE
from gateway.domain.messages import OutboxMessage, WebhookEndpoint
from gateway.domain.notifications import Sender
from gateway.services.ids import new_id
from gateway.services.ports import UnitOfWork

log = logging.getLogger("gateway.webhooks")


class Alarm(Protocol):
    """Tells people by another way than a webhook; for example by e-mail."""

    def endpoint_disabled(self, uow: UnitOfWork, endpoint: WebhookEndpoint, at: datetime) -> None:
        """Called in the transaction that disables: what it writes is committed with that, and only then."""

    def sender_fails(self, sender: Sender) -> None:
        """A merchant's recipients are not told for a while."""


class LoggedAlarm:
    """Writes it to the log, for whoever watches that."""

    def endpoint_disabled(self, uow: UnitOfWork, endpoint: WebhookEndpoint, at: datetime) -> None:
        """One warning."""
        log.warning("webhook endpoint %s of %s is disabled: %s", endpoint.id, endpoint.merchant_id, endpoint.why)

    def sender_fails(self, sender: Sender) -> None:
        """One warning."""
        log.warning("sender %s of %s does not work: %s", sender.id, sender.merchant_id, sender.why)


def tell_test(uow: UnitOfWork, endpoint: WebhookEndpoint, now: datetime) -> tuple[WebhookEndpoint, OutboxMessage]:
    """A message to that endpoint alone."""
    return _told(uow, endpoint, TEST_MESSAGE, now, {})


def tell_disabled(uow: UnitOfWork, endpoint: WebhookEndpoint, now: datetime) -> WebhookEndpoint:
    """It gets nothing more."""
    return _told(uow, endpoint, ENDPOINT_DISABLED, now, {})[0]


def tell_recovered(uow: UnitOfWork, endpoint: WebhookEndpoint, now: datetime, since: datetime) -> WebhookEndpoint:
    """It answers again; `since` when it had not."""
    return _told(uow, endpoint, ENDPOINT_RECOVERED, now, {"failing_since": since.isoformat()})[0]


def tell_backlog(uow: UnitOfWork, endpoint: WebhookEndpoint, now: datetime, waiting: int) -> WebhookEndpoint:
    """At least so many messages wait for it."""
    told, _ = _told(uow, endpoint, ENDPOINT_BACKLOG, now, {"waiting": waiting})
    return replace(told, backlog_told=True)


def _told(
    uow: UnitOfWork, endpoint: WebhookEndpoint, kind: str, now: datetime, more: Mapping[str, object]
) -> tuple[WebhookEndpoint, OutboxMessage]:
    """The endpoint (a lane that is held) under its next number, not written yet, and the message, which is.

    Its URL is not told: it may hold a secret of the merchant's.
    """
    numbered = replace(endpoint, sequence=endpoint.sequence + 1)
    since = endpoint.failing_since
    message = OutboxMessage(
        id=new_id("msg", now),
        merchant_id=endpoint.merchant_id,
        mode=endpoint.mode,
        subject_id=endpoint.id,
        sequence=numbered.sequence,
        type=kind,
        payload={
            "mode": endpoint.mode,
            "endpoint_id": endpoint.id,
            "state": endpoint.state,
            "why": endpoint.why or None,
            "failing_since": since.isoformat() if since else None,
            "waiting": None,
            **more,
        },
        created_at=now,
    )
    uow.outbox.add(message)
    return numbered, message
