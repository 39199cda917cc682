"""Rate cards of accounts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.storage.tables.base import Owned, Row, of


class RateCardRow(Owned, Row):
    """One version of an account's rate card; `deflated` is its CSV text, compressed."""

    __tablename__ = "rate_cards"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    prices: Mapped[int]
    digest: Mapped[str]
    author: Mapped[str]
    created_at: Mapped[datetime]
    deflated: Mapped[bytes]
    __table_args__ = (of("account_id", "accounts"),)
