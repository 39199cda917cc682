"""Other times and places that were asked for while a delivery was under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.domain.diversions import DiversionKind, DiversionState, Slot
from gateway.domain.handover import ServicePoint
from gateway.storage.tables.base import Named, Row, due_index, index, of

ONE_OPEN_DIVERSION = index("diversions_one_open", "merchant_id", "shipment_id", unique=True, where="state = 'asked'")


class DiversionRow(Named, Row):
    """One wish for another time or place; at most one of a shipment waits for its carrier's word."""

    __tablename__ = "diversions"
    shipment_id: Mapped[str]
    kind: Mapped[DiversionKind]
    slot: Mapped[Slot | None]
    point: Mapped[ServicePoint | None]
    asker: Mapped[str]
    state: Mapped[DiversionState]
    why: Mapped[str]
    asked: Mapped[int]
    tries: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    __table_args__ = (
        of("shipment_id", "shipments"),
        ONE_OPEN_DIVERSION,
        index("diversions_of_shipment", "merchant_id", "shipment_id"),
        due_index("diversions"),
    )
