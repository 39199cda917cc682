"""Leases: how any number of workers share due rows without doing one twice at the same time.

One statement picks the rows that are due longest and leases them: a row whose worker died is simply due again when the
lease is over. The try is counted in the same statement and committed at once, before any work, so a row that kills its
worker is seen to.

A table has its leases in `leased_until`, or in `due_at` itself where it has no such column. The former is for rows that
are many: it lies in no index, so that PostgreSQL writes a lease beside the row and touches none (a heap-only tuple).

Nothing more is needed to fence a worker that comes back after its lease: final states are never overwritten (see
the repositories), and what it does to a carrier is compensated, because no lease could prevent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    column,
    or_,
    select,
    text,
    update,
)

from gateway.storage.rows import Rows
from gateway.storage.types import UtcDateTime

N = TypeVar("N")
NOW: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
_UNTIL = bindparam("until", type_=UtcDateTime())
_SOON = text("SET LOCAL synchronous_commit = off")


def claim(
    connection: Connection,
    rows: Rows[N],
    due: ColumnElement[bool],
    now: datetime,
    lease: timedelta,
    limit: int,
    *,
    durable: bool = True,
    **bound: object,
) -> Sequence[N]:
    """Lease up to `limit` rows that are `due`, longest due first, and commit. They come back in order of their ids.

    `due` is made once, at import, for the statement is kept by it: with `NOW`, and parameters that are `bound` here.
    A lease that is not `durable` may be forgotten when the database crashes within the second: where doing a row twice
    costs no more than a call, it need not wait for the disk.
    """
    given = {"now": now, "until": now + lease, "most": limit, **bound}
    found = connection.execute(_leasing(rows.table, due, connection.dialect.name), given).all()
    if not durable and connection.dialect.name == "postgresql":
        connection.execute(_SOON)
    connection.commit()
    return [rows.noun(row) for row in sorted(found, key=lambda row: str(row.id))]


def free(table: Table) -> ColumnElement[bool]:
    """Whether no worker has a row to itself at `NOW`."""
    return or_(table.c.leased_until.is_(None), table.c.leased_until <= NOW)


@cache
def _leasing(table: Table, due: ColumnElement[bool], dialect: str) -> Any:
    """On PostgreSQL rows that another worker is claiming are passed over; SQLite has one writer at a time anyway. The
    common table expression is evaluated once there, which a subquery in `IN` is not promised to be.

    There a row that has been locked stays where it lies until the transaction ends, so it is found again by its place
    (`ctid`), which spares a look-up by key. One that was moved after this statement began is not seen at its new place:
    it stays due.
    """
    apart = "leased_until" in table.c
    key: list[ColumnElement[Any]] = [_place(table)] if dialect == "postgresql" else list(table.primary_key)
    wanted = select(*key).where(and_(due, free(table)) if apart else due).order_by(table.c.due_at)
    chosen = wanted.limit(bindparam("most")).with_for_update(skip_locked=True).cte("due")
    leased: dict[str, Any] = {"leased_until" if apart else "due_at": _UNTIL, "tries": table.c.tries + 1}
    of_it = [each == chosen.c[each.name] for each in key]
    return update(table).where(*of_it).values(leased).returning(*table.c)


def _place(table: Table) -> ColumnClause[Any]:
    """Where a row lies: a column that PostgreSQL keeps, and that the table's definition does not name."""
    place: ColumnClause[Any] = column("ctid")
    place.table = table
    return place
