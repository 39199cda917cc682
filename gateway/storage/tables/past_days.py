"""Days of booked shipments in columns, for backtests."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date
from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row


class PastDayRow(Owned, Row):
    """A day of a merchant's shipments, by the UTC day of booking. Empty (`asked` is) while it is written, and from when
    somebody in it is forgotten until it is written anew; `version` counts both.

    `shipments` and `changed_at` are what the day was when it was read, `made_of` tells what else the columns depend on;
    `quoted_from` and `quoted_until` are the first and the last moment of the quotes in it.
    """

    __tablename__ = "past_days"
    mode: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    shipments: Mapped[int]
    changed_at: Mapped[datetime]
    made_of: Mapped[str]
    quoted_from: Mapped[datetime]
    quoted_until: Mapped[datetime]
    written_at: Mapped[datetime]
    version: Mapped[int]
    asked: Mapped[bytes]
    offers: Mapped[bytes]
    lanes: Mapped[bytes]
