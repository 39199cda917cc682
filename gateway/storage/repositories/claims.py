"""Claims against carriers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import exists, func, select

from gateway.domain.claims import Claim, ClaimState
from gateway.services.ports import Mode, Page
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.claims import ONE_OF_A_KIND, ClaimRow

CLAIMS = Rows(ClaimRow, Claim)
_C = CLAIMS.table.c


class ClaimRepository(Repository):
    """See `gateway.services.ports.claims`."""

    def add(self, claim: Claim) -> bool:
        """False when one of its kind stands already."""
        return CLAIMS.add(self._connection, claim, unless=ONE_OF_A_KIND)

    def get(self, merchant_id: str, claim_id: str, *, lock: bool = False) -> Claim | None:
        """By id."""
        return CLAIMS.get(self._connection, merchant_id, claim_id, lock=lock)

    def update(self, claim: Claim) -> None:
        """Raises StaleVersion when a later version is stored."""
        CLAIMS.put(self._connection, claim)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Claim]:
        """Oldest first."""
        mine = select(CLAIMS.table).where(_C.merchant_id == merchant_id, _C.shipment_id == shipment_id)
        return CLAIMS.all(self._connection, mine.order_by(_C.created_at, _C.id))

    def list(
        self, merchant_id: str, mode: Mode, state: ClaimState | None, limit: int, cursor: str | None
    ) -> Page[Claim]:
        """Newest first."""
        wanted = select(CLAIMS.table).where(_C.merchant_id == merchant_id, _C.mode == mode)
        wanted = wanted if state is None else wanted.where(_C.state == state)
        return self._page(CLAIMS, wanted, (_C.created_at, _C.id), limit, cursor)

    def counts(self, merchant_id: str, mode: Mode, most: int) -> Mapping[ClaimState, int]:
        """Each along `claims_by_state`."""
        found = {}
        for state in ClaimState:
            some = select(_C.id).where(_C.merchant_id == merchant_id, _C.mode == mode, _C.state == state).limit(most)
            found[state] = self._connection.scalar(select(func.count()).select_from(some.subquery())) or 0
        return found

    def kept(self, merchant_id: str, mode: Mode) -> bool:
        """Along `claims_newest`."""
        some = exists().where(_C.merchant_id == merchant_id, _C.mode == mode)
        return bool(self._connection.scalar(select(some)))
