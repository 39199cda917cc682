"""Zones of merchants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row


class ZoneSetRow(Owned, Row):
    """One version of all zones of a merchant; `deflated` are its areas as GeoJSON, compressed."""

    __tablename__ = "zone_sets"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    zones: Mapped[int]
    areas: Mapped[int]
    digest: Mapped[str]
    author: Mapped[str]
    created_at: Mapped[datetime]
    deflated: Mapped[bytes]
