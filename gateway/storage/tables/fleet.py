"""Delivery windows of own fleets and the places taken in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row, index, of


class WindowRow(Owned, Row):
    """A window of a zone and how many of its places are taken."""

    __tablename__ = "delivery_windows"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str]
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    capacity: Mapped[int]
    booked: Mapped[int]
    __table_args__ = (
        of("account_id", "accounts"),
        index("delivery_windows_of_zone", "merchant_id", "account_id", "zone", "start_at"),
    )


class ReservationRow(Owned, Row):
    """A tender's place in a window; given back when `released_at` is set."""

    __tablename__ = "window_reservations"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    tender_reference: Mapped[str] = mapped_column(primary_key=True)
    window_id: Mapped[str]
    reserved_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(
            ["merchant_id", "account_id", "window_id"],
            ["delivery_windows.merchant_id", "delivery_windows.account_id", "delivery_windows.id"],
        ),
    )
