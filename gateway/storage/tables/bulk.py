"""Bulk jobs and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.bulk import BulkState, RowState
from gateway.storage.tables.base import Currency, Minor, Named, Owned, Row, due_index, index, of
from gateway.storage.types import Word


class BulkJobRow(Named, Row):
    """A job; how many of its rows are in which state is counted when it is asked for."""

    __tablename__ = "bulk_jobs"
    mode: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    state: Mapped[BulkState] = mapped_column(Word(BulkState))
    author_id: Mapped[str]
    author: Mapped[str]
    money: Mapped[bool]
    total: Mapped[int]
    facts: Mapped[Mapping[str, object]]
    why: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    __table_args__ = (due_index("bulk_jobs"),)


class BulkRowRow(Owned, Row):
    """A row of a job, under its number."""

    __tablename__ = "bulk_rows"
    job_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[RowState] = mapped_column(Word(RowState))
    name: Mapped[str]
    subject_id: Mapped[str]
    data: Mapped[Mapping[str, str]]
    price_minor: Mapped[Minor | None]
    price_currency: Mapped[Currency | None]
    why: Mapped[str]
    attempt: Mapped[int]
    __table_args__ = (
        of("job_id", "bulk_jobs", ondelete="CASCADE"),
        index("bulk_rows_state", "merchant_id", "job_id", "state", "number"),
        index("bulk_rows_name", "merchant_id", "name"),
    )
