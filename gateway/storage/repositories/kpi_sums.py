"""Key figures as they are kept, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from gateway.kpis.sums import Cut, Kept
from gateway.services.ports import Mode
from gateway.services.ports.kpis import Day, Standing
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS
from gateway.storage.tables.base import table_of
from gateway.storage.tables.kpis import KpiChangeRow, KpiDayRow, KpiSumRow

MODES: Sequence[Mode] = ("live", "test")
CHANGES, DAYS, SUMS = (table_of(row) for row in (KpiChangeRow, KpiDayRow, KpiSumRow))
_C, _D, _S = CHANGES.c, DAYS.c, SUMS.c


class KpiSumsRepository(Repository):
    """See `gateway.services.ports.kpis`. The database itself writes what has changed (migration 0033)."""

    def take_changes(self, before: date) -> None:
        """The day is held before its changes are taken: whoever writes one of them waits for these alone."""
        changed = select(_C.merchant_id, _C.day, func.min(_C.at)).where(_C.day < before)
        for merchant_id, day, since in self._connection.execute(changed.group_by(_C.merchant_id, _C.day)).all():
            for mode in MODES:
                self._stale(merchant_id, mode, day, since)
            self._connection.execute(delete(CHANGES).where(_C.merchant_id == merchant_id, _C.day == day))
            self._connection.commit()

    def stale(self, limit: int) -> Sequence[Day]:
        """Along `kpi_days_stale`."""
        wanted = select(_D.merchant_id, _D.mode, _D.day).where(_D.stale_since.is_not(None))
        free = wanted.order_by(_D.day.desc()).limit(limit).with_for_update(skip_locked=True)
        return [Day(*row) for row in self._connection.execute(free)]

    def hold(self, day: Day) -> bool:
        """Locks its row, unless somebody has: two who sum up do not wait for each other."""
        held = select(_D.stale_since).where(*_at(day)).with_for_update(skip_locked=True)
        return self._connection.scalar(held) is not None

    def keep(self, day: Day, boards: Mapping[tuple[Cut, str], Kept], ends_at: datetime | None, now: datetime) -> None:
        """All rows of a day anew."""
        whose = day._asdict()
        for cut in {cut for cut, _ in boards} | {"account", "carrier", "service", "zone"}:
            gone = (_S.merchant_id == day.merchant_id, _S.mode == day.mode, _S.cut == cut, _S.day == day.day)
            self._connection.execute(delete(SUMS).where(*gone))
        rows = [
            {**whose, "cut": cut, "value": value, "sums": kept.sums, "lengths": kept.lengths}
            for (cut, value), kept in boards.items()
        ]
        if rows:
            self._connection.execute(insert(SUMS), rows)
        summed = {"stale_since": None, "summed_at": now, "ends_at": ends_at}
        self._connection.execute(update(DAYS).where(*_at(day)).values(summed))

    def all_stale(self, merchant_id: str, mode: Mode, now: datetime) -> None:
        """Those that are stale since longer stay so."""
        mine = (_D.merchant_id == merchant_id, _D.mode == mode, _D.stale_since.is_(None))
        self._connection.execute(update(DAYS).where(*mine).values(stale_since=now))

    def standing(self, merchant_id: str, mode: Mode, first: date, last: date) -> Standing:
        """Along the primary keys."""
        changed = self._connection.execute(
            select(_C.day, func.min(_C.at))
            .where(_C.merchant_id == merchant_id, _C.day >= first, _C.day <= last)
            .group_by(_C.day)
        ).all()
        mine = (_D.merchant_id == merchant_id, _D.mode == mode, _D.day >= first, _D.day <= last)
        days = {row.day: row for row in self._connection.execute(select(DAYS).where(*mine))}
        summed = {day for day, row in days.items() if row.summed_at is not None}
        since = [at for day, at in changed if day in summed]
        since += [row.stale_since for day, row in days.items() if day in summed and row.stale_since is not None]
        missing = ({day for day, _ in changed} | set(days)) - summed
        return Standing(
            stale_since=min(since, default=None),
            missing=sorted(missing),
            ends_at=days[last].ends_at if last in days else None,
        )

    def boards(
        self, merchant_id: str, mode: Mode, cut: Cut, first: date, last: date
    ) -> Iterator[tuple[date, str, Kept]]:
        """Along the primary key."""
        mine = (_S.merchant_id == merchant_id, _S.mode == mode, _S.cut == cut, _S.day >= first, _S.day <= last)
        for row in self._connection.execute(select(_S.day, _S.value, _S.sums, _S.lengths).where(*mine)):
            yield row.day, row.value, Kept(row.sums, row.lengths)

    def _stale(self, merchant_id: str, mode: Mode, day: date, since: datetime) -> None:
        insert_one = DIALECTS[self._connection.dialect.name].insert(DAYS)
        row = {"merchant_id": merchant_id, "mode": mode, "day": day, "stale_since": since}
        older = func.coalesce(_D.stale_since, insert_one.excluded.stale_since)
        upsert = insert_one.on_conflict_do_update(
            index_elements=["merchant_id", "mode", "day"], set_={"stale_since": older}
        )
        self._connection.execute(upsert, row)


def _at(day: Day) -> Sequence[Any]:
    return (_D.merchant_id == day.merchant_id, _D.mode == day.mode, _D.day == day.day)
