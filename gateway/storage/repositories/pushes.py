"""Browsers that follow shipments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from gateway.domain.push import PushSubscription, read_unpadded, unpadded
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS
from gateway.storage.secrets import Vault
from gateway.storage.tables.base import table_of
from gateway.storage.tables.notifications import FOLLOWED_ONCE, PushSubscriptionRow

PUSHES = table_of(PushSubscriptionRow)
_P = PUSHES.c


class PushRepository(Repository):
    """See `gateway.services.ports.pushes`."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

    def add(self, subscription: PushSubscription, digest: str) -> bool:
        """False when that browser follows the shipment already."""
        where = {
            "endpoint": subscription.endpoint,
            "p256dh": unpadded(subscription.p256dh),
            "auth": unpadded(subscription.auth),
        }
        row = {
            "merchant_id": subscription.merchant_id,
            "id": subscription.id,
            "shipment_id": subscription.shipment_id,
            "digest": digest,
            "sealed": self._vault.seal(subscription.merchant_id, subscription.id, where),
            "created_at": subscription.created_at,
        }
        insert = DIALECTS[self._connection.dialect.name].insert(PUSHES)
        once = insert.on_conflict_do_nothing(index_elements=list(FOLLOWED_ONCE.columns))
        return bool(self._connection.execute(once, row).rowcount == 1)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[PushSubscription]:
        """Oldest first."""
        wanted = select(PUSHES).where(_P.merchant_id == merchant_id, _P.shipment_id == shipment_id).order_by(_P.id)
        return [self._opened(row) for row in self._connection.execute(wanted)]

    def followed(self, shipments: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those of (merchant, shipment) that some browser follows."""
        wanted = select(_P.merchant_id, _P.shipment_id).where(
            _P.merchant_id.in_({merchant_id for merchant_id, _ in shipments}),
            _P.shipment_id.in_({shipment_id for _, shipment_id in shipments}),
        )
        found = {(row.merchant_id, row.shipment_id) for row in self._connection.execute(wanted)}
        return frozenset(found.intersection(shipments))

    def remove(self, merchant_id: str, *, subscription_id: str = "", shipment_id: str = "", digest: str = "") -> None:
        """By id, or by shipment and digest; of a shipment all, where no digest is named."""
        mine = [_P.merchant_id == merchant_id]
        if subscription_id:
            mine.append(_P.id == subscription_id)
        else:
            mine += [_P.shipment_id == shipment_id, *([_P.digest == digest] if digest else [])]
        self._connection.execute(delete(PUSHES).where(*mine))

    def _opened(self, row: Row[Any]) -> PushSubscription:
        where = self._vault.open(row.merchant_id, row.id, row.sealed)
        return PushSubscription(
            id=row.id,
            merchant_id=row.merchant_id,
            shipment_id=row.shipment_id,
            endpoint=where["endpoint"],
            p256dh=read_unpadded(where["p256dh"]),
            auth=read_unpadded(where["auth"]),
            created_at=row.created_at,
        )
