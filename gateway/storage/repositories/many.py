"""Trackers and all that hangs on them, thousands at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from gateway.domain.quotes import Quote
from gateway.domain.records import DeliveryRecord, ShipmentRecord, Tender, TrackerRecord
from gateway.domain.tracking import TrackingEvent
from gateway.services.ports.answers import Mode
from gateway.services.ports.many import Changes, Followed, UnmappedCode
from gateway.storage.bulk import Columns, among, by_column, found_each, insert_all, listed, update_all
from gateway.storage.news import notify
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.cases import RECORDS
from gateway.storage.repositories.finding import TERMS, term_rows
from gateway.storage.repositories.outbox import OUTBOX
from gateway.storage.repositories.quotes import QUOTES
from gateway.storage.repositories.shipments import SHIPMENTS
from gateway.storage.repositories.tenders import TENDERS, derived
from gateway.storage.repositories.tracker_watches import TrackerWatchRepository
from gateway.storage.repositories.trackers import EVENTS, HISTORY, NUMBERS, TRACKERS
from gateway.storage.rows import Rows
from gateway.storage.tables.accounts import AccountRow
from gateway.storage.tables.base import table_of

N = TypeVar("N")
ACCOUNTS = table_of(AccountRow)
UNMAPPED = "unmapped_carrier_code"
MOST_CODES = 1000
_A = ACCOUNTS.c
_T, _E, _S, _N, _R = TRACKERS.table.c, EVENTS.table.c, SHIPMENTS.table.c, NUMBERS.c, RECORDS.table.c
_UNFOLDED = {"description", "place", "occurred_at_local", "raw", "tz_source", "source", "received_at", "claimed_at"}
_FOLDED = [field.name for field in fields(TrackingEvent) if field.name not in _UNFOLDED]
_NUMBERED = select(_N.number, _T.id, _T.shipment_id).join_from(
    NUMBERS, TRACKERS.table, (_N.merchant_id == _T.merchant_id) & (_N.tracker_id == _T.id)
)


class ManyRepository(Repository):
    """Reads with one statement for each table, writes with COPY where there is one."""

    def by_id(self, merchant_id: str, tracker_ids: Collection[str]) -> Sequence[TrackerRecord]:
        """Trackers by their ids."""
        wanted = select(TRACKERS.table).where(_T.merchant_id == merchant_id)
        return [TRACKERS.noun(row) for row in self._rows(wanted, _T.id, tracker_ids)]

    def told_by(self, merchant_id: str, account_id: str, codes: Collection[str], after: str, limit: int) -> list[str]:
        """A page of trackers at a time: no statement reads all events of an account."""
        of_code = or_(_E.reason == UNMAPPED, among(self._connection, _E.carrier_code, "codes"))
        told = exists().where(_E.merchant_id == _T.merchant_id, _E.tracker_id == _T.id, of_code)
        wanted = select(_T.id).where(_T.merchant_id == merchant_id, _T.account_id == account_id, _T.id > after, told)
        bound = {"codes": listed(self._connection, sorted(codes))}
        return list(self._connection.scalars(wanted.order_by(_T.id).limit(limit), bound))

    def unmapped(self, merchant_id: str, mode: Mode) -> Sequence[UnmappedCode]:
        """The most frequent first."""
        code = (_T.account_id, _A.name, _A.carrier, _E.carrier_code, _E.carrier_qualifier)
        number = func.count().label("events")
        wanted = (
            select(
                *code,
                number,
                func.count(_E.tracker_id.distinct()).label("trackers"),
                func.min(_E.occurred_at).label("first_at"),
                func.max(_E.occurred_at).label("last_at"),
            )
            .join_from(EVENTS.table, TRACKERS.table, (_E.merchant_id == _T.merchant_id) & (_E.tracker_id == _T.id))
            .join(ACCOUNTS, (_A.merchant_id == _T.merchant_id) & (_A.id == _T.account_id))
            .where(_E.merchant_id == merchant_id, _E.reason == UNMAPPED, _T.mode == mode)
            .group_by(*code)
            .order_by(number.desc(), _E.carrier_code, _E.carrier_qualifier)
            .limit(MOST_CODES)
        )
        return [_unmapped(row) for row in self._connection.execute(wanted)]

    def by_number(self, merchant_id: str, account_id: str, numbers: Collection[str]) -> Mapping[str, Followed]:
        """Trackers by the numbers asked for, their own or their parcels'."""
        of_account = _NUMBERED.where(_N.merchant_id == merchant_id, _N.account_id == account_id)
        return {number: Followed(*each) for number, *each in self._rows(of_account, _N.number, numbers)}

    def by_tender(self, merchant_id: str, tender_ids: Collection[str]) -> Mapping[str, Followed]:
        """Trackers by their tenders."""
        wanted = select(_T.tender_id, _T.id, _T.shipment_id).where(_T.merchant_id == merchant_id)
        return {tender: Followed(*each) for tender, *each in self._rows(wanted, _T.tender_id, tender_ids)}

    def lock(
        self, merchant_id: str, trackers: Collection[Followed | TrackerRecord]
    ) -> tuple[Sequence[TrackerRecord], Sequence[ShipmentRecord]]:
        """Shipments first, by their ids, then trackers: everybody locks in this order."""
        shipment_ids = {tracker.shipment_id for tracker in trackers} - {""}
        shipments = self._locked(SHIPMENTS, merchant_id, shipment_ids)
        return self._locked(TRACKERS, merchant_id, {tracker.id for tracker in trackers}), shipments

    def events(self, merchant_id: str, tracker_ids: Collection[str]) -> Mapping[str, Sequence[TrackingEvent]]:
        """Their events."""
        found: dict[str, list[TrackingEvent]] = defaultdict(list)
        wanted = select(_E.tracker_id, *(_E[name] for name in _FOLDED)).where(_E.merchant_id == merchant_id)
        for tracker_id, *cells in self._rows(wanted, _E.tracker_id, tracker_ids):
            found[tracker_id].append(TrackingEvent(**dict(zip(_FOLDED, cells, strict=True))))
        return found

    def records(self, merchant_id: str, shipment_ids: Collection[str]) -> Sequence[DeliveryRecord]:
        """The flat facts of shipments."""
        wanted = select(RECORDS.table).where(_R.merchant_id == merchant_id)
        return [RECORDS.noun(row) for row in self._rows(wanted, _R.shipment_id, shipment_ids)]

    def add_all(self, rows: Sequence[object]) -> None:
        """All of one kind; shipments with the words under which people find them."""
        if not rows:
            return
        kept, more = NEW[type(rows[0])]
        insert_all(self._connection, kept.table, {**kept.columns(rows), **by_column([more(row) for row in rows])})
        if isinstance(rows[0], ShipmentRecord):
            words = [word for row in rows if isinstance(row, ShipmentRecord) for word in term_rows(row)]
            insert_all(self._connection, TERMS, by_column(words))

    def write(self, changes: Changes) -> None:
        """Trackers before what points at them."""
        made = [changes.trackers.pop(tracker.id, (tracker, tracker))[1] for tracker in changes.made]
        insert_all(self._connection, TRACKERS.table, TRACKERS.columns(made))
        insert_all(self._connection, NUMBERS, by_column([cells for tracker in made for cells in _numbers(tracker)]))
        insert_all(self._connection, EVENTS.table, _events(changes.appended.values()))
        update_all(self._connection, EVENTS.table, [_event(*each) for each in changes.replaced.values()])
        update_all(self._connection, EVENTS.table, [_reading(*each) for each in changes.reread.values()])
        self._rewrite(TRACKERS, changes.trackers.values())
        insert_all(self._connection, HISTORY, by_column([_history(each) for each in changes.history]))
        self._rewrite(SHIPMENTS, changes.shipments.values())
        self._rewrite(RECORDS, changes.records.values())
        new = {tracker.id for tracker in made}
        woken = [each for each in changes.woken.values() if not (each[0].finished and each[0].id in new)]
        if woken:
            TrackerWatchRepository(self._connection).wake([each for each, _ in woken], max(at for _, at in woken))
        messages = OUTBOX.columns(changes.messages)
        if messages:
            messages["fanned"] = [False] * len(changes.messages)
        insert_all(self._connection, OUTBOX.table, messages)
        notify(self._connection, changes.messages)

    def _rows(self, wanted: Select[Any], column: ColumnElement[str], texts: Collection[str]) -> Iterable[Any]:
        return found_each(self._connection, wanted, column, texts)

    def _locked(self, rows: Rows[N], merchant_id: str, ids: Collection[str]) -> list[N]:
        ours = select(rows.table).where(rows.table.c.merchant_id == merchant_id).with_for_update()
        return [rows.noun(row) for row in self._rows(ours, rows.table.c.id, ids)]

    def _rewrite(self, rows: Rows[N], pairs: Collection[tuple[N, N]]) -> None:
        """Only columns that any of them has changed: most never do."""
        written = [(rows.values(before), rows.values(after)) for before, after in pairs]
        changed = {name for before, after in written for name in after if after[name] is not before[name]}
        key = {column.name for column in rows.table.primary_key}
        kept = sorted(key | changed)
        update_all(self._connection, rows.table, [{name: after[name] for name in kept} for _, after in written])


