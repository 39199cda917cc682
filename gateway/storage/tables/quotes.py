"""Quotes and their offers, kept for 400 days: the backtest replays them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.quotes import CarrierResult, CheckoutPromise, LastResort, Offer, ServiceLevel, Shadow, Verdict
from gateway.domain.shipments import Shipment
from gateway.domain.values import TimeWindow
from gateway.storage.tables.base import Named, Row, index
from gateway.storage.types import BareOffers


class QuoteRow(Named, Row):
    """What was asked, who answered, and the offers as judged, best first.

    `verdicts` are those of each offer, in the order of the offers: most of what a quote weighs, and nothing that a
    backtest reads. NULL in rows of before 0021, whose offers hold their own.
    """

    __tablename__ = "quotes"
    mode: Mapped[str]
    shipment: Mapped[Shipment]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    policy: Mapped[str]
    policy_version: Mapped[int]
    zone: Mapped[str | None]
    offers: Mapped[tuple[Offer, ...]] = mapped_column(BareOffers)
    carrier_results: Mapped[tuple[CarrierResult, ...]]
    ready_at: Mapped[datetime | None]
    window: Mapped[TimeWindow | None]
    services: Mapped[tuple[ServiceLevel, ...]]
    policy_currency: Mapped[str] = mapped_column(server_default="", default="")
    shadow: Mapped[Shadow | None]
    last_resort: Mapped[LastResort | None]
    checkout: Mapped[CheckoutPromise | None]
    verdicts: Mapped[tuple[tuple[Verdict, ...], ...] | None]
    __table_args__ = (index("quotes_created", "merchant_id", "created_at"),)
