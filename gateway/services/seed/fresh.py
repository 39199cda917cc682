"""A unit of work for what is all new: kept in memory and written at once, thousands of rows to a statement."""

# the methods are those of the ports that they stand in for

from __future__ import annotations

from dataclasses import replace
from typing import cast

from gateway.domain.quotes import Quote
from gateway.domain.records import DeliveryRecord, ShipmentRecord, Tender, TrackerRecord
from gateway.services.many import Batched
from gateway.services.ports import DeliveryRecords, QuoteStore, Shipments, Tenders, Trackers, UnitOfWork


class Fresh(Batched):
    """Rows of which none is there yet: seeded ones. What is written depends on nothing that is stored."""

    def __init__(self, uow: UnitOfWork) -> None:
        super().__init__(uow)
        self._quotes = _Kept()
        self._tenders = _Kept()
        self._shipments = _Shipments()
        self._facts = _Records()
        self.quotes = cast(QuoteStore, self._quotes)
        self.tenders = cast(Tenders, self._tenders)
        self.shipments = cast(Shipments, self._shipments)
        self.records = cast(DeliveryRecords, self._facts)
        self.trackers = cast(Trackers, _Trackers(self))

    def begin_tracker(self, tracker: TrackerRecord) -> None:
        """A tracker without events."""
        self._memory[0].make(tracker.account_id, [tracker])

    def held(self) -> Trackers:
        """The trackers in memory."""
        return cast(Trackers, self._memory[0])

    def flush(self) -> None:
        """Write everything, what others point at first."""
        many = self._uow.many
        many.add_all(self._quotes.rows)
        many.add_all(list(self._shipments.rows.values()))
        many.add_all(self._tenders.rows)
        super().flush()
        many.add_all(list(self._facts.rows.values()))


class _Kept:
    def __init__(self) -> None:
        self.rows: list[Quote | Tender] = []

    def add(self, row: Quote | Tender) -> bool:
        self.rows.append(row)
        return True


class _Shipments:
    def __init__(self) -> None:
        self.rows: dict[str, ShipmentRecord] = {}

    def add(self, shipment: ShipmentRecord) -> bool:
        self.rows[shipment.id] = shipment
        return True

    def update(self, shipment: ShipmentRecord) -> None:
        self.rows[shipment.id] = shipment

    def get(self, merchant_id: str, shipment_id: str, *, lock: bool = False) -> ShipmentRecord | None:
        return self.rows.get(shipment_id)


class _Records:
    def __init__(self) -> None:
        self.rows: dict[str, DeliveryRecord] = {}

    def put(self, record: DeliveryRecord) -> None:
        self.rows[record.shipment_id] = record

    def get(self, merchant_id: str, shipment_id: str) -> DeliveryRecord | None:
        return self.rows.get(shipment_id)


class _Trackers:
    """Those in memory, to which new ones are added."""

    def __init__(self, fresh: Fresh) -> None:
        self._fresh = fresh

    def __getattr__(self, name: str) -> object:
        return getattr(self._fresh.held(), name)

    def add(self, tracker: TrackerRecord) -> bool:
        self._fresh.begin_tracker(tracker)
        return True

    def update(self, tracker: TrackerRecord) -> None:
        """Nobody is asked about what was made up: a worker beside it would call real carriers."""
        self._fresh.held().update(replace(tracker, due_at=None))
