"""Facilities of merchants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.domain.facilities import Facility
from gateway.storage.tables.base import Named, Row, index

FACILITY_CODE = index("facilities_code", "merchant_id", "code", unique=True)


class FacilityRow(Named, Row):
    """A place of origin with its hours."""

    __tablename__ = "facilities"
    code: Mapped[str]
    facility: Mapped[Facility]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    __table_args__ = (FACILITY_CODE,)
