"""Merchants' webhook endpoints: what is kept of each, and its secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, select, update

from gateway.domain.messages import WebhookEndpoint
from gateway.services.ports import Mode
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.secrets import Vault
from gateway.storage.tables.messages import EndpointRow

ENDPOINTS = Rows(EndpointRow, WebhookEndpoint)
_E = ENDPOINTS.table.c


class Endpoints(Repository):
    """Endpoints. Their secrets are sealed under their position."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

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

    def lane(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
        """An endpoint without its secrets, held until the transaction ends."""
        row = ENDPOINTS.row(self._connection, merchant_id, endpoint_id, lock=True)
        return None if row is None else ENDPOINTS.noun(row, secrets=())

    def keep_lane(self, endpoint: WebhookEndpoint) -> None:
        """Write everything of it but its secrets."""
        values = ENDPOINTS.values(endpoint)
        kept = {name: value for name, value in values.items() if name not in ("merchant_id", "id", "secrets")}
        self._connection.execute(update(ENDPOINTS.table).where(is_endpoint(endpoint)).values(kept))

    def keep_secrets(self, endpoint: WebhookEndpoint) -> None:
        """Write its secrets."""
        sealed = self._sealed(endpoint).secrets
        self._connection.execute(update(ENDPOINTS.table).where(is_endpoint(endpoint)).values(secrets=sealed))

    def delete_endpoint(self, merchant_id: str, endpoint_id: str) -> bool:
        """With its deliveries and their log; False when there is none."""
        return ENDPOINTS.remove(self._connection, merchant_id, endpoint_id)

    def _sealed(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        numbered = {str(position): secret for position, secret in enumerate(endpoint.secrets)}
        sealed = self._vault.seal(endpoint.merchant_id, endpoint.id, numbered)
        return replace(endpoint, secrets=tuple(sealed.values()))

    def _opened(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        numbered = {str(position): token for position, token in enumerate(endpoint.secrets)}
        opened = self._vault.open(endpoint.merchant_id, endpoint.id, numbered)
        return replace(endpoint, secrets=tuple(opened.values()))


def is_endpoint(endpoint: WebhookEndpoint) -> ColumnElement[bool]:
    """The row of this endpoint."""
    return and_(_E.merchant_id == endpoint.merchant_id, _E.id == endpoint.id)
