"""Assignments of waves."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, and_, bindparam, select, update

from gateway.domain.assignments import AssignmentRecord, Solution, Wave
from gateway.domain.codec import from_json, to_json
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.assignments import AssignmentRow
from gateway.storage.tables.base import table_of

ASSIGNMENTS = Rows(AssignmentRow, AssignmentRecord)
_A = table_of(AssignmentRow).c
OPEN = ("waiting", "solving")
_DUE = and_(_A.due_at <= NOW, _A.state.in_(OPEN))
_KEY = (_A.merchant_id == bindparam("of_merchant"), _A.id == bindparam("of_id"))
_RECORD = select(*(column for column in _A if column is not _A.wave and column is not _A.solution)).where(*_KEY)
_WAVE = select(_A.wave).where(*_KEY)
_SOLUTION = select(_A.solution).where(*_KEY)
_OPEN = update(ASSIGNMENTS.table).where(*_KEY, _A.state.in_(OPEN))


class AssignmentRepository(Repository):
    """Waves and solutions lie deflated: thousands of offers, read by whoever asks for this very assignment."""

    def add(self, record: AssignmentRecord, wave: Wave) -> None:
        """Keep a new one."""
        ASSIGNMENTS.add(self._connection, record, others={"wave": _packed(wave)})

    def get(self, merchant_id: str, assignment_id: str) -> AssignmentRecord | None:
        """One assignment, without wave and solution."""
        row: Row[Any] | None = self._connection.execute(_RECORD, _bound(merchant_id, assignment_id)).first()
        return None if row is None else ASSIGNMENTS.noun(row)

    def wave(self, merchant_id: str, assignment_id: str) -> Wave:
        """The wave of an assignment that there is."""
        packed = self._connection.execute(_WAVE, _bound(merchant_id, assignment_id)).scalar_one()
        return from_json(Wave, orjson.loads(zlib.decompress(packed)))

    def solution(self, merchant_id: str, assignment_id: str) -> Solution | None:
        """Its solution; None while there is none."""
        packed = self._connection.execute(_SOLUTION, _bound(merchant_id, assignment_id)).scalar()
        return None if packed is None else from_json(Solution, orjson.loads(zlib.decompress(packed)))

    def tell(self, record: AssignmentRecord) -> None:
        """Write how far it is, unless it is settled."""
        self._write(record, {"state": record.state, "progress": record.progress, "updated_at": record.updated_at})

    def settle(self, record: AssignmentRecord, solution: Solution | None) -> None:
        """Write what became of it, once."""
        cells = ("state", "progress", "updated_at", "due_at", "tries")
        packed = None if solution is None else _packed(solution)
        self._write(record, {**{name: getattr(record, name) for name in cells}, "solution": packed})

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[AssignmentRecord]:
        """Those that wait for a worker."""
        return claim(self._connection, ASSIGNMENTS, _DUE, now, lease, limit)

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget the older ones."""
        return ASSIGNMENTS.forget(self._connection, merchant_id, before_id)

    def _write(self, record: AssignmentRecord, cells: dict[str, Any]) -> None:
        self._connection.execute(_OPEN.values(**cells), _bound(record.merchant_id, record.id))


def _bound(merchant_id: str, assignment_id: str) -> dict[str, str]:
    return {"of_merchant": merchant_id, "of_id": assignment_id}


def _packed(noun: object) -> bytes:
    return zlib.compress(orjson.dumps(to_json(noun)), 1)
