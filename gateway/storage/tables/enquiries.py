"""How often it was asked where parcels are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.enquiries import EnquiryWay
from gateway.storage.tables.base import Named, Row, index, of
from gateway.storage.types import Word


class EnquiryRow(Named, Row):
    """One time that somebody asked."""

    __tablename__ = "enquiries"
    mode: Mapped[str]
    shipment_id: Mapped[str]
    way: Mapped[EnquiryWay] = mapped_column(Word(EnquiryWay))
    reference: Mapped[str]
    taken_by: Mapped[str]
    at: Mapped[datetime]
    created_at: Mapped[datetime]
    __table_args__ = (
        of("shipment_id", "shipments"),
        index("enquiries_of_shipment", "merchant_id", "shipment_id"),
        index("enquiries_kept", "merchant_id", "mode"),
    )
