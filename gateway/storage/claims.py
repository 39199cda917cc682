"""Leases: how any number of workers share due rows without doing one twice at the same time.

One statement picks the rows that are due longest and moves their `due_at` past the lease: a row whose worker died is
simply due again when the lease is over. The try is counted in the same statement and committed at once, before any
work, so a row that kills its worker is seen to.

Nothing more is needed to fence a worker that comes back after its lease: final states are never overwritten (see
the repositories), and what it does to a carrier is compensated, because no lease could prevent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, select, text, update

from gateway.storage.rows import Rows

N = TypeVar("N")
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
) -> Sequence[N]:
    """Lease up to `limit` rows that are `due`, longest due first, and commit. They come back in order of their ids.

    A lease that is not `durable` may be forgotten when the database crashes within the second: where doing a row twice
    costs no more than a call, it need not wait for the disk.

    On PostgreSQL rows that another worker is claiming are passed over; SQLite has one writer at a time anyway. The
    common table expression is evaluated once there, which a subquery in `IN` is not promised to be.
    """
    table = rows.table
    key = list(table.primary_key)
    chosen = select(*key).where(due).order_by(table.c.due_at).limit(limit).with_for_update(skip_locked=True).cte("due")
    leased: dict[str, Any] = {"due_at": now + lease, "tries": table.c.tries + 1}
    statement = (
        update(table).where(*(column == chosen.c[column.name] for column in key)).values(leased).returning(*table.c)
    )
    found = connection.execute(statement).all()
    if not durable and connection.dialect.name == "postgresql":
        connection.execute(_SOON)
    connection.commit()
    return [rows.noun(row) for row in sorted(found, key=lambda row: str(row.id))]
