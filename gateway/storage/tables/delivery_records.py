"""The flat facts of shipments, for measures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.quotes import Outlook
from gateway.storage.tables.base import Currency, MaybeCurrency, Minor, Owned, Row, index, of


class DeliveryRecordRow(Owned, Row):
    """The flat facts of one shipment; when they were learnt from, and what its offer had said (see `reliability`)."""

    __tablename__ = "delivery_records"
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str]
    carrier: Mapped[str]
    service: Mapped[str]
    zone: Mapped[str]
    ordered_at: Mapped[datetime | None]
    booked_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    promised_by: Mapped[datetime | None]
    due_on: Mapped[date]
    picked_up_at: Mapped[datetime | None]
    first_attempt_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int]
    outcome: Mapped[str]
    quoted_minor: Mapped[Minor | None]
    price_minor: Mapped[Minor | None]
    currency: Mapped[MaybeCurrency]
    co2e_g: Mapped[int | None]
    parcels: Mapped[int]
    weight_g: Mapped[int]
    declared_minor: Mapped[Minor | None]
    declared_currency: Mapped[Currency | None]
    apart_m: Mapped[int | None]
    estimates: Mapped[Mapping[str, datetime]] = mapped_column(server_default="{}")
    learnt_at: Mapped[datetime | None]
    outlook: Mapped[Outlook | None]
    __table_args__ = (
        of("shipment_id", "shipments"),
        of("account_id", "accounts"),
        index("delivery_records_booked", "merchant_id", "booked_at"),
        index("delivery_records_due_on", "merchant_id", "due_on", "shipment_id"),
        index("delivery_records_unlearnt", "merchant_id", "booked_at", "shipment_id", where="learnt_at IS NULL"),
    )
