"""What the watch knows of numbers that were not booked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text, update

from gateway.domain.eta import TrackerWatch
from gateway.domain.records import TrackerRecord
from gateway.storage.bulk import among, listed
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.tracking import TrackerWatchRow
from gateway.storage.types import UtcDateTime

WATCHES = Rows(TrackerWatchRow, TrackerWatch)
_W = WATCHES.table.c
_DUE = _W.due_at <= NOW
_EACH = {
    "postgresql": "SELECT :merchant_id, each, :at FROM unnest(CAST(:texts AS text[])) AS each",
    "sqlite": "SELECT :merchant_id, value, :at FROM json_each(:texts) WHERE true",
}
_BEGIN = {
    name: text(
        f"INSERT INTO tracker_watches (merchant_id, id, due_at) {each} "  # names of ours
        "ON CONFLICT (merchant_id, id) DO UPDATE SET due_at = excluded.due_at"
    ).bindparams(bindparam("at", type_=UtcDateTime()))
    for name, each in _EACH.items()
}


class TrackerWatchRepository(Repository):
    """One row for each number that is in flight, and for those that an alarm is open about."""

    def wake(self, trackers: Sequence[TrackerRecord], at: datetime) -> None:
        """Of one merchant. What has ended, or belongs to a shipment of ours, is only looked at where it was before."""
        if not trackers:
            return
        merchant_id = trackers[0].merchant_id
        alive = {each.id for each in trackers if not each.finished and not each.shipment_id}
        if alive:
            ids = listed(self._connection, sorted(alive))
            beginning = _BEGIN[self._connection.dialect.name]
            self._connection.execute(beginning, {"merchant_id": merchant_id, "at": at, "texts": ids})
        if ended := sorted({each.id for each in trackers} - alive):
            of_them = (_W.merchant_id == merchant_id, among(self._connection, _W.id, "texts"))
            rousing = update(WATCHES.table).where(*of_them).values(due_at=at)
            self._connection.execute(rousing, {"texts": listed(self._connection, ended)})

    def of(self, merchant_id: str, tracker_ids: Sequence[str]) -> Mapping[str, TrackerWatch]:
        """By their trackers' ids."""
        if not tracker_ids:
            return {}
        wanted = select(WATCHES.table).where(_W.merchant_id == merchant_id, among(self._connection, _W.id, "texts"))
        found = self._connection.execute(wanted, {"texts": listed(self._connection, tracker_ids)})
        return {row.id: WATCHES.noun(row) for row in found}

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[TrackerWatch]:
        """Those that the watch is to look at."""
        return claim(self._connection, WATCHES, _DUE, now, lease, limit)

    def keep(self, watch: TrackerWatch) -> None:
        """What the watch found."""
        WATCHES.put(self._connection, watch)

    def forget(self, watch: TrackerWatch) -> None:
        """Nothing more is to be expected."""
        self._connection.execute(delete(WATCHES.table).where(_W.merchant_id == watch.merchant_id, _W.id == watch.id))
