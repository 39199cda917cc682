"""Quotes and their offers, kept for 400 days: the backtest replays them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from gateway.domain.quotes import CarrierResult, Rate, ServiceLevel, Verdict
from gateway.domain.shipments import Shipment
from gateway.domain.values import TimeWindow
from gateway.storage.tables.base import Currency, Minor, Named, Row, index, of


class QuoteRow(Named, Row):
    """What was asked and who answered."""

    __tablename__ = "quotes"
    mode: Mapped[str]
    shipment: Mapped[Shipment]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    policy: Mapped[str]
    policy_version: Mapped[int]
    zone: Mapped[str | None]
    carrier_results: Mapped[tuple[CarrierResult, ...]]
    ready_at: Mapped[datetime | None]
    window: Mapped[TimeWindow | None]
    services: Mapped[tuple[ServiceLevel, ...]]
    __table_args__ = (index("quotes_created", "merchant_id", "created_at"),)


class OfferRow(Named, Row):
    """A rate as judged; `position` is its place in the quote, the price that of the rate."""

    __tablename__ = "offers"
    quote_id: Mapped[str]
    position: Mapped[int]
    account_id: Mapped[str]
    account: Mapped[str]
    carrier: Mapped[str]
    rate: Mapped[Rate]
    price_minor: Mapped[Minor]
    price_currency: Mapped[Currency]
    rank: Mapped[int | None]
    score: Mapped[Minor | None]
    verdicts: Mapped[tuple[Verdict, ...]]
    __table_args__ = (
        of("quote_id", "quotes", ondelete="CASCADE"),
        of("account_id", "accounts"),
        index("offers_of_quote", "merchant_id", "quote_id", "position", unique=True),
    )
