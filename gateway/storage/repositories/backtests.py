"""Backtests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.domain.backtests import BacktestRecord
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.backtests import BacktestRow

BACKTESTS = Rows(BacktestRow, BacktestRecord)
_DUE = BACKTESTS.table.c.due_at <= NOW


class BacktestRepository(Repository):
    """Backtests that wait, run or are done."""

    def add(self, backtest: BacktestRecord) -> None:
        """A new one."""
        BACKTESTS.add(self._connection, backtest)

    def get(self, merchant_id: str, backtest_id: str) -> BacktestRecord | None:
        """By id."""
        return BACKTESTS.get(self._connection, merchant_id, backtest_id)

    def update(self, backtest: BacktestRecord) -> None:
        """How far it is."""
        BACKTESTS.put(self._connection, backtest)

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[BacktestRecord]:
        """Those that wait, and those whose worker died."""
        return claim(self._connection, BACKTESTS, _DUE, now, lease, limit)

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget the older ones."""
        return BACKTESTS.forget(self._connection, merchant_id, before_id)
