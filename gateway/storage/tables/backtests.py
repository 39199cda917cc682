"""Backtests that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.backtests import BacktestState
from gateway.storage.tables.base import Named, Row, due_index
from gateway.storage.types import Json, Word


class BacktestRow(Named, Row):
    """One backtest; `result` is what the API shows."""

    __tablename__ = "backtests"
    mode: Mapped[str]
    policy: Mapped[str]
    ask: Mapped[Mapping[str, object]]
    state: Mapped[BacktestState] = mapped_column(Word(BacktestState))
    author: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    done: Mapped[int]
    total: Mapped[int]
    result: Mapped[Mapping[str, object] | None] = mapped_column(Json(Mapping[str, object]))
    why: Mapped[str]
    tries: Mapped[int]
    __table_args__ = (due_index("backtests"),)
