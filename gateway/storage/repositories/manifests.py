"""Manifests and the shipments they hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, exists, insert, or_, select, update

from gateway.domain.handovers import HOLDING_MANIFEST_STATES, ManifestRecord, ManifestState
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.ports import Mode, Page
from gateway.services.ports.answers import HandoverSearch
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.pickups import booked
from gateway.storage.repositories.shipments import SHIPMENTS
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.handover import ManifestDocumentRow, ManifestEntryRow, ManifestRow

MANIFESTS = Rows(ManifestRow, ManifestRecord)
MANIFEST_ENTRIES = table_of(ManifestEntryRow)
_DOCUMENTS = table_of(ManifestDocumentRow)
_M = MANIFESTS.table.c
_DUE = _M.due_at <= NOW
_E = MANIFEST_ENTRIES.c
_S = SHIPMENTS.table.c
_KEEP = {name: dialect.insert(_DOCUMENTS).on_conflict_do_nothing() for name, dialect in DIALECTS.items()}


def _here() -> Sequence[str]:
    """Statuses of parcels that no carrier has seen."""
    return [name for name, status in statuses().items() if status.phase == "pre_transit"]


class ManifestRepository(Repository):
    """Manifests."""

    def waiting(
        self, merchant_id: str, mode: Mode, account_id: str, ready_before: datetime, limit: int, *, left: bool
    ) -> Sequence[ShipmentRecord]:
        """Booked, ready before then and on no manifest; `left` False leaves out what is on its way already."""
        meant = [
            name
            for name, status in statuses().items()
            if status.phase == "pre_transit" or (left and not status.terminal)
        ]
        held = exists().where(_E.merchant_id == _S.merchant_id, _E.shipment_id == _S.id)
        ready = or_(_S.ready_at.is_(None), _S.ready_at < ready_before)
        return SHIPMENTS.all(self._connection, booked(merchant_id, mode, account_id, meant, limit).where(ready, ~held))

    def unlisted(self, merchant_id: str, mode: Mode, account_id: str, limit: int) -> Sequence[ShipmentRecord]:
        """Booked, here still and on no manifest, oldest first."""
        held = exists().where(_E.merchant_id == _S.merchant_id, _E.shipment_id == _S.id)
        wanted = booked(merchant_id, mode, account_id, _here(), limit, lock=False)
        return SHIPMENTS.all(self._connection, wanted.where(~held))

    def unscanned(
        self, merchant_id: str, mode: Mode, before: datetime, limit: int
    ) -> Sequence[tuple[ShipmentRecord, ManifestRecord]]:
        """On a manifest that was closed before then, and not seen by its carrier since; oldest manifest first."""
        wanted = (
            select(_E.shipment_id, _E.manifest_id)
            .join(MANIFESTS.table, (_M.merchant_id == _E.merchant_id) & (_M.id == _E.manifest_id))
            .join(SHIPMENTS.table, (_S.merchant_id == _E.merchant_id) & (_S.id == _E.shipment_id))
            .where(
                _E.merchant_id == merchant_id, _M.mode == mode, _M.state == ManifestState.CLOSED, _M.updated_at < before
            )
            .where(_S.status.in_(_here()), _S.state == ShipmentState.BOOKED)
            .order_by(_M.id, _S.id)
            .limit(limit)
        )
        found = self._connection.execute(wanted).all()
        manifests = {name: self.get(merchant_id, name) for name in {row.manifest_id for row in found}}
        both = [(SHIPMENTS.get(self._connection, merchant_id, row[0]), manifests[row[1]]) for row in found]
        return [(shipment, manifest) for shipment, manifest in both if shipment and manifest]

    def add(self, manifest: ManifestRecord, shipment_ids: Collection[str]) -> None:
        """Raises StaleVersion when a shipment is on another one meanwhile."""
        MANIFESTS.add(self._connection, manifest)
        whose = {"merchant_id": manifest.merchant_id, "manifest_id": manifest.id}
        self._connection.execute(
            insert(MANIFEST_ENTRIES), [{**whose, "shipment_id": shipment_id} for shipment_id in shipment_ids]
        )

    def get(self, merchant_id: str, manifest_id: str) -> ManifestRecord | None:
        """By id."""
        return MANIFESTS.get(self._connection, merchant_id, manifest_id)

    def of_day(self, merchant_id: str, account_id: str, day: date) -> Sequence[ManifestRecord]:
        """Those that hold shipments, oldest first."""
        wanted = select(MANIFESTS.table).where(
            _M.merchant_id == merchant_id,
            _M.account_id == account_id,
            _M.day == day,
            _M.state.in_(HOLDING_MANIFEST_STATES),
        )
        return MANIFESTS.all(self._connection, wanted.order_by(_M.created_at, _M.id))

    def shipments(self, merchant_id: str, manifest_id: str) -> Sequence[ShipmentRecord]:
        """The shipments it holds, oldest first."""
        wanted = (
            select(SHIPMENTS.table)
            .join(MANIFEST_ENTRIES, (_E.merchant_id == _S.merchant_id) & (_E.shipment_id == _S.id))
            .where(_E.merchant_id == merchant_id, _E.manifest_id == manifest_id)
            .order_by(_S.created_at, _S.id)
        )
        return SHIPMENTS.all(self._connection, wanted)

    def close(self, manifest: ManifestRecord, expected: Sequence[str]) -> bool:
        """Write it if its stored state is one of `expected`; False when somebody else was first."""
        written = (
            update(MANIFESTS.table)
            .where(_M.merchant_id == manifest.merchant_id, _M.id == manifest.id, _M.state.in_(expected))
            .values(MANIFESTS.values(manifest))
        )
        return self._connection.execute(written).rowcount == 1

    def release(self, manifest: ManifestRecord, shipment_ids: Collection[str] | None = None) -> None:
        """Let these shipments (None: all) go to the next manifest."""
        held = delete(MANIFEST_ENTRIES).where(_E.merchant_id == manifest.merchant_id, _E.manifest_id == manifest.id)
        self._connection.execute(held if shipment_ids is None else held.where(_E.shipment_id.in_(shipment_ids)))

    def keep_document(self, merchant_id: str, manifest_id: str, content: bytes) -> None:
        """The carrier's document; the first stays."""
        kept = {"merchant_id": merchant_id, "manifest_id": manifest_id, "content": content}
        self._connection.execute(_KEEP[self._connection.dialect.name], kept)

    def document(self, merchant_id: str, manifest_id: str) -> bytes | None:
        """The carrier's document, where it gave one."""
        wanted = select(_DOCUMENTS.c.content).where(
            _DOCUMENTS.c.merchant_id == merchant_id, _DOCUMENTS.c.manifest_id == manifest_id
        )
        content: bytes | None = self._connection.scalars(wanted).first()
        return content

    def list(self, merchant_id: str, search: HandoverSearch) -> Page[ManifestRecord]:
        """Newest first."""
        wanted = select(MANIFESTS.table).where(_M.merchant_id == merchant_id, _M.mode == search.mode)
        for column, value in ((_M.day, search.day), (_M.account, search.account), (_M.state, search.state)):
            wanted = wanted.where(column == value) if value else wanted
        return self._page(MANIFESTS, wanted, (_M.created_at, _M.id), search.limit, search.cursor)

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ManifestRecord]:
        """Those whose sender's lease is over."""
        return claim(self._connection, MANIFESTS, _DUE, now, lease, limit)
