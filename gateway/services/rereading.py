"""What another reading of a carrier's codes changes of the past: shown first, then applied as it was shown.

An event keeps its carrier's word, so it can be read again. That is done to events whose word was in no table, and to
those whose word the account's own tables have or ever had a row for; what an adapter reads from more than the word is
left as it was read. The status of every tracker with such an event is folded anew by the same function as ever. What
that changes is a correction: so its history says, and so merchants are told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from carriers.base import StatusTable
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict
from gateway.domain.fold import current_status
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import TrackingEvent
from gateway.services.accounts import AccountBook
from gateway.services.carrier_pool import CarrierPool
from gateway.services.many import Batched
from gateway.services.own_statuses import rows_of
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.projection import project, told
from gateway.services.transactions import again_if_crossed

UNMAPPED = "unmapped_carrier_code"
A_PAGE = 500
SHOWN = 1000
"""How many trackers that move are listed where people look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A tracker whose status would be another one."""

    tracker_id: str
    shipment_id: str
    tracking_number: str
    before: tuple[str, str]
    after: tuple[str, str]
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a new reading changes: so many events, and these trackers. `digest` names exactly this difference."""

    events: int
    moved: tuple[Moved, ...]
    digest: str
    applied: bool = False


@dataclass(frozen=True, slots=True)
class _Reading:
    """An account's table, and the words that are read again."""

    merchant_id: str
    account_id: str
    table: StatusTable
    own: frozenset[tuple[str, str]]
    version: int

    def of(self, event: TrackingEvent) -> TrackingEvent:
        """The event as it is read now; the very same where nothing of it is another."""
        key = (event.carrier_code, event.carrier_qualifier)
        if not event.carrier_code or (event.reason != UNMAPPED and key not in self.own):
            return event
        meaning = self.table.lookup(*key)
        if (meaning.status, meaning.reason) == (event.status, event.reason):
            return event
        return replace(event, status=meaning.status, reason=meaning.reason)


class Rereading:
    """Shows and applies."""

    def __init__(self, store: Store, accounts: AccountBook, pool: CarrierPool, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._pool = pool
        self._clock = clock

    def show(self, merchant_id: str, mode: Mode, account_id: str) -> Difference:
        """What the account's table, as it is now, changes of what was told before. Nothing is written.

        Raises:
            NotFound: no such account.
        """
        reading = self._reading(merchant_id, mode, account_id)
        events, moved = 0, []
        for page in self._pages(reading):
            with self._store.look() as uow:
                trackers = uow.many.by_id(merchant_id, page)
                found = uow.many.events(merchant_id, page)
            for tracker in trackers:
                again, change = _reread(reading, tracker, found.get(tracker.id, ()))
                events += len(again)
                moved += [change] if change is not None else []
        return Difference(events=events, moved=tuple(moved), digest=_digest(reading, events, moved))

    def apply(self, merchant_id: str, mode: Mode, account_id: str, digest: str) -> Difference:
        """Write the difference that was shown, a page of trackers in each transaction. Repeating it is harmless.

        Raises:
            NotFound: no such account.
            Conflict: by now the difference is another one; look at it first.
        """
        shown = self.show(merchant_id, mode, account_id)
        if shown.digest != digest:
            raise Conflict("the difference is not the one that was shown any more: look at it again")
        reading = self._reading(merchant_id, mode, account_id)
        for page in self._pages(reading):
            again_if_crossed(self._applying(reading, page))
        return replace(shown, applied=True)

    def _applying(self, reading: _Reading, page: Sequence[str]) -> Callable[[], None]:
        def apply() -> None:
            with self._store.work() as uow:
                self._apply(uow, reading, page)

        return apply

    def _apply(self, uow: UnitOfWork, reading: _Reading, page: Sequence[str]) -> None:
        now = self._clock()
        batched = Batched(uow)
        found = uow.many.by_id(reading.merchant_id, page)
        for tracker in batched.take(reading.merchant_id, reading.account_id, found):
            events = batched.unit.trackers.events(reading.merchant_id, tracker.id)
            again, _ = _reread(reading, tracker, events)
            for event in again.values():
                batched.reread(tracker, event)
            if again:
                project(batched.unit, tracker, now, f"status table {reading.version}", reread=True)
        batched.commit()

    def _pages(self, reading: _Reading) -> Iterator[Sequence[str]]:
        """Trackers that the reading may be about, a page at a time."""
        codes = {code for code, _ in reading.own}
        after = ""
        while True:
            with self._store.look() as uow:
                page = uow.many.told_by(reading.merchant_id, reading.account_id, codes, after, A_PAGE)
            if not page:
                return
            yield page
            after = page[-1]

    def _reading(self, merchant_id: str, mode: Mode, account_id: str) -> _Reading:
        account = self._accounts.get(merchant_id, mode, account_id)
        with self._store.look() as uow:
            tables = uow.status_tables.of_account(merchant_id, account_id)
        own = frozenset(row.key for table in tables for row in rows_of(table))
        version = tables[0].version if tables else 0
        return _Reading(merchant_id, account_id, self._pool.bind(account).carrier.statuses, own, version)


def _reread(
    reading: _Reading, tracker: TrackerRecord, events: Sequence[TrackingEvent]
) -> tuple[Mapping[str, TrackingEvent], Moved | None]:
    """The events that are another by id, and how the tracker moves, if it does."""
    now = {event.event_id: reading.of(event) for event in events}
    again = {event.event_id: now[event.event_id] for event in events if now[event.event_id] is not event}
    if not again:
        return {}, None
    facts = told(current_status(now.values(), tracker.parcel_numbers, tracker.parcels))
    if all(getattr(tracker, name) == value for name, value in facts.items()):
        return again, None
    moved = Moved(
        tracker_id=tracker.id,
        shipment_id=tracker.shipment_id,
        tracking_number=tracker.tracking_number,
        before=(tracker.status, tracker.reason),
        after=(facts["status"], facts["reason"]),
        events=len(again),
    )
    return again, moved


def _digest(reading: _Reading, events: int, moved: Sequence[Moved]) -> str:
    said = repr((reading.account_id, reading.version, events, sorted(map(repr, moved))))
    return hashlib.sha256(said.encode()).hexdigest()
