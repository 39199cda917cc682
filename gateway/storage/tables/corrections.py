"""Persons' words on shipments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.storage.tables.base import Maybe, Named, Row, index, of


class CorrectionRow(Named, Row):
    """A correction, and its withdrawal where there is one."""

    __tablename__ = "corrections"
    shipment_id: Mapped[str]
    tracker_id: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    piece: Mapped[Maybe]
    author: Mapped[str]
    key_id: Mapped[str]
    why: Mapped[str]
    status_before: Mapped[str]
    reason_before: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[Maybe]
    withdrawn_why: Mapped[Maybe]
    __table_args__ = (
        of("shipment_id", "shipments"),
        of("tracker_id", "trackers"),
        index("corrections_of_shipment", "merchant_id", "shipment_id", "created_at"),
    )
