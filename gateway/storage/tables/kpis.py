"""Key figures as they are kept, and what of them has changed since (`gateway.kpis.sums`)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row, index


class KpiDayRow(Owned, Row):
    """A day of a mode. `stale_since` is when the first change was made that its sums do not hold, `summed_at` is NULL
    before there are any; `ends_at` is when its last promise ends.
    """

    __tablename__ = "kpi_days"
    mode: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    stale_since: Mapped[datetime | None]
    summed_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    __table_args__ = (index("kpi_days_stale", "merchant_id", "day", where="stale_since IS NOT NULL"),)


class KpiSumRow(Owned, Row):
    """A board: of a day, `cut` by what, and of which value of it."""

    __tablename__ = "kpi_sums"
    mode: Mapped[str] = mapped_column(primary_key=True)
    cut: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    sums: Mapped[str]
    lengths: Mapped[bytes]


class KpiChangeRow(Owned, Row):
    """A shipment of which a day's figures may have changed since they were summed up.

    Written by the database itself, whoever changes a shipment and however many at once: see migration 0033.
    """

    __tablename__ = "kpi_changes"
    day: Mapped[date] = mapped_column(primary_key=True)
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
