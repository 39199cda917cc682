"""Forgetting people: shipments that are over, and whatever hangs on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    type_coerce,
    update,
)

from gateway.domain import plausibility
from gateway.domain.claims import ClaimState
from gateway.domain.messages import InboxState
from gateway.domain.privacy import Subject, area, unlinked
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import Personal, Shipment
from gateway.services.ports import Mode
from gateway.storage.repositories import past_days
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.calls import API_CALLS, CARRIER_CALLS
from gateway.storage.repositories.cases import CASES
from gateway.storage.repositories.claims import CLAIMS
from gateway.storage.repositories.corrections import CORRECTIONS
from gateway.storage.repositories.diversions import DIVERSIONS
from gateway.storage.repositories.finding import TERMS, folded, term_rows
from gateway.storage.repositories.idempotency import KEYS
from gateway.storage.repositories.inbox import FINAL, INBOX
from gateway.storage.repositories.manifests import MANIFEST_ENTRIES
from gateway.storage.repositories.notifications import NOTIFICATIONS
from gateway.storage.repositories.people import NOTES
from gateway.storage.repositories.pickups import PICKUP_ENTRIES, PICKUPS
from gateway.storage.repositories.proofs import PROOF_FILES
from gateway.storage.repositories.pushes import PUSHES
from gateway.storage.repositories.quotes import QUOTES
from gateway.storage.repositories.recipients import RATINGS
from gateway.storage.repositories.shipments import LABELS, SHIPMENTS
from gateway.storage.repositories.tenders import RECALLS, TENDERS
from gateway.storage.repositories.trackers import EVENTS, TRACKERS
from gateway.storage.repositories.views import TAGS
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.handover import ManifestDocumentRow
from gateway.storage.tables.privacy import PrivacyMarkRow

DOCUMENTS, MARKS = table_of(ManifestDocumentRow), table_of(PrivacyMarkRow)
COLLECTED = timedelta(days=1)
"""How long after its door has closed a pickup is no longer needed by its courier."""
_S, _Q, _T, _E = SHIPMENTS.table.c, QUOTES.table.c, TRACKERS.table.c, EVENTS.table.c
_C, _L = CASES.table.c, CLAIMS.table.c
_IN_INDEX = text("shipments.personal <> 'none'")
"""As its index says it: written out, so that both databases see that the index will do."""
_IS_OVER = or_(_S.state.in_(("failed", "cancelled")), and_(_S.state == text("'booked'"), _S.phase == text("'final'")))
_OPEN_CASE = exists().where(
    _C.merchant_id == _S.merchant_id, _C.shipment_id == _S.id, _C.state == "open", _C.kind.not_in(plausibility.KINDS)
)
"""That somebody must settle. An alarm of our own watch holds nobody's data: it may never be closed."""
_OPEN_CLAIM = exists().where(
    _L.merchant_id == _S.merchant_id, _L.shipment_id == _S.id, _L.state.in_((ClaimState.OPEN, ClaimState.SUBMITTED))
)
_DISPUTED = or_(_OPEN_CASE, _OPEN_CLAIM)
BLANKS: Sequence[tuple[Table, dict[str, Any]]] = (
    (TENDERS.table, {"why": "", "carrier_message": None}),
    (RECALLS.table, {"why": ""}),
    (CASES.table, {"why": "", "note": ""}),
    (CLAIMS.table, {"note": "", "evidence": ()}),
    (CORRECTIONS.table, {"why": ""}),
    (NOTIFICATIONS.table, {"recipient": "", "shown": "", "why": "", "provider_id": ""}),
    (RATINGS.table, {"comment": ""}),
    (PROOF_FILES.table, {"url": "", "why": ""}),
)
"""Texts of rows that stay for what else they say."""
GONE = (LABELS.table, NOTES.table, TAGS, DIVERSIONS.table, PUSHES)
CALLS = (API_CALLS.table, CARRIER_CALLS.table)
"""They name nobody, but what they were about shall be as if it had not been."""
UNWORDED: dict[Personal, dict[str, Any]] = {
    Personal.SOME: {"raw": {}},
    Personal.NONE: {
        "raw": {},
        "description": "",
        "place": None,
        "carrier_qualifier": case(
            (or_(_E.reason == "unmapped_carrier_code", _E.carrier_qualifier.contains(" ")), ""),
            else_=_E.carrier_qualifier,
        ),
    },
}
"""What events lose. A qualifier that no table knows, or with spaces (no table has such), is somebody's words."""


