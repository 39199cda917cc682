"""What only people at the console ask, over several tables at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text, update

from gateway.domain.records import Case, ShipmentRecord
from gateway.domain.shipments import TenderState
from gateway.services.ports import Mode, Page, ShipmentSearch
from gateway.services.ports.desk import CaseSearch, Told, Waiting
from gateway.storage.repositories.base import Repository
from gateway.storage.repositories.cases import CASES
from gateway.storage.repositories.finding import narrowed
from gateway.storage.repositories.shipments import SHIPMENTS
from gateway.storage.tables.base import table_of
from gateway.storage.tables.messages import DeliveryRow, EndpointRow, OutboxRow
from gateway.storage.tables.shipments import TenderRow

_C = CASES.table.c
_S = SHIPMENTS.table.c
_OUTBOX = table_of(OutboxRow)
_DELIVERIES = table_of(DeliveryRow)
_ENDPOINTS = table_of(EndpointRow)
_TENDERS = table_of(TenderRow)
OPEN = text("cases.state = 'open'")
"""As its indexes say it: written out, so that both databases see that they will do."""


class DeskRepository(Repository):
    """Questions of people."""

    def count_shipments(self, merchant_id: str, search: ShipmentSearch, most: int) -> int:
        """Up to `most`: nobody reads more, and counting a million takes a second."""
        wanted, _ = narrowed(select(_S.id), merchant_id, search)
        return self._connection.scalar(select(func.count()).select_from(wanted.limit(most).subquery())) or 0

    def count_by_status(self, merchant_id: str, search: ShipmentSearch, most: int) -> Mapping[str, int]:
        """One walk for all statuses: a text or carrier that many share would be walked once for each."""
        wanted, order = narrowed(select(_S.status), merchant_id, search)
        newest = wanted.order_by(*(column.desc() for column in order)).limit(most).subquery()
        found = self._connection.execute(select(newest.c.status, func.count()).group_by(newest.c.status))
        return {status: count for status, count in found}

    def made_by_day(self, merchant_id: str, mode: Mode, since: datetime) -> Mapping[date, int]:
        """Along the index of the newest."""
        day = func.date(_S.created_at)
        found = self._connection.execute(
            select(day, func.count())
            .where(_S.merchant_id == merchant_id, _S.mode == mode, _S.created_at >= since)
            .group_by(day)
        )
        return {_date(on): count for on, count in found}

    def since_newest(self, merchant_id: str, mode: Mode, number: int) -> datetime | None:
        """Backwards along the index of what is booked."""
        booked = (_S.merchant_id == merchant_id, _S.mode == mode, _S.state == text("'booked'"))
        wanted = select(_S.created_at).where(*booked).order_by(_S.created_at.desc())
        return self._connection.scalar(wanted.offset(number - 1).limit(1))

    def cases(self, merchant_id: str, search: CaseSearch) -> Page[Case]:
        """Open ones along the index of their clocks: what waits is little beside what is settled."""
        opened = search.state == "open"
        wanted = _of_mode(merchant_id, search.mode).where(OPEN if opened else _C.state == search.state)
        for column, value in ((_C.kind, search.kind), (_C.owner_id, search.owner_id)):
            wanted = wanted.where(column == value) if value else wanted
        if search.nobodys:
            wanted = wanted.where(_C.owner_id.is_(None))
        if search.due_before is not None:
            wanted = wanted.where(_C.due_at < search.due_before)
        order = (_C.due_at, _C.id) if opened else (_C.created_at, _C.id)
        return self._page(CASES, wanted, order, search.limit, search.cursor, rising=opened)

    def listed(self, merchant_id: str, shipment_ids: Sequence[str]) -> Sequence[ShipmentRecord]:
        """Along the primary key."""
        wanted = select(SHIPMENTS.table).where(_S.merchant_id == merchant_id, _S.id.in_(shipment_ids))
        found = {shipment.id: shipment for shipment in SHIPMENTS.all(self._connection, wanted)}
        return [found[shipment_id] for shipment_id in shipment_ids if shipment_id in found]

    def references(self, merchant_id: str, shipment_ids: Collection[str]) -> Mapping[str, str]:
        """Of these shipments, where they have one."""
        wanted = select(_S.id, _S.reference).where(_S.merchant_id == merchant_id, _S.id.in_(shipment_ids))
        return {shipment_id: reference for shipment_id, reference in self._connection.execute(wanted) if reference}

    def case(self, merchant_id: str, case_id: str, mode: Mode | None = None) -> Case | None:
        """By id; one of the other mode is none."""
        wanted = _of_mode(merchant_id, mode) if mode else select(CASES.table).where(_C.merchant_id == merchant_id)
        return CASES.first(self._connection, wanted.where(_C.id == case_id))

    def waiting(self, merchant_id: str, mode: Mode, now: datetime) -> Mapping[str, Waiting]:
        """Open cases by kind."""
        over = func.count().filter(_C.due_at < now)
        opened = _of_mode(merchant_id, mode).where(OPEN).group_by(_C.kind)
        grouped = opened.with_only_columns(_C.kind, func.count(), func.min(_C.created_at), over)
        return {kind: Waiting(*told) for kind, *told in self._connection.execute(grouped)}

    def change_case(self, case: Case, owner_before: str) -> bool:
        """Only while it is open and the owner is who they were."""
        owner = _C.owner_id == owner_before if owner_before else _C.owner_id.is_(None)
        changed = (
            update(CASES.table)
            .where(_C.merchant_id == case.merchant_id, _C.id == case.id, _C.state == "open", owner)
            .values(
                owner_id=case.owner_id,
                state=case.state,
                closed_at=case.closed_at,
                resolution=case.resolution,
                note=case.note,
            )
        )
        return self._connection.execute(changed).rowcount == 1

    def told(self, merchant_id: str, subject_id: str, limit: int) -> Sequence[Told]:
        """Messages about it with their deliveries."""
        sent = and_(_DELIVERIES.c.merchant_id == _OUTBOX.c.merchant_id, _DELIVERIES.c.outbox_id == _OUTBOX.c.id)
        there = and_(
            _ENDPOINTS.c.merchant_id == _DELIVERIES.c.merchant_id, _ENDPOINTS.c.id == _DELIVERIES.c.endpoint_id
        )
        wanted = (
            select(
                _OUTBOX.c.id,
                _OUTBOX.c.type,
                _OUTBOX.c.created_at,
                _DELIVERIES.c.id,
                _ENDPOINTS.c.url,
                _DELIVERIES.c.state,
                _DELIVERIES.c.attempts,
                _DELIVERIES.c.last_status,
                _DELIVERIES.c.last_error,
            )
            .select_from(_OUTBOX.outerjoin(_DELIVERIES, sent).outerjoin(_ENDPOINTS, there))
            .where(_OUTBOX.c.merchant_id == merchant_id, _OUTBOX.c.subject_id == subject_id)
            .order_by(_OUTBOX.c.sequence.desc())
            .limit(limit)
        )
        return [Told(*row) for row in self._connection.execute(wanted)]

    def booked_with(
        self, merchant_id: str, mode: Mode, account_id: str, since: datetime, most: int
    ) -> Sequence[ShipmentRecord]:
        """Backwards along the index of what is booked."""
        wanted = select(SHIPMENTS.table).where(
            _S.merchant_id == merchant_id, _S.mode == mode, _S.state == text("'booked'"), _S.created_at >= since
        )
        mine = wanted.where(_S.account_id == account_id)
        return SHIPMENTS.all(self._connection, mine.order_by(_S.created_at.desc()).limit(most))

    def outcomes(self, merchant_id: str, account_id: str, since: datetime) -> Mapping[TenderState, int]:
        """Along the index of when tenders were made."""
        mine = self._tenders(merchant_id, account_id, since)
        found = self._connection.execute(select(_TENDERS.c.state, func.count()).where(*mine).group_by(_TENDERS.c.state))
        return {TenderState(state): count for state, count in found}

    def last_trouble(self, merchant_id: str, account_id: str, since: datetime) -> tuple[datetime, str] | None:
        """The newest that was not taken."""
        trouble = _TENDERS.c.state.in_([TenderState.REFUSED, TenderState.UNAVAILABLE, TenderState.UNCERTAIN])
        wanted = select(_TENDERS.c.created_at, _TENDERS.c.why).where(
            *self._tenders(merchant_id, account_id, since), trouble
        )
        row = self._connection.execute(wanted.order_by(_TENDERS.c.created_at.desc()).limit(1)).one_or_none()
        return None if row is None else (row.created_at, row.why)

    def _tenders(self, merchant_id: str, account_id: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
        of = _TENDERS.c
        return of.merchant_id == merchant_id, of.account_id == account_id, of.created_at >= since

    def failing(self, merchant_id: str, mode: Mode) -> int:
        """Endpoints in trouble."""
        trouble: ColumnElement[Any] = or_(_ENDPOINTS.c.state == "disabled", _ENDPOINTS.c.failing_since.is_not(None))
        wanted = select(func.count()).where(_ENDPOINTS.c.merchant_id == merchant_id, _ENDPOINTS.c.mode == mode, trouble)
        return self._connection.scalar(wanted) or 0


def _of_mode(merchant_id: str, mode: Mode) -> Any:
    """Cases of a mode, and those that belong to both."""
    return select(CASES.table).where(_C.merchant_id == merchant_id, or_(_C.mode.is_(None), _C.mode == mode))


def _date(found: date | str) -> date:
    """SQLite has no dates of its own."""
    return date.fromisoformat(found) if isinstance(found, str) else found
