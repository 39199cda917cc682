"""Other times and places that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from gateway.domain.diversions import Diversion, DiversionState
from gateway.storage.claims import claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.diversions import ONE_OPEN_DIVERSION, DiversionRow

DIVERSIONS = Rows(DiversionRow, Diversion)
_D = DIVERSIONS.table.c
_OF_SHIPMENT = (
    select(DIVERSIONS.table)
    .where(_D.merchant_id == bindparam("merchant_id"), _D.shipment_id == bindparam("shipment_id"))
    .order_by(_D.created_at, _D.id)
)


class DiversionRepository(Repository):
    """Wishes for another time or place. Once settled they stay so, but for those that a later one replaces."""

    def add(self, diversion: Diversion) -> bool:
        """False when another one of the shipment waits for its carrier's word."""
        return DIVERSIONS.add(self._connection, diversion, unless=ONE_OPEN_DIVERSION)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Diversion]:
        """Oldest first."""
        return DIVERSIONS.all(self._connection, _OF_SHIPMENT, merchant_id=merchant_id, shipment_id=shipment_id)

    def keep(self, diversion: Diversion) -> bool:
        """Write it; False when it was settled before."""
        mine = (_D.merchant_id == diversion.merchant_id, _D.id == diversion.id, _D.state == DiversionState.ASKED)
        written = update(DIVERSIONS.table).where(*mine).values(DIVERSIONS.values(diversion))
        return self._connection.execute(written).rowcount == 1

    def supersede(self, agreed: Diversion) -> None:
        """What its carrier had agreed to before this one holds no longer."""
        earlier = (
            _D.merchant_id == agreed.merchant_id,
            _D.shipment_id == agreed.shipment_id,
            _D.id != agreed.id,
            _D.state == DiversionState.AGREED,
        )
        replaced = update(DIVERSIONS.table).where(*earlier)
        self._connection.execute(replaced.values(state=DiversionState.SUPERSEDED, updated_at=agreed.updated_at))

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Diversion]:
        """Those whose carrier is to be asked again."""
        return claim(self._connection, DIVERSIONS, _D.due_at <= now, now, lease, limit)
