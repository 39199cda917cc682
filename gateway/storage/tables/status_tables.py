"""Accounts' own readings of their carriers' codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row, of


class StatusTableRow(Owned, Row):
    """One version of an account's own status table: its CSV as it was given."""

    __tablename__ = "status_tables"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    rows: Mapped[int]
    author: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (of("account_id", "accounts"),)
