"""What accounts have spent of their daily polling calls."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import case, select, update

from gateway.domain.handovers import PollingSpend
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.handover import PollingSpendRow

SPENDS = Rows(PollingSpendRow, PollingSpend)
_P = SPENDS.table.c


class PollingSpendRepository(Repository):
    """One row per account. It is locked while it is counted, so that workers grant no call twice."""

    def take(self, merchant_id: str, account_id: str, day: date, calls: int, most: int) -> int:
        """Spend up to so many calls while the day's count stays within `most`; how many were granted."""
        spent = self._locked(merchant_id, account_id, day)
        granted = max(0, min(calls, most - spent))
        if granted:
            self._write(merchant_id, account_id, calls=spent + granted)
        return granted

    def settle(self, merchant_id: str, account_id: str, day: date, calls: int) -> None:
        """Correct the count; one of a day that is over is nobody's concern any more."""
        counted = case((_P.calls + calls > 0, _P.calls + calls), else_=0)
        self._connection.execute(self._of(merchant_id, account_id).where(_P.day == day).values(calls=counted))

    def rest(self, merchant_id: str, account_id: str, day: date, until: datetime) -> None:
        """No polling until then."""
        self._locked(merchant_id, account_id, day)
        self._write(merchant_id, account_id, resting_until=until)

    def get(self, merchant_id: str, account_id: str) -> PollingSpend | None:
        """The account's row."""
        return SPENDS.get(self._connection, merchant_id, account_id)

    def _locked(self, merchant_id: str, account_id: str, day: date) -> int:
        """The calls spent on that day so far, the row locked (made if need be) until the transaction ends.

        A clock that is behind (another worker's day has begun already) counts into the newer day, never backwards.
        """
        SPENDS.add(self._connection, PollingSpend(merchant_id=merchant_id, account_id=account_id, day=day))
        wanted = select(_P.day, _P.calls).where(_P.merchant_id == merchant_id, _P.account_id == account_id)
        stored = self._connection.execute(wanted.with_for_update()).one()
        if stored.day < day:
            self._write(merchant_id, account_id, day=day, calls=0)
            return 0
        return int(stored.calls)

    def _write(self, merchant_id: str, account_id: str, **values: Any) -> None:
        self._connection.execute(self._of(merchant_id, account_id).values(values))

    def _of(self, merchant_id: str, account_id: str) -> Any:
        return update(SPENDS.table).where(_P.merchant_id == merchant_id, _P.account_id == account_id)
