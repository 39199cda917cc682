"""Days in columns as they are written, and emptied when somebody in them is forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update

from gateway.services.ports import Mode
from gateway.services.ports.history import DayColumns, PastDay, Period
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS
from gateway.storage.tables.base import table_of
from gateway.storage.tables.past_days import PastDayRow
from gateway.storage.tables.quotes import QuoteRow

DAYS, _P, _Q = table_of(PastDayRow), table_of(PastDayRow).c, table_of(QuoteRow).c
EVER = {"quoted_from": datetime(1970, 1, 1, tzinfo=UTC), "quoted_until": datetime(9999, 1, 1, tzinfo=UTC)}
"""While a day is read, any quote may be in it."""
EMPTY: dict[str, Any] = {"asked": b"", "offers": b"", "lanes": b"", "version": _P.version + 1}


class PastDayRepository(Repository):
    """See `gateway.services.ports.history.PastDays`."""

    def begin(self, merchant_id: str, mode: Mode, day: date, now: datetime) -> int:
        """See `PastDays`."""
        key = {"merchant_id": merchant_id, "mode": mode, "day": day}
        begun = {"shipments": 0, "changed_at": now, "made_of": "", "written_at": now, **EVER}
        upsert = DIALECTS[self._connection.dialect.name].insert(DAYS)
        upsert = upsert.on_conflict_do_update(index_elements=list(key), set_={**begun, **EMPTY})
        made = {**key, **begun, **EMPTY, "version": 1}
        return int(self._connection.execute(upsert.values(made).returning(_P.version)).scalar_one())

    def finish(self, period: Period, begun: int, told: PastDay, columns: DayColumns) -> bool:
        """See `PastDays`."""
        mine = (_P.merchant_id == period.merchant_id, _P.mode == period.mode, _P.day == told.day, _P.version == begun)
        written = (
            update(DAYS).where(*mine).values(told.extent._asdict() | columns._asdict() | {"made_of": told.made_of})
        )
        return self._connection.execute(written).rowcount == 1

    def prune(self, merchant_id: str, before: datetime) -> int:
        """See `PastDays`."""
        old = or_(_P.day < before.date(), and_(_P.quoted_from < before, _P.asked != b""))
        return self._connection.execute(delete(DAYS).where(_P.merchant_id == merchant_id, old)).rowcount


def empty(connection: Connection, merchant_id: str, quote_id: str) -> None:
    """Of all days that hold a quote, or are read while it is changed."""
    at = select(_Q.created_at).where(_Q.merchant_id == merchant_id, _Q.id == quote_id).scalar_subquery()
    holding = (_P.merchant_id == merchant_id, _P.quoted_from <= at, _P.quoted_until >= at)
    connection.execute(update(DAYS).where(*holding).values(EMPTY))
