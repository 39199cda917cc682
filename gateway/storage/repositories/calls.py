"""The request log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, text

from gateway.domain.calls import ApiCall, CarrierCall, Gap
from gateway.services.ports.calls import CallSearch
from gateway.storage.bulk import insert_all
from gateway.storage.repositories.base import N, Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.calls import ApiCallRow, CarrierCallRow, GapRow

API_CALLS = Rows(ApiCallRow, ApiCall)
CARRIER_CALLS = Rows(CarrierCallRow, CarrierCall)
GAPS = Rows(GapRow, Gap)
_A, _M, _G = API_CALLS.table.c, CARRIER_CALLS.table.c, GAPS.table.c
_FAILED = text("api_calls.status >= 400"), text("(carrier_calls.status = 0 OR carrier_calls.status >= 400)")
"""As the indexes say it: written out, so that both databases see that the index will do."""


class CallRepository(Repository):
    """See `gateway.services.ports.calls`."""

    def add(self, calls: Sequence[ApiCall], made: Sequence[CarrierCall], gaps: Sequence[Gap]) -> None:
        """Many at once."""
        self._add(API_CALLS, calls)
        self._add(CARRIER_CALLS, made)
        self._add(GAPS, gaps)

    def get(self, merchant_id: str, call_id: str) -> ApiCall | None:
        """By id."""
        return API_CALLS.get(self._connection, merchant_id, call_id)

    def list(self, merchant_id: str, search: CallSearch) -> Sequence[ApiCall]:
        """Walks the primary key, or the index of what is looked for."""
        wanted = _narrowed(select(API_CALLS.table), _A, merchant_id, search)
        if search.text:
            named = (_A.request_id, _A.subject_id, _A.id, _A.problem)
            wanted = wanted.where(or_(*(column == search.text for column in named)))
        if search.outcome:
            wanted = wanted.where(_FAILED[0])
        if search.key_id:
            wanted = wanted.where(_A.key_id == search.key_id)
        return API_CALLS.all(self._connection, wanted)

    def made_by(self, merchant_id: str, call_id: str) -> Sequence[CarrierCall]:
        """Oldest first."""
        wanted = select(CARRIER_CALLS.table).where(_M.merchant_id == merchant_id, _M.made_by == call_id)
        return CARRIER_CALLS.all(self._connection, wanted.order_by(_M.at, _M.id))

    def made(self, merchant_id: str, search: CallSearch) -> Sequence[CarrierCall]:
        """As `list`."""
        wanted = _narrowed(select(CARRIER_CALLS.table), _M, merchant_id, search)
        if search.text:
            named = (_M.request_id, _M.subject_id, _M.id, _M.account, _M.account_id)
            wanted = wanted.where(or_(*(column == search.text for column in named)))
        if search.outcome:
            wanted = wanted.where(_FAILED[1])
        return CARRIER_CALLS.all(self._connection, wanted)

    def carrier_call(self, merchant_id: str, call_id: str) -> CarrierCall | None:
        """By id."""
        return CARRIER_CALLS.get(self._connection, merchant_id, call_id)

    def gaps(self, merchant_id: str, limit: int) -> Sequence[Gap]:
        """Newest first."""
        wanted = select(GAPS.table).where(_G.merchant_id == merchant_id)
        return GAPS.all(self._connection, wanted.order_by(_G.id.desc()).limit(limit))

    def prune(self, merchant_id: str, before_ids: Sequence[str]) -> int:
        """Walks the primary keys."""
        tables: tuple[Rows[Any], ...] = (API_CALLS, CARRIER_CALLS, GAPS)
        pairs = zip(tables, before_ids, strict=True)
        return sum(rows.forget(self._connection, merchant_id, before) for rows, before in pairs)

    def _add(self, rows: Rows[N], nouns: Sequence[N]) -> None:
        insert_all(self._connection, rows.table, rows.columns(nouns))


def _narrowed(wanted: Select[Any], columns: Any, merchant_id: str, search: CallSearch) -> Select[Any]:
    """What both lists have in common."""
    where: list[ColumnElement[bool]] = [columns.merchant_id == merchant_id, columns.mode == search.mode]
    if search.before:
        where.append(columns.id < search.before)
    if search.outcome == "refused":
        where.append(columns.status.between(400, 499))
    elif search.outcome == "broken":
        where.append(or_(columns.status >= 500, columns.status == 0))
    return wanted.where(*where).order_by(columns.id.desc()).limit(search.limit)
