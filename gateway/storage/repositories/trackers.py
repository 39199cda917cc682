"""Tracking numbers we follow, their events and the history of their status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Select, and_, bindparam, func, insert, select, tuple_, update

from gateway.domain.fold import sort_key
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import TrackingEvent
from gateway.services.ports import Mode, Page
from gateway.storage.bulk import update_each
from gateway.storage.claims import NOW, claim, free
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.tracking import FOLLOWED_ONCE, EventRow, HistoryRow, TrackerNumberRow, TrackerRow

TRACKERS = Rows(TrackerRow, TrackerRecord)
EVENTS = Rows(EventRow, TrackingEvent)
HISTORY = table_of(HistoryRow)
NUMBERS = table_of(TrackerNumberRow)
_T = TRACKERS.table.c
_E = EVENTS.table.c
_BY_NUMBER = (
    select(TRACKERS.table)
    .join(NUMBERS, (NUMBERS.c.merchant_id == _T.merchant_id) & (NUMBERS.c.tracker_id == _T.id))
    .where(
        NUMBERS.c.merchant_id == bindparam("merchant_id"),
        NUMBERS.c.account_id == bindparam("account_id"),
        NUMBERS.c.number == bindparam("number"),
    )
)
_OF_TENDER = select(TRACKERS.table).where(
    _T.merchant_id == bindparam("merchant_id"), _T.tender_id == bindparam("tender_id")
)
_EVENTS = (
    select(EVENTS.table)
    .where(_E.merchant_id == bindparam("merchant_id"), _E.tracker_id == bindparam("tracker_id"))
    .order_by(_E.occurred_at, _E.event_id)
)
_DUE = _T.due_at <= NOW
_DUE_OF = and_(_DUE, tuple_(_T.merchant_id, _T.id).in_(bindparam("of", expanding=True)))
_NEXT = select(TRACKERS.table).where(_DUE, free(TRACKERS.table)).order_by(_T.due_at).limit(bindparam("limit"))
_ADD_NUMBERS = {name: dialect.insert(NUMBERS).on_conflict_do_nothing() for name, dialect in DIALECTS.items()}
_KEY = ("merchant_id", "id")
_TIMES = ("due_at", "tries", "polled_at", "pushed_at")


class TrackerRepository(Repository):
    """Trackers."""

    def add(self, tracker: TrackerRecord) -> bool:
        """False when the account's tracking number is followed already."""
        if not TRACKERS.add(self._connection, tracker, unless=FOLLOWED_ONCE):
            return False
        self.add_numbers(tracker, (tracker.tracking_number, *tracker.parcel_numbers))
        return True

    def get(self, merchant_id: str, tracker_id: str, *, lock: bool = False) -> TrackerRecord | None:
        """By id."""
        return TRACKERS.get(self._connection, merchant_id, tracker_id, lock=lock)

    def find(
        self, merchant_id: str, account_id: str, tracking_number: str, *, lock: bool = False
    ) -> TrackerRecord | None:
        """By its own number or one of its parcels'; where two trackers claim a number, the first has it."""
        wanted = _locked(_BY_NUMBER, lock)
        return TRACKERS.first(
            self._connection, wanted, merchant_id=merchant_id, account_id=account_id, number=tracking_number
        )

    def of_tender(self, merchant_id: str, tender_id: str, *, lock: bool = False) -> TrackerRecord | None:
        """The tracker of a booking."""
        wanted = _locked(_OF_TENDER, lock)
        return TRACKERS.first(self._connection, wanted, merchant_id=merchant_id, tender_id=tender_id)

    def update(self, tracker: TrackerRecord) -> None:
        """Write it. Raises StaleVersion when a later version is stored."""
        TRACKERS.put(self._connection, tracker)
        if tracker.parcel_numbers:
            self.add_numbers(tracker, tracker.parcel_numbers)

    def count_due(self, merchant_id: str, account_id: str) -> int:
        """How many of the account's trackers are polled at all, now or later."""
        counted = select(func.count()).where(
            _T.merchant_id == merchant_id, _T.account_id == account_id, _T.due_at.is_not(None)
        )
        return self._connection.execute(counted).scalar_one()

    def list(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[TrackerRecord]:
        """Newest first."""
        wanted = select(TRACKERS.table).where(_T.merchant_id == merchant_id, _T.mode == mode)
        return self._page(TRACKERS, wanted, (_T.created_at, _T.id), limit, cursor)

    def add_numbers(self, tracker: TrackerRecord, numbers: Sequence[str]) -> None:
        """Find it by these too."""
        place = {
            "merchant_id": tracker.merchant_id,
            "account_id": tracker.account_id,
            "tracker_id": tracker.id,
        }
        rows = [{**place, "number": number} for number in sorted(set(numbers) - {""})]
        if rows:
            self._connection.execute(_ADD_NUMBERS[self._connection.dialect.name], rows)

    def append(
        self, tracker: TrackerRecord, event: TrackingEvent, inbox_id: str
    ) -> Literal["new", "replaced", "duplicate"]:
        """Keep one event. Of two copies of one event id that with the smaller key of the fold stays."""
        whose = {"merchant_id": tracker.merchant_id, "tracker_id": tracker.id, "inbox_id": inbox_id}
        if EVENTS.add(self._connection, event, others=whose):
            return "new"
        key = (tracker.merchant_id, tracker.id, event.event_id)
        stored = EVENTS.get(self._connection, *key, lock=True)
        if stored is None or sort_key(stored) <= sort_key(event):
            return "duplicate"
        at_key = (_E.merchant_id == key[0], _E.tracker_id == key[1], _E.event_id == key[2])
        replaced = update(EVENTS.table).where(*at_key).values(EVENTS.values(event) | {"inbox_id": inbox_id})
        self._connection.execute(replaced)
        return "replaced"

    def events(self, merchant_id: str, tracker_id: str) -> Sequence[TrackingEvent]:
        """Its events by time."""
        return EVENTS.all(self._connection, _EVENTS, merchant_id=merchant_id, tracker_id=tracker_id)

    def add_history(self, tracker: TrackerRecord, at: datetime, caused_by: str, correction: bool) -> None:
        """A change of its status, under its version. StaleVersion follows when that version is written already."""
        self._connection.execute(
            insert(HISTORY),
            {
                "merchant_id": tracker.merchant_id,
                "tracker_id": tracker.id,
                "version": tracker.version,
                "at": at,
                "status": tracker.status,
                "reason": tracker.reason,
                "caused_by": caused_by,
                "correction": correction,
            },
        )

    def reschedule(self, trackers: Sequence[TrackerRecord]) -> None:
        """Give them back: write only when they were and are to be asked. In order of their keys, as claims lock."""
        rows = [
            {"leased_until": None, **{name: getattr(each, name) for name in (*_KEY, *_TIMES)}}
            for each in sorted(trackers, key=lambda each: (each.merchant_id, each.id))
        ]
        update_each(self._connection, TRACKERS.table, rows)

    def due(self, now: datetime, limit: int) -> Sequence[tuple[TrackerRecord, datetime]]:
        """Those due for polling and since when, longest due first; nothing is claimed."""
        found = self._connection.execute(_NEXT, {"now": now, "limit": limit})
        return [(TRACKERS.noun(row), row.due_at) for row in found]

    def claim_due(
        self, now: datetime, lease: timedelta, limit: int, of: Sequence[tuple[str, str]] | None = None
    ) -> Sequence[TrackerRecord]:
        """Those due for polling; `of` these keys only."""
        if of is None:
            return claim(self._connection, TRACKERS, _DUE, now, lease, limit, durable=False)
        return claim(self._connection, TRACKERS, _DUE_OF, now, lease, limit, durable=False, of=list(of))


def _locked(wanted: Select[tuple[object, ...]], lock: bool) -> Select[tuple[object, ...]]:
    return wanted.with_for_update(of=TRACKERS.table) if lock else wanted