class PrivacyRepository(Repository):
    """See `gateway.services.ports.privacy`."""

    def over(self, merchant_id: str, personal: Personal, before: datetime, limit: int) -> Sequence[ShipmentRecord]:
        """Walks an index of those about whom something is known."""
        known = text(f"shipments.personal = '{personal.value}'")
        mine = (_S.merchant_id == merchant_id, _IN_INDEX, known, _S.updated_at < before)
        due = select(SHIPMENTS.table).where(*mine, _IS_OVER, ~_DISPUTED)
        return SHIPMENTS.all(self._connection, due.order_by(_S.updated_at).limit(limit))

    def of_subject(self, merchant_id: str, mode: Mode, subject: Subject, limit: int) -> Sequence[ShipmentRecord]:
        """By the words that the console's search walks along; each is looked at, because words are folded."""
        named = select(TERMS.c.shipment_id).where(
            TERMS.c.merchant_id == merchant_id, TERMS.c.term == folded(subject.word)
        )
        of_it = or_(_S.id.in_(named), _S.return_of.in_(named))
        mine = select(SHIPMENTS.table).where(_S.merchant_id == merchant_id, _S.mode == mode, of_it)
        found = SHIPMENTS.all(self._connection, mine.order_by(_S.id))
        return [each for each in found if subject.meant_by(each.shipment, each.reference)][:limit]

    def disputed(self, merchant_id: str, shipment_id: str) -> bool:
        """Whether a case is open, or a claim."""
        mine = select(_S.id).where(_S.merchant_id == merchant_id, _S.id == shipment_id, _DISPUTED)
        return self._connection.execute(mine).first() is not None

    def wish(self, merchant_id: str, shipment_id: str) -> None:
        """Nothing else of it."""
        at = (_S.merchant_id == merchant_id, _S.id == shipment_id)
        self._connection.execute(update(SHIPMENTS.table).where(*at).values(personal=Personal.ASKED))

    def keep(self, before: ShipmentRecord, after: ShipmentRecord) -> None:
        """The row, the words that led to it, its events."""
        SHIPMENTS.put(self._connection, after)
        left = term_rows(after)
        key = [column.name for column in TERMS.primary_key]
        for row in term_rows(before) if after.personal is Personal.NONE else ():
            if row not in left:
                self._connection.execute(delete(TERMS).where(*(TERMS.c[name] == row[name] for name in key)))
        for tracker_id in self._trackers(after):
            self._unword(after.merchant_id, tracker_id, UNWORDED[after.personal])

    def forget_around(self, shipment: ShipmentRecord, now: datetime) -> None:
        """Every row that names it."""
        for table, blank in BLANKS:
            self._connection.execute(update(table).where(*_of(table, shipment)).values(**blank))
        for table in GONE:
            self._connection.execute(delete(table).where(*_of(table, shipment)))
        for table in CALLS:
            about = table.c.subject_id.in_([shipment.id, shipment.quote_id] if shipment.quote_id else [shipment.id])
            self._connection.execute(delete(table).where(table.c.merchant_id == shipment.merchant_id, about))
        for rows in (TENDERS, RECALLS):
            for each in self._booked(rows, shipment):
                at = (rows.table.c.merchant_id == shipment.merchant_id, rows.table.c.id == each.id)
                self._connection.execute(update(rows.table).where(*at).values(booking=unlinked(each.booking)))
        of_it = _of(CORRECTIONS.table, shipment)
        withdrawn = update(CORRECTIONS.table).where(*of_it, CORRECTIONS.table.c.withdrawn_at.is_not(None))
        self._connection.execute(withdrawn.values(withdrawn_why="-"))
        self._forget_handover(shipment, now)
        self._forget_messages(shipment)

    def forget_answers(self, merchant_id: str, name: str, body: bytes) -> int:
        """Of the request that made it, which tells its id first, and those under its own path."""
        keys, begins = KEYS.table.c, b'{"id":"' + name.encode()
        made = func.substr(keys.body, 1, len(begins)) == begins
        about = or_(keys.resource_id == name, made, keys.route.contains(f"/{name}/", autoescape=True))
        wanted = update(KEYS.table).where(keys.merchant_id == merchant_id, keys.state == "done", about)
        return self._connection.execute(wanted.values(status=410, body=body)).rowcount

    def keep_quote(self, merchant_id: str, quote_id: str, shipment: Shipment) -> None:
        """What was asked about, in place of what was, in columns too."""
        past_days.empty(self._connection, merchant_id, quote_id)
        at = (_Q.merchant_id == merchant_id, _Q.id == quote_id)
        self._connection.execute(update(QUOTES.table).where(*at).values(shipment=shipment))

    def quotes(self, merchant_id: str, after_id: str, before_id: str, limit: int) -> Sequence[tuple[str, Shipment]]:
        """Walks the primary key."""
        wanted = select(_Q.id, _Q.shipment).where(*_between(_Q, merchant_id, after_id, before_id))
        found = self._connection.execute(wanted.order_by(_Q.id).limit(limit))
        return [(row.id, row.shipment) for row in found]

    def quotes_naming(
        self, merchant_id: str, mode: Mode, subject: Subject, after_id: str, now: datetime, limit: int
    ) -> tuple[Sequence[tuple[str, Shipment]], str]:
        """Reads their text: no index knows it, and those older than two weeks name nobody."""
        word = _escaped(subject.word.casefold())
        younger = (_Q.merchant_id == merchant_id, _Q.id > after_id)
        last = self._connection.scalar(
            select(func.max(select(_Q.id).where(*younger).order_by(_Q.id).limit(limit).subquery().c.id))
        )
        named = func.lower(type_coerce(_Q.shipment, Text)).contains(word, autoescape=True)
        wanted = select(_Q.id, _Q.shipment).where(
            *younger, _Q.id <= (last or ""), _Q.mode == mode, _Q.expires_at < now, named
        )
        rows = self._connection.execute(wanted).all()
        found = [(row.id, row.shipment) for row in rows if subject.meant_by(row.shipment, row.shipment.reference)]
        return found, str(last or "")

    def forget_tracked(self, merchant_id: str, after_id: str, before_id: str, limit: int) -> str:
        """Walks the primary key."""
        wanted = select(_T.id, _T.shipment_id).where(*_between(_T, merchant_id, after_id, before_id))
        found = self._connection.execute(wanted.order_by(_T.id).limit(limit)).all()
        for tracker in found:
            if not tracker.shipment_id:
                self._unword(merchant_id, tracker.id, UNWORDED[Personal.NONE])
        return str(found[-1].id) if found else ""

    def forget_unread(self, merchant_id: str, before_id: str) -> int:
        """Those in quarantine: they are not kept for ever either."""
        return INBOX.forget(self._connection, merchant_id, before_id, INBOX.table.c.state == InboxState.QUARANTINED)

    def mark(self, merchant_id: str, what: str) -> str:
        """ "" at the beginning."""
        mine = (MARKS.c.merchant_id == merchant_id, MARKS.c.what == what)
        return str(self._connection.scalar(select(MARKS.c.after_id).where(*mine)) or "")

    def set_mark(self, merchant_id: str, what: str, after_id: str) -> None:
        """In place of the one there is."""
        upsert = DIALECTS[self._connection.dialect.name].insert(MARKS)
        upsert = upsert.on_conflict_do_update(index_elements=["merchant_id", "what"], set_={"after_id": after_id})
        self._connection.execute(upsert, {"merchant_id": merchant_id, "what": what, "after_id": after_id})

    def _trackers(self, shipment: ShipmentRecord) -> Sequence[str]:
        """By its tenders, along their index."""
        tenders = select(TENDERS.table.c.id).where(*_of(TENDERS.table, shipment))
        mine = (_T.merchant_id == shipment.merchant_id, _T.tender_id.in_(tenders))
        return self._connection.scalars(select(_T.id).where(*mine)).all()

    def _unword(self, merchant_id: str, tracker_id: str, blank: dict[str, Any]) -> None:
        of_it = (_E.merchant_id == merchant_id, _E.tracker_id == tracker_id)
        self._connection.execute(update(EVENTS.table).where(*of_it).values(**blank))

    def _forget_messages(self, shipment: ShipmentRecord) -> None:
        """What carriers sent about it, word for word, once it was applied; the row stays to know repeats by."""
        for tracker_id in self._trackers(shipment):
            told = select(_E.inbox_id).where(_E.merchant_id == shipment.merchant_id, _E.tracker_id == tracker_id)
            inbox = INBOX.table.c
            read = (inbox.merchant_id == shipment.merchant_id, inbox.id.in_(told), inbox.state.in_(FINAL))
            self._connection.execute(update(INBOX.table).where(*read).values(body=b"", headers={}, query={}))

    def _forget_handover(self, shipment: ShipmentRecord, now: datetime) -> None:
        """The door that it was fetched from, and the carrier's paper that lists it."""
        fetched = select(PICKUP_ENTRIES.c.pickup_id).where(*_of(PICKUP_ENTRIES, shipment))
        columns = PICKUPS.table.c
        over = (columns.merchant_id == shipment.merchant_id, columns.closes_at < now - COLLECTED)
        past = select(PICKUPS.table).where(*over, columns.id.in_(fetched), columns.due_at.is_(None))
        for pickup in PICKUPS.all(self._connection, past):
            bare = tuple(replace(parcel, description="") for parcel in pickup.parcels)
            values = {
                "address": area(pickup.address),
                "door": pickup.id,
                "parcels": bare,
                "instructions": "",
                "why": "",
            }
            at = (columns.merchant_id == pickup.merchant_id, columns.id == pickup.id)
            self._connection.execute(update(PICKUPS.table).where(*at).values(**values))
        listed = select(MANIFEST_ENTRIES.c.manifest_id).where(*_of(MANIFEST_ENTRIES, shipment))
        papers = (DOCUMENTS.c.merchant_id == shipment.merchant_id, DOCUMENTS.c.manifest_id.in_(listed))
        self._connection.execute(delete(DOCUMENTS).where(*papers))

    def _booked(self, rows: Rows[Any], shipment: ShipmentRecord) -> Iterator[Any]:
        booked = select(rows.table).where(*_of(rows.table, shipment), rows.table.c.booking.is_not(None))
        yield from rows.all(self._connection, booked)


def _of(table: Table, shipment: ShipmentRecord) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (table.c.merchant_id == shipment.merchant_id, table.c.shipment_id == shipment.id)


def _escaped(word: str) -> str:
    """As it stands in JSON text (see `types.Json`)."""
    return json.dumps(word)[1:-1]


def _between(columns: Any, merchant_id: str, after_id: str, before_id: str) -> tuple[ColumnElement[bool], ...]:
    return (columns.merchant_id == merchant_id, columns.id > after_id, columns.id < before_id)
