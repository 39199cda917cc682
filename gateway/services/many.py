"""Many trackers in one transaction: what they need is read at once, what became of them is written at once.

`Batched` stands in for a unit of work. Whatever is asked of the trackers it has read ahead is answered from memory, and
what is written there waits for `flush`: so the code that applies one message to one tracker applies ten thousand
without knowing it, at a small part of the cost. What it has not read ahead goes to the database, one by one.
"""

# ruff: noqa: D102  # the methods are those of the ports that they stand in for

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, cast

from gateway.domain.errors import StaleVersion
from gateway.domain.fold import sort_key
from gateway.domain.messages import OutboxMessage
from gateway.domain.records import DeliveryRecord, ShipmentRecord, TrackerRecord
from gateway.domain.tracking import TrackingEvent
from gateway.services.ports import DeliveryRecords, Outbox, Shipments, Trackers, TrackerWatches, UnitOfWork
from gateway.services.ports.many import Changes, Followed, History


class Batched:
    """A unit of work whose trackers are in memory. See the module."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self.changes = Changes()
        self.trackers: Trackers = _Trackers(uow, self.changes)  # type: ignore[assignment]  # the rest is the real one's
        self.shipments: Shipments = _Shipments(uow, self.changes)  # type: ignore[assignment]  # likewise
        self.records: DeliveryRecords = _Records(uow, self.changes)
        self.outbox: Outbox = _Outbox(uow, self.changes)  # type: ignore[assignment]  # likewise
        self.tracker_watches: TrackerWatches = _Watches(uow, self.changes)  # type: ignore[assignment]  # likewise
        self._memory: tuple[_Trackers, _Shipments, _Records] = (self.trackers, self.shipments, self.records)  # type: ignore[assignment]  # they are

    def __getattr__(self, name: str) -> object:
        return getattr(self._uow, name)

    @property
    def unit(self) -> UnitOfWork:
        """Itself, as what it stands in for."""
        return cast(UnitOfWork, self)

    def read_ahead(
        self,
        merchant_id: str,
        account_id: str,
        numbers: Collection[str],
        tenders: Collection[str] = (),
        new: Callable[[str], TrackerRecord] | None = None,
    ) -> None:
        """Lock the trackers with these numbers or of these tenders, and read all that folding them takes.

        For numbers that nobody follows yet, trackers are made by `new`.

        Raises:
            StaleVersion: one of them was given to another shipment at this moment.
        """
        many = self._uow.many
        named = dict(many.by_number(merchant_id, account_id, numbers))
        booked = dict(many.by_tender(merchant_id, tenders)) if tenders else {}
        self.take(merchant_id, account_id, [*named.values(), *booked.values()])
        trackers = self._memory[0]
        trackers.name({number: tracker.id for number, tracker in named.items()})
        trackers.book({tender: tracker.id for tender, tracker in booked.items()})
        if new is not None:
            trackers.make(account_id, [new(number) for number in sorted(set(numbers) - named.keys())])

    def take(
        self, merchant_id: str, account_id: str, found: Iterable[Followed | TrackerRecord]
    ) -> Sequence[TrackerRecord]:
        """Lock trackers that were found; they as they are now. Raises what `read_ahead` raises."""
        many = self._uow.many
        known = {tracker.id: tracker for tracker in found}
        locked, shipments = many.lock(merchant_id, list(known.values()))
        if any(tracker.shipment_id != known[tracker.id].shipment_id for tracker in locked):
            raise StaleVersion("a tracker was given to a shipment at this moment")
        trackers, held, records = self._memory
        trackers.hold(account_id, locked, many.events(merchant_id, list(known)))
        held.hold(shipments)
        records.hold(many.records(merchant_id, [shipment.id for shipment in shipments]))
        return locked

    def reread(self, tracker: TrackerRecord, event: TrackingEvent) -> None:
        """Another reading of an event that is there: its status and reason, and nothing else of it."""
        self._memory[0].reread(tracker, event)

    def flush(self) -> None:
        """Write what waits. Commit afterwards."""
        self._uow.many.write(self.changes)

    def commit(self) -> None:
        self.flush()
        self._uow.commit()


class _Trackers:
    def __init__(self, uow: UnitOfWork, changes: Changes) -> None:
        self._real = uow.trackers
        self._changes = changes
        self._account = ""
        self._held: dict[str, TrackerRecord] = {}
        self._events: dict[str, dict[str, TrackingEvent]] = {}
        self._numbers: dict[str, str] = {}
        self._tenders: dict[str, str] = {}

    def hold(
        self, account_id: str, trackers: Iterable[TrackerRecord], events: Mapping[str, Sequence[TrackingEvent]]
    ) -> None:
        self._account = account_id
        for tracker in trackers:
            self._held[tracker.id] = tracker
            self._events[tracker.id] = {event.event_id: event for event in events.get(tracker.id, ())}

    def name(self, numbers: Mapping[str, str]) -> None:
        self._numbers.update(numbers)

    def book(self, tenders: Mapping[str, str]) -> None:
        self._tenders.update(tenders)

    def make(self, account_id: str, trackers: Iterable[TrackerRecord]) -> None:
        for tracker in trackers:
            self._numbers[tracker.tracking_number] = tracker.id
            self.hold(account_id, [tracker], {})
            self._changes.made.append(tracker)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def get(self, merchant_id: str, tracker_id: str, *, lock: bool = False) -> TrackerRecord | None:
        return self._held.get(tracker_id) or self._real.get(merchant_id, tracker_id, lock=lock)

    def find(
        self, merchant_id: str, account_id: str, tracking_number: str, *, lock: bool = False
    ) -> TrackerRecord | None:
        """All numbers that are asked for were read ahead: what is not there is not followed."""
        if account_id != self._account:
            return self._real.find(merchant_id, account_id, tracking_number, lock=lock)
        return self._held.get(self._numbers.get(tracking_number, ""))

    def of_tender(self, merchant_id: str, tender_id: str, *, lock: bool = False) -> TrackerRecord | None:
        held = self._held.get(self._tenders.get(tender_id, ""))
        return held or self._real.of_tender(merchant_id, tender_id, lock=lock)

    def update(self, tracker: TrackerRecord) -> None:
        before = self._held.get(tracker.id)
        if before is None:
            self._real.update(tracker)
            return
        if tracker.parcel_numbers != before.parcel_numbers:
            self._real.add_numbers(tracker, tracker.parcel_numbers)
        read = self._changes.trackers.get(tracker.id, (before, before))[0]
        self._changes.trackers[tracker.id] = (read, tracker)
        self._held[tracker.id] = tracker

    def append(
        self, tracker: TrackerRecord, event: TrackingEvent, inbox_id: str
    ) -> Literal["new", "replaced", "duplicate"]:
        events = self._events.get(tracker.id)
        if events is None:
            return self._real.append(tracker, event, inbox_id)
        known = events.get(event.event_id)
        if known is not None and sort_key(known) <= sort_key(event):
            return "duplicate"
        events[event.event_id] = event
        key = (tracker.id, event.event_id)
        fresh = known is None or key in self._changes.appended
        (self._changes.appended if fresh else self._changes.replaced)[key] = (tracker, event, inbox_id)
        return "new" if known is None else "replaced"

    def reread(self, tracker: TrackerRecord, event: TrackingEvent) -> None:
        self._events[tracker.id][event.event_id] = event
        self._changes.reread[tracker.id, event.event_id] = (tracker, event)

    def events(self, merchant_id: str, tracker_id: str) -> Sequence[TrackingEvent]:
        found = self._events.get(tracker_id)
        return self._real.events(merchant_id, tracker_id) if found is None else list(found.values())

    def add_history(self, tracker: TrackerRecord, at: datetime, caused_by: str, correction: bool) -> None:
        if tracker.id not in self._held:
            self._real.add_history(tracker, at, caused_by, correction)
            return
        self._changes.history.append(History(tracker=tracker, at=at, caused_by=caused_by, correction=correction))


class _Shipments:
    def __init__(self, uow: UnitOfWork, changes: Changes) -> None:
        self._real = uow.shipments
        self._changes = changes
        self._read: dict[str, ShipmentRecord] = {}
        self._now: dict[str, ShipmentRecord] = {}

    def hold(self, shipments: Iterable[ShipmentRecord]) -> None:
        for shipment in shipments:
            self._read[shipment.id] = self._now[shipment.id] = shipment

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def get(self, merchant_id: str, shipment_id: str, *, lock: bool = False) -> ShipmentRecord | None:
        return self._now.get(shipment_id) or self._real.get(merchant_id, shipment_id, lock=lock)

    def update(self, shipment: ShipmentRecord) -> None:
        before = self._read.get(shipment.id)
        if before is None:
            self._real.update(shipment)
            return
        if shipment.booking != before.booking:
            self._real.update(shipment)  # people find it by its booking's numbers too
            self._read[shipment.id] = shipment
        self._now[shipment.id] = shipment
        self._changes.shipments[shipment.id] = (self._read[shipment.id], shipment)


class _Records:
    def __init__(self, uow: UnitOfWork, changes: Changes) -> None:
        self._real = uow.records
        self._changes = changes
        self._read: dict[str, DeliveryRecord] = {}
        self._now: dict[str, DeliveryRecord] = {}

    def hold(self, records: Iterable[DeliveryRecord]) -> None:
        for record in records:
            self._read[record.shipment_id] = self._now[record.shipment_id] = record

    def get(self, merchant_id: str, shipment_id: str) -> DeliveryRecord | None:
        return self._now.get(shipment_id) or self._real.get(merchant_id, shipment_id)

    def put(self, record: DeliveryRecord) -> None:
        before = self._read.get(record.shipment_id)
        if before is None:
            self._real.put(record)
            return
        self._now[record.shipment_id] = record
        self._changes.records[record.shipment_id] = (before, record)


class _Watches:
    def __init__(self, uow: UnitOfWork, changes: Changes) -> None:
        self._real = uow.tracker_watches
        self._changes = changes

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def wake(self, trackers: Sequence[TrackerRecord], at: datetime) -> None:
        self._changes.woken.update({tracker.id: (tracker, at) for tracker in trackers})


class _Outbox:
    def __init__(self, uow: UnitOfWork, changes: Changes) -> None:
        self._real = uow.outbox
        self._changes = changes

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def add(self, message: OutboxMessage) -> None:
        self._changes.messages.append(message)
