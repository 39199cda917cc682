"""What deliveries taught: which are to be learnt from, the histories and tables of accounts, emission profiles."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Select, Text, bindparam, delete, func, select, type_coerce, update

from gateway.domain.codec import from_json
from gateway.domain.quotes import NOTHING_KNOWN, Outlook
from gateway.domain.records import DeliveryRecord
from gateway.domain.shipments import Shipment, ShipmentState
from gateway.services.ports import Mode
from gateway.services.ports.adjustments import NotAdjusted, StoredAdjustment, Taught
from gateway.services.ports.reliability import Settled
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.cases import RECORDS
from gateway.storage.rows import DIALECTS
from gateway.storage.tables.base import table_of
from gateway.storage.tables.quotes import QuoteRow
from gateway.storage.tables.reliability import AdjustmentRow, CourseRow, EmissionProfileRow, ReliabilityRow
from gateway.storage.tables.shipments import ShipmentRow, TenderRow
from gateway.storage.tables.tracking import TrackerRow

_R = RECORDS.table.c
_S, _T, _Q = table_of(ShipmentRow), table_of(TenderRow), table_of(QuoteRow)
_LEARNT = table_of(ReliabilityRow)
_COURSES = table_of(CourseRow)
_ADJUSTMENTS = table_of(AdjustmentRow)
_K = table_of(TrackerRow)
_PROFILES = table_of(EmissionProfileRow)
_OFFERS_TEXT = type_coerce(_Q.c.offers, Text).label("offers_text")
_OF_MODE = RECORDS.table.join(_S, (_S.c.merchant_id == _R.merchant_id) & (_S.c.id == _R.shipment_id))
_SETTLED = (
    select(RECORDS.table, _T.c.offer_id, _OFFERS_TEXT)
    .select_from(
        _OF_MODE.outerjoin(_T, (_T.c.merchant_id == _S.c.merchant_id) & (_T.c.id == _S.c.tender_id)).outerjoin(
            _Q, (_Q.c.merchant_id == _S.c.merchant_id) & (_Q.c.id == _S.c.quote_id)
        )
    )
    .where(
        _R.merchant_id == bindparam("merchant_id"),
        _S.c.mode == bindparam("mode"),
        _R.learnt_at.is_(None),
        _R.outcome != "",
        func.coalesce(_R.delivered_at, _R.first_attempt_at, _R.booked_at) <= bindparam("by", type_=_R.booked_at.type),
    )
    .order_by(_R.booked_at, _R.shipment_id)
)
_RUNNING = (
    select(RECORDS.table)
    .select_from(_OF_MODE)
    .where(
        _R.merchant_id == bindparam("merchant_id"),
        _S.c.mode == bindparam("mode"),
        _S.c.state == ShipmentState.BOOKED.value,
        _R.learnt_at.is_(None),
        _R.outcome == "",
        _R.booked_at >= bindparam("since"),
    )
    .order_by(_R.booked_at.desc(), _R.shipment_id)
)
_MEASURED = (
    select(RECORDS.table)
    .select_from(_OF_MODE)
    .where(
        _R.merchant_id == bindparam("merchant_id"),
        _S.c.mode == bindparam("mode"),
        _R.learnt_at.is_not(None),
        _R.booked_at >= bindparam("since"),
        _R.booked_at < bindparam("until"),
    )
    .order_by(_R.booked_at, _R.shipment_id)
)
_ENDED = (
    select(RECORDS.table, _S.c.shipment)
    .select_from(_OF_MODE)
    .where(
        _R.merchant_id == bindparam("merchant_id"),
        _S.c.mode == bindparam("mode"),
        _R.learnt_at.is_not(None),
        _R.booked_at >= bindparam("since"),
    )
    .order_by(_R.booked_at.desc(), _R.shipment_id)
)
_MARK = (
    update(RECORDS.table)
    .where(_R.merchant_id == bindparam("of"), _R.shipment_id == bindparam("key"), _R.learnt_at.is_(None))
    .values(learnt_at=bindparam("at"), outlook=bindparam("said"))
)


class ReliabilityRepository(Repository):
    """Histories, tables and emission profiles."""

    def settled(self, merchant_id: str, mode: Mode, by: datetime, limit: int) -> Sequence[Settled]:
        """Deliveries that have ended by then and were not learnt from, oldest first, with what was said of them."""
        wanted = {"merchant_id": merchant_id, "mode": mode, "by": by}
        found = self._connection.execute(_SETTLED.limit(limit), wanted)
        return [Settled(RECORDS.noun(row), _said(row.offers_text, row.offer_id)) for row in found]

    def on_their_way(self, merchant_id: str, mode: Mode, since: datetime, limit: int) -> Sequence[DeliveryRecord]:
        """Deliveries booked since then that have not ended, newest first."""
        wanted = {"merchant_id": merchant_id, "mode": mode, "since": since}
        return self._records(_RUNNING.limit(limit), wanted)

    def mark_learnt(self, merchant_id: str, settled: Settled, at: datetime) -> bool:
        """False when somebody else has learnt from it."""
        said = None if settled.said == NOTHING_KNOWN else settled.said
        bound = {"of": merchant_id, "key": settled.record.shipment_id, "at": at, "said": said}
        return self._connection.execute(_MARK, bound).rowcount == 1

    def measured(self, merchant_id: str, mode: Mode, since: datetime, until: datetime) -> Sequence[Settled]:
        """Deliveries booked in a period that were learnt from, with what had been said about each."""
        wanted = {"merchant_id": merchant_id, "mode": mode, "since": since, "until": until}
        found = self._connection.execute(_MEASURED, wanted)
        return [Settled(RECORDS.noun(row), row.outlook or NOTHING_KNOWN) for row in found]

    def histories(self, merchant_id: str, account_ids: Sequence[str]) -> Mapping[str, Any]:
        """What was learnt of these accounts, by id: plain data."""
        return self._read(_LEARNT.c.history, merchant_id, account_ids)

    def tables(self, merchant_id: str, account_ids: Sequence[str]) -> Mapping[str, Any]:
        """What quotes read of these accounts, by id: plain data."""
        return self._read(_LEARNT.c.published, merchant_id, account_ids)

    def keep(self, merchant_id: str, account_id: str, at: datetime, history: Any) -> None:
        """An account's history, in place of an earlier one."""
        kept = {"learnt_at": at, "history": _deflated(history)}
        upsert = DIALECTS[self._connection.dialect.name].insert(_LEARNT)
        upsert = upsert.on_conflict_do_update(index_elements=["merchant_id", "account_id"], set_=kept)
        new = {"merchant_id": merchant_id, "account_id": account_id, "published": _deflated({})}
        self._connection.execute(upsert, {**new, **kept})

    def publish(self, merchant_id: str, account_id: str, at: datetime, table: Any) -> None:
        """What quotes are to read of an account; they read it anew after this commit."""
        kept = {"learnt_at": at, "published": _deflated(table)}
        self._connection.execute(
            update(_LEARNT).where(_LEARNT.c.merchant_id == merchant_id, _LEARNT.c.account_id == account_id).values(kept)
        )
        self._settings_changed(merchant_id)

    def trackers_of(self, merchant_id: str, shipment_ids: Sequence[str]) -> Mapping[str, str]:
        """Tracker id -> shipment id, of the shipments' bookings."""
        same = (_K.c.merchant_id == _S.c.merchant_id) & (_K.c.tender_id == _S.c.tender_id)
        wanted = select(_K.c.id, _K.c.shipment_id).join_from(_S, _K, same)
        found = wanted.where(_S.c.merchant_id == merchant_id, _S.c.id.in_(shipment_ids))
        return {row.id: row.shipment_id for row in self._connection.execute(found)}

    def courses(self, merchant_id: str, account_ids: Sequence[str]) -> Mapping[str, Any]:
        """What finished shipments of these accounts taught, by id: plain data."""
        wanted = select(_COURSES).where(_COURSES.c.merchant_id == merchant_id, _COURSES.c.account_id.in_(account_ids))
        found = self._connection.execute(wanted.order_by(_COURSES.c.account_id))
        return {row.account_id: orjson.loads(zlib.decompress(row.taught)) for row in found}

    def keep_courses(self, merchant_id: str, account_id: str, at: datetime, courses: Any) -> None:
        """What an account's shipments taught, in place of what was known."""
        kept = {"learnt_at": at, "taught": _deflated(courses)}
        upsert = DIALECTS[self._connection.dialect.name].insert(_COURSES)
        upsert = upsert.on_conflict_do_update(index_elements=["merchant_id", "account_id"], set_=kept)
        self._connection.execute(upsert, {"merchant_id": merchant_id, "account_id": account_id, **kept})

    def ended(
        self, merchant_id: str, mode: Mode, since: datetime, limit: int
    ) -> Iterator[tuple[DeliveryRecord, Shipment]]:
        """Deliveries booked since then that were learnt from, newest first, read while they are asked for."""
        bound = {"merchant_id": merchant_id, "mode": mode, "since": since}
        for row in self._connection.execute(_ENDED.limit(limit), bound):
            yield RECORDS.noun(row), row.shipment

    def adjusted_at(self, merchant_id: str, mode: Mode) -> datetime | None:
        """When an adjustment was last learnt; None for never."""
        return self._connection.execute(_adjustment(_ADJUSTMENTS.c.fitted_at, merchant_id, mode)).scalar()

    def somebody_adjusted(self) -> tuple[str, Mode] | None:
        """Any; the table has a row for each merchant and mode."""
        adjusted = select(_ADJUSTMENTS.c.merchant_id, _ADJUSTMENTS.c.mode).where(_ADJUSTMENTS.c.why == "").limit(1)
        row = self._connection.execute(adjusted).first()
        return None if row is None else (row.merchant_id, row.mode)

    def adjustment(self, merchant_id: str, mode: Mode) -> StoredAdjustment | None:
        """What was learnt last.

        Raises:
            NotAdjusted: it is not what was stored.
        """
        row = self._connection.execute(_adjustment(_ADJUSTMENTS, merchant_id, mode)).one_or_none()
        if row is None:
            return None
        if hashlib.sha256(row.fitted).hexdigest() != row.digest:
            raise NotAdjusted("the stored adjustment is damaged: its digest is another one")
        fitted = orjson.loads(zlib.decompress(row.fitted))
        accounts = {
            account_id: Taught(number, count, date.fromisoformat(since), date.fromisoformat(until))
            for account_id, (number, count, since, until) in fitted["accounts"].items()
        }
        return StoredAdjustment(fitted_at=row.fitted_at, why=row.why, accounts=accounts, model=fitted["model"])

    def keep_adjustment(self, merchant_id: str, mode: Mode, made: StoredAdjustment) -> None:
        """In place of an earlier one."""
        accounts = {name: (each.number, each.count, each.since, each.until) for name, each in made.accounts.items()}
        fitted = _deflated({"accounts": accounts, "model": made.model})
        kept = {
            "fitted_at": made.fitted_at,
            "why": made.why,
            "digest": hashlib.sha256(fitted).hexdigest(),
            "fitted": fitted,
        }
        upsert = DIALECTS[self._connection.dialect.name].insert(_ADJUSTMENTS)
        upsert = upsert.on_conflict_do_update(index_elements=["merchant_id", "mode"], set_=kept)
        self._connection.execute(upsert, {"merchant_id": merchant_id, "mode": mode, **kept})
        self._settings_changed(merchant_id)

    def emission_profiles(self, merchant_id: str) -> Mapping[str, Mapping[str, object]]:
        """What a merchant says of emissions: by account id, "*" for all."""
        found = self._connection.execute(select(_PROFILES).where(_PROFILES.c.merchant_id == merchant_id))
        return {row.of: row.data for row in found}

    def put_emission_profile(self, merchant_id: str, of: str, data: Mapping[str, object] | None) -> None:
        """Keep a profile in place of an earlier one; None forgets it."""
        self._connection.execute(delete(_PROFILES).where(_PROFILES.c.merchant_id == merchant_id, _PROFILES.c.of == of))
        if data is not None:
            self._connection.execute(_PROFILES.insert(), {"merchant_id": merchant_id, "of": of, "data": data})
        self._settings_changed(merchant_id)

    def _records(self, wanted: Select[Any], bound: Mapping[str, object]) -> list[DeliveryRecord]:
        return [RECORDS.noun(row) for row in self._connection.execute(wanted, bound)]

    def _read(self, column: Any, merchant_id: str, account_ids: Sequence[str]) -> dict[str, Any]:
        """In the order of their ids: sums of what accounts say must come out the same in every database."""
        mine = (_LEARNT.c.merchant_id == merchant_id, _LEARNT.c.account_id.in_(account_ids))
        wanted = select(_LEARNT.c.account_id, column.label("data")).where(*mine).order_by(_LEARNT.c.account_id)
        return {row.account_id: orjson.loads(zlib.decompress(row.data)) for row in self._connection.execute(wanted)}


def _adjustment(what: Any, merchant_id: str, mode: Mode) -> Select[Any]:
    return select(what).where(_ADJUSTMENTS.c.merchant_id == merchant_id, _ADJUSTMENTS.c.mode == mode)


def _said(offers: str | None, offer_id: str | None) -> Outlook:
    """What the chosen offer of a quote says; nothing where the quote is forgotten."""
    for offer in orjson.loads(offers or "[]"):
        if offer["id"] == offer_id and "outlook" in offer:
            return from_json(Outlook, offer["outlook"])
    return NOTHING_KNOWN


def _deflated(data: Any) -> bytes:
    return zlib.compress(orjson.dumps(data))
