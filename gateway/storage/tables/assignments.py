"""Assignments of waves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.storage.tables.base import Named, Row, due_index


class AssignmentRow(Named, Row):
    """An assignment; `wave` and `solution` are JSON in the form of `gateway.domain.codec`, compressed."""

    __tablename__ = "assignments"
    mode: Mapped[str]
    state: Mapped[str]
    progress: Mapped[str]
    shipments: Mapped[int]
    offers: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    wave: Mapped[bytes]
    solution: Mapped[bytes | None]
    __table_args__ = (due_index("assignments"),)
