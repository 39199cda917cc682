"""Pickups and the shipments they were ordered for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, insert, or_, select, update

from gateway.domain.handovers import LIVE_PICKUP_STATES, PickupRecord
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.ports import Mode, Page
from gateway.services.ports.answers import HandoverSearch
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.shipments import SHIPMENTS
from gateway.storage.rows import Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.handover import ONE_LIVE_PICKUP, PickupEntryRow, PickupRow

PICKUPS = Rows(PickupRow, PickupRecord)
PICKUP_ENTRIES = table_of(PickupEntryRow)
_P = PICKUPS.table.c
_DUE = _P.due_at <= NOW
_E = PICKUP_ENTRIES.c
_S = SHIPMENTS.table.c


def booked(
    merchant_id: str, mode: Mode, account_id: str, with_status: Collection[str], limit: int, *, lock: bool = True
) -> Select[Any]:
    """An account's booked shipments in one of these statuses, locked, oldest first. (The statuses keep it to an index:
    a shipment stays `booked` for ever.)
    """
    wanted = (
        select(SHIPMENTS.table)
        .where(
            _S.merchant_id == merchant_id,
            _S.mode == mode,
            _S.status.in_(with_status),
            _S.account_id == account_id,
            _S.state == ShipmentState.BOOKED,
        )
        .order_by(_S.created_at, _S.id)
        .limit(limit)
    )
    return wanted.with_for_update(of=SHIPMENTS.table) if lock else wanted


class PickupRepository(Repository):
    """Pickups."""

    def waiting(
        self, merchant_id: str, mode: Mode, account_id: str, day: date, ready_by: datetime, limit: int
    ) -> Sequence[ShipmentRecord]:
        """Booked, not yet collected, ready by then and in no live pickup of that day or later."""
        here = [name for name, status in statuses().items() if status.phase == "pre_transit"]
        joined = PICKUP_ENTRIES.join(PICKUPS.table, (_P.merchant_id == _E.merchant_id) & (_P.id == _E.pickup_id))
        fetched = (
            exists()
            .select_from(joined)
            .where(
                _E.merchant_id == _S.merchant_id,
                _E.shipment_id == _S.id,
                _P.state.in_(LIVE_PICKUP_STATES),
                _P.day >= day,
            )
        )
        ready = or_(_S.ready_at.is_(None), _S.ready_at <= ready_by)
        wanted = booked(merchant_id, mode, account_id, here, limit).where(ready, ~fetched)
        return SHIPMENTS.all(self._connection, wanted)

    def add(self, pickup: PickupRecord, shipment_ids: Collection[str]) -> bool:
        """False when a live one of that account, door and day exists."""
        if not PICKUPS.add(self._connection, pickup, unless=ONE_LIVE_PICKUP):
            return False
        whose = {"merchant_id": pickup.merchant_id, "pickup_id": pickup.id}
        self._connection.execute(
            insert(PICKUP_ENTRIES), [{**whose, "shipment_id": shipment_id} for shipment_id in shipment_ids]
        )
        return True

    def get(self, merchant_id: str, pickup_id: str) -> PickupRecord | None:
        """By id."""
        return PICKUPS.get(self._connection, merchant_id, pickup_id)

    def live(self, merchant_id: str, account_id: str, day: date) -> Sequence[PickupRecord]:
        """Those for which a courier may come that day, oldest first."""
        wanted = select(PICKUPS.table).where(
            _P.merchant_id == merchant_id,
            _P.account_id == account_id,
            _P.day == day,
            _P.state.in_(LIVE_PICKUP_STATES),
        )
        return PICKUPS.all(self._connection, wanted.order_by(_P.created_at, _P.id))

    def shipment_ids(self, merchant_id: str, pickup_id: str) -> Sequence[str]:
        """The shipments it was ordered for."""
        wanted = select(_E.shipment_id).where(_E.merchant_id == merchant_id, _E.pickup_id == pickup_id)
        return list(self._connection.scalars(wanted.order_by(_E.shipment_id)))

    def close(self, pickup: PickupRecord, expected: Sequence[str]) -> bool:
        """Write it if its stored state is one of `expected`; False when somebody else was first."""
        written = (
            update(PICKUPS.table)
            .where(_P.merchant_id == pickup.merchant_id, _P.id == pickup.id, _P.state.in_(expected))
            .values(PICKUPS.values(pickup))
        )
        return self._connection.execute(written).rowcount == 1

    def list(self, merchant_id: str, search: HandoverSearch) -> Page[PickupRecord]:
        """Newest first."""
        wanted = select(PICKUPS.table).where(_P.merchant_id == merchant_id, _P.mode == search.mode)
        for column, value in ((_P.day, search.day), (_P.account, search.account), (_P.state, search.state)):
            wanted = wanted.where(column == value) if value else wanted
        return self._page(PICKUPS, wanted, (_P.created_at, _P.id), search.limit, search.cursor)

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[PickupRecord]:
        """Those whose sender's lease is over, and cancellations to be asked for again."""
        return claim(self._connection, PICKUPS, _DUE, now, lease, limit)