NEW: Mapping[type, tuple[Rows[Any], Callable[[Any], Mapping[str, Any]]]] = {
    Quote: (QUOTES, lambda _: {}),
    ShipmentRecord: (SHIPMENTS, lambda _: {}),
    Tender: (TENDERS, derived),
    DeliveryRecord: (RECORDS, lambda _: {}),
}
"""Where a new noun lies, and the columns that follow from it."""


def _events(told: Collection[tuple[TrackerRecord, TrackingEvent, str]]) -> Columns:
    if not told:
        return {}
    trackers, events, inbox_ids = zip(*told, strict=True)
    whose = {"merchant_id": [each.merchant_id for each in trackers], "tracker_id": [each.id for each in trackers]}
    return {**whose, **EVENTS.columns(events), "inbox_id": inbox_ids}


def _event(tracker: TrackerRecord, event: TrackingEvent, inbox_id: str) -> dict[str, Any]:
    whose = {"merchant_id": tracker.merchant_id, "tracker_id": tracker.id, "inbox_id": inbox_id}
    return {**EVENTS.values(event), **whose}


def _reading(tracker: TrackerRecord, event: TrackingEvent) -> dict[str, Any]:
    whose = {"merchant_id": tracker.merchant_id, "tracker_id": tracker.id, "event_id": event.event_id}
    return {**whose, "status": event.status, "reason": event.reason}


def _unmapped(row: Any) -> UnmappedCode:
    cells = dict(row._mapping)
    return UnmappedCode(account=cells.pop("name"), **cells)


def _numbers(tracker: TrackerRecord) -> Iterable[dict[str, Any]]:
    place = {"merchant_id": tracker.merchant_id, "account_id": tracker.account_id, "tracker_id": tracker.id}
    return ({**place, "number": number} for number in {tracker.tracking_number, *tracker.parcel_numbers} - {""})


def _history(each: Any) -> dict[str, Any]:
    tracker = each.tracker
    return {
        "merchant_id": tracker.merchant_id,
        "tracker_id": tracker.id,
        "version": tracker.version,
        "at": each.at,
        "status": tracker.status,
        "reason": tracker.reason,
        "caused_by": each.caused_by,
        "correction": each.correction,
    }
