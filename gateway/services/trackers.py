"""Numbers that merchants follow, whether or not they were booked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from carriers.base import Capability
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, StaleVersion
from gateway.domain.eta import TrackerWatch
from gateway.domain.fold import sort_key
from gateway.domain.records import AccountRecord, TrackerRecord
from gateway.domain.tracking import TrackingEvent
from gateway.services.carrier_pool import CarrierPool
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Page, Store, UnitOfWork


class TrackerBook:
    """Follows them, and tells what is known of them."""

    def __init__(self, store: Store, pool: CarrierPool, clock: Clock) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock

    def follow(
        self, merchant_id: str, account: AccountRecord, tracking_number: str, promised_by: datetime | None = None
    ) -> TrackerRecord:
        """Follow a number that was not booked here; following twice gives the same tracker, with its first promise.

        Raises:
            Conflict: the account's carrier tells nothing about parcels.
        """
        live = self._pool.bind(account)
        if not (live.can(Capability.TRACKS) or live.can(Capability.RECEIVES_WEBHOOKS)):
            raise Conflict(f"{account.carrier} tells nothing about parcels")
        now = self._clock()
        tracker = TrackerRecord(
            id=new_id("trk", now),
            merchant_id=merchant_id,
            account_id=account.id,
            carrier=account.carrier,
            mode=account.mode,
            tracking_number=tracking_number,
            created_at=now,
            promised_by=promised_by,
            due_at=now,
        )
        with self._store.work() as uow:
            known = uow.trackers.find(merchant_id, account.id, tracking_number)
            if known is not None:
                return self._promised(uow, known, promised_by)
            if not uow.trackers.add(tracker):
                raise StaleVersion(f"{tracking_number} is being followed by another request right now")
            uow.commit()
        return tracker

    def _promised(self, uow: UnitOfWork, known: TrackerRecord, promised_by: datetime | None) -> TrackerRecord:
        """With its first promise, where it had none yet and belongs to no booking of ours, which has one."""
        tracker = uow.trackers.get(known.merchant_id, known.id, lock=True) or known
        if promised_by is None or tracker.promised_by is not None or tracker.shipment_id:
            return tracker
        promised = replace(tracker, promised_by=promised_by)
        uow.trackers.update(promised)
        if promised.status_at is not None:
            uow.tracker_watches.wake([promised], self._clock())
        uow.commit()
        return promised

    def watches(self, merchant_id: str, trackers: Sequence[TrackerRecord]) -> Mapping[str, TrackerWatch]:
        """What is expected of them, by their ids."""
        with self._store.look() as uow:
            return uow.tracker_watches.of(merchant_id, [tracker.id for tracker in trackers])

    def get(self, merchant_id: str, mode: Mode, tracker_id: str) -> tuple[TrackerRecord, Sequence[TrackingEvent]]:
        """A tracker and its events, oldest first. Raises NotFound."""
        with self._store.look() as uow:
            tracker = uow.trackers.get(merchant_id, tracker_id)
            if tracker is None or tracker.mode != mode:
                raise NotFound(f"no tracker {tracker_id}")
            return tracker, sorted(uow.trackers.events(merchant_id, tracker_id), key=sort_key)

    def list(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[TrackerRecord]:
        """Trackers, newest first."""
        with self._store.look() as uow:
            return uow.trackers.list(merchant_id, mode, limit, cursor)
