"""Messages to merchants, their endpoints and deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, and_, insert, select, update

from gateway.domain.messages import DeliveryState, OutboxMessage, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from gateway.services.ports import Mode, Page
from gateway.storage.claims import claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.secrets import Vault
from gateway.storage.tables.messages import AttemptRow, DeliveryRow, EndpointRow, OutboxRow

OUTBOX = Rows(OutboxRow, OutboxMessage)
ENDPOINTS = Rows(EndpointRow, WebhookEndpoint)
DELIVERIES = Rows(DeliveryRow, WebhookDelivery)
ATTEMPTS = Rows(AttemptRow, WebhookAttempt)
_O = OUTBOX.table.c
_E = ENDPOINTS.table.c
_D = DELIVERIES.table.c
_A = ATTEMPTS.table.c


class OutboxRepository(Repository):
    """The outbox and everything behind it. Endpoints' secrets are sealed under their position."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

    def add(self, message: OutboxMessage) -> None:
        """A new message. StaleVersion follows when the subject's sequence number is taken."""
        self._connection.execute(insert(OUTBOX.table), {**OUTBOX.values(message), "fanned": False})

    def claim_unfanned(self, limit: int) -> Sequence[OutboxMessage]:
        """Messages without deliveries yet, locked for the transaction, oldest first."""
        wanted = select(OUTBOX.table).where(_O.fanned.is_(False)).order_by(_O.created_at, _O.id).limit(limit)
        return OUTBOX.all(self._connection, wanted.with_for_update(skip_locked=True))

    def fanned(self, message: OutboxMessage, deliveries: Iterable[WebhookDelivery]) -> None:
        """Its deliveries, all of them."""
        rows = [DELIVERIES.values(delivery) for delivery in deliveries]
        if rows:
            self._connection.execute(insert(DELIVERIES.table), rows)
        self._connection.execute(
            update(OUTBOX.table).where(_O.merchant_id == message.merchant_id, _O.id == message.id).values(fanned=True)
        )

    def add_endpoint(self, endpoint: WebhookEndpoint) -> None:
        """A new endpoint."""
        ENDPOINTS.add(self._connection, self._sealed(endpoint))

    def endpoint(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
        """By id, with its secrets. Raises InvalidValue when they cannot be opened."""
        found = ENDPOINTS.get(self._connection, merchant_id, endpoint_id)
        return None if found is None else self._opened(found)

    def endpoints(self, merchant_id: str, mode: Mode) -> Sequence[WebhookEndpoint]:
        """The merchant's endpoints of a mode, oldest first, without their secrets: nothing is opened here."""
        wanted = select(ENDPOINTS.table).where(_E.merchant_id == merchant_id, _E.mode == mode)
        found = self._connection.execute(wanted.order_by(_E.created_at, _E.id))
        return [ENDPOINTS.noun(row, secrets=()) for row in found]

    def update_endpoint(self, endpoint: WebhookEndpoint) -> None:
        """Write it. Raises StaleVersion when it was deleted."""
        ENDPOINTS.put(self._connection, self._sealed(endpoint))

    def delete_endpoint(self, merchant_id: str, endpoint_id: str) -> bool:
        """With its deliveries and their log; False when there is none."""
        return ENDPOINTS.remove(self._connection, merchant_id, endpoint_id)

    def delivery(self, merchant_id: str, delivery_id: str) -> WebhookDelivery | None:
        """By id."""
        return DELIVERIES.get(self._connection, merchant_id, delivery_id)

    def deliveries(self, merchant_id: str, endpoint_id: str, limit: int, cursor: str | None) -> Page[WebhookDelivery]:
        """An endpoint's deliveries, newest first."""
        wanted = select(DELIVERIES.table).where(_D.merchant_id == merchant_id, _D.endpoint_id == endpoint_id)
        return self._page(DELIVERIES, wanted, (_D.created_at, _D.id), limit, cursor)

    def attempts(self, merchant_id: str, delivery_id: str) -> Sequence[WebhookAttempt]:
        """The log of a delivery, oldest first."""
        wanted = select(ATTEMPTS.table).where(_A.merchant_id == merchant_id, _A.delivery_id == delivery_id)
        return ATTEMPTS.all(self._connection, wanted.order_by(_A.at, _A.number))

    def settle(self, delivery: WebhookDelivery, attempt: WebhookAttempt | None) -> None:
        """Write what became of it: by a try (logged in any case, and counted while it is pending) or, without one,
        by somebody's decision. Nothing happens when the endpoint was deleted meanwhile.
        """
        stored = DELIVERIES.get(self._connection, delivery.merchant_id, delivery.id, lock=True)
        if stored is None:
            return
        if attempt is not None:
            log = {"merchant_id": delivery.merchant_id, "id": uuid4().hex, "delivery_id": delivery.id}
            ATTEMPTS.add(self._connection, attempt, others=log)
        if attempt is None or stored.state is DeliveryState.PENDING:
            DELIVERIES.put(self._connection, delivery)

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[WebhookDelivery]:
        """Those to be tried now."""
        due = and_(_D.due_at <= now, _D.state == DeliveryState.PENDING)
        return claim(self._connection, DELIVERIES, due, now, lease, limit)

    def _sealed(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        numbered = {str(position): secret for position, secret in enumerate(endpoint.secrets)}
        sealed = self._vault.seal(endpoint.merchant_id, endpoint.id, numbered)
        return replace(endpoint, secrets=tuple(sealed.values()))

    def _opened(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        numbered = {str(position): token for position, token in enumerate(endpoint.secrets)}
        opened = self._vault.open(endpoint.merchant_id, endpoint.id, numbered)
        return replace(endpoint, secrets=tuple(opened.values()))
