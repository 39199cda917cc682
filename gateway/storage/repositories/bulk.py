"""Bulk jobs and their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, insert, select, tuple_, update

from gateway.domain.bulk import BulkJob, BulkRow, BulkState, RowState
from gateway.domain.records import ShipmentRecord
from gateway.domain.values import Money
from gateway.services.ports import Mode
from gateway.storage.claims import claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.bulk import BulkJobRow, BulkRowRow

JOBS = Rows(BulkJobRow, BulkJob)
ROWS = Rows(BulkRowRow, BulkRow)
WORKED = (BulkState.LOOKING, BulkState.RUNNING)
_J = JOBS.table.c
_R = ROWS.table.c


class BulkRepository(Repository):
    """A job's rows lie in the order of their numbers."""

    def add(self, job: BulkJob, rows: Sequence[BulkRow]) -> None:
        """A new one, all its rows at once."""
        JOBS.add(self._connection, job)
        self._connection.execute(insert(ROWS.table), [ROWS.values(row) for row in rows])

    def get(self, merchant_id: str, job_id: str, *, lock: bool = False) -> BulkJob | None:
        """By id."""
        return JOBS.get(self._connection, merchant_id, job_id, lock=lock)

    def update(self, job: BulkJob) -> None:
        """How far it is."""
        JOBS.put(self._connection, job)

    def list(self, merchant_id: str, mode: Mode, limit: int) -> Sequence[BulkJob]:
        """Newest first."""
        wanted = select(JOBS.table).where(_J.merchant_id == merchant_id, _J.mode == mode, _J.state != BulkState.DROPPED)
        return JOBS.all(self._connection, wanted.order_by(_J.id.desc()).limit(limit))

    def rows(
        self, merchant_id: str, job_id: str, states: Sequence[RowState], limit: int, after: int = 0
    ) -> Sequence[BulkRow]:
        """By number."""
        wanted = select(ROWS.table).where(*_of(merchant_id, job_id), _R.number > after)
        wanted = wanted.where(_R.state.in_(states)) if states else wanted
        return ROWS.all(self._connection, wanted.order_by(_R.number).limit(limit))

    def waiting(self, merchant_id: str, mode: Mode, kinds: Sequence[str], most: int) -> int:
        """Of jobs that somebody has not ended."""
        mine = (_J.merchant_id == merchant_id, _J.mode == mode, _J.kind.in_(kinds))
        jobs = select(_J.id).where(*mine, _J.state.in_((BulkState.READY, BulkState.RUNNING)))
        ready = select(_R.number).where(_R.merchant_id == merchant_id, _R.job_id.in_(jobs), _R.state == RowState.READY)
        return self._connection.scalar(select(func.count()).select_from(ready.limit(most).subquery())) or 0

    def find(self, merchant_id: str, mode: Mode, kind: str, name: str) -> BulkRow | None:
        """By name, in jobs that run."""
        jobs = select(_J.id).where(
            _J.merchant_id == merchant_id, _J.mode == mode, _J.kind == kind, _J.state == BulkState.RUNNING
        )
        named = select(ROWS.table).where(_R.merchant_id == merchant_id, _R.name == name, _R.job_id.in_(jobs))
        ready = case((_R.state == RowState.READY, 0), else_=1)
        return ROWS.first(self._connection, named.order_by(ready, _R.job_id.desc(), _R.number).limit(1))

    def settle(self, row: BulkRow, before: BulkRow) -> bool:
        """Write it if nobody was first."""
        same = (*_of(row.merchant_id, row.job_id), _R.number == row.number)
        unchanged = (_R.state == before.state, _R.attempt == before.attempt)
        written = update(ROWS.table).where(*same, *unchanged).values(**ROWS.values(row))
        return self._connection.execute(written).rowcount == 1

    def counts(self, merchant_id: str, job_id: str) -> Mapping[RowState, int]:
        """By state."""
        counted = select(_R.state, func.count()).where(*_of(merchant_id, job_id)).group_by(_R.state)
        return {state: number for state, number in self._connection.execute(counted)}

    def costs(self, merchant_id: str, job_id: str, states: Sequence[RowState]) -> Sequence[tuple[Money, int]]:
        """By currency."""
        priced = (*_of(merchant_id, job_id), _R.state.in_(states), _R.price_minor.is_not(None))
        summed = select(_R.price_currency, func.sum(_R.price_minor), func.count()).where(*priced)
        found = self._connection.execute(summed.group_by(_R.price_currency).order_by(_R.price_currency))
        return [(Money.from_minor(int(minor), currency), number) for currency, minor, number in found]

    def reopen(self, merchant_id: str, job_id: str, state: RowState) -> int:
        """Failed rows, for another attempt."""
        failed = update(ROWS.table).where(*_of(merchant_id, job_id), _R.state == RowState.FAILED)
        again = {"state": state, "attempt": _R.attempt + 1, "why": ""}
        return self._connection.execute(failed.values(**again)).rowcount

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[BulkJob]:
        """Those that have something to do."""
        return claim(self._connection, JOBS, and_(_J.due_at <= now, _J.state.in_(WORKED)), now, lease, limit)

    def undone(self, merchant_id: str, mode: Mode, after: tuple[str, int], limit: int) -> Sequence[BulkRow]:
        """By job and number."""
        jobs = select(_J.id).where(_J.merchant_id == merchant_id, _J.mode == mode)
        told = _R.state.not_in((RowState.DONE, RowState.UNKNOWN))
        wanted = select(ROWS.table).where(_R.merchant_id == merchant_id, _R.job_id.in_(jobs), told)
        later = wanted.where(tuple_(_R.job_id, _R.number) > tuple_(*after))
        return ROWS.all(self._connection, later.order_by(_R.job_id, _R.number).limit(limit))

    def forget(self, shipment: ShipmentRecord, why: str) -> None:
        """Found by their names, along the index: rows are called as their shipment is."""
        named = _R.name.in_({shipment.reference, shipment.id})
        about = (_R.merchant_id == shipment.merchant_id, named, _R.subject_id == shipment.id)
        jobs = select(_R.job_id).where(*about)
        notes = (_J.merchant_id == shipment.merchant_id, _J.kind.in_(("note", "settle")), _J.id.in_(jobs))
        self._connection.execute(update(JOBS.table).where(*notes).values(facts={}))
        over = _R.state.in_((RowState.DONE, RowState.UNKNOWN))
        blank = {"state": case((over, _R.state), else_=RowState.BLOCKED), "name": "", "data": {}, "why": why}
        begun = [job_id for (job_id,) in self._connection.execute(jobs.distinct())]
        self._connection.execute(update(ROWS.table).where(*about).values(**blank))
        self._end(shipment.merchant_id, begun)

    def _end(self, merchant_id: str, job_ids: Sequence[str]) -> None:
        """Of these jobs those that run and have no row left: the last one may be somebody's who is forgotten."""
        left = select(_R.job_id).where(_R.merchant_id == merchant_id, _R.state.in_((RowState.NEW, RowState.READY)))
        idle = (_J.merchant_id == merchant_id, _J.id.in_(job_ids), _J.id.not_in(left.where(_R.job_id.in_(job_ids))))
        ended = update(JOBS.table).where(*idle, _J.state == BulkState.RUNNING)
        self._connection.execute(ended.values(state=BulkState.DONE, due_at=None))

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget the older ones; foreign keys take their rows along."""
        return JOBS.forget(self._connection, merchant_id, before_id)


def _of(merchant_id: str, job_id: str) -> tuple[ColumnElement[bool], ...]:
    return (_R.merchant_id == merchant_id, _R.job_id == job_id)
