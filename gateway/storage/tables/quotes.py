"""Quotes and their offers, kept for 400 days: the backtest replays them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.quotes import CarrierResult, CheckoutPromise, LastResort, Offer, ServiceLevel, Shadow
from gateway.domain.shipments import Shipment
from gateway.domain.values import TimeWindow
from gateway.storage.tables.base import Named, Row, index


class QuoteRow(Named, Row):
    """What was asked, who answered, and the offers as judged, best first."""

    __tablename__ = "quotes"
    mode: Mapped[str]
    shipment: Mapped[Shipment]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    policy: Mapped[str]
    policy_version: Mapped[int]
    zone: Mapped[str | None]
    offers: Mapped[tuple[Offer, ...]]
    carrier_results: Mapped[tuple[CarrierResult, ...]]
    ready_at: Mapped[datetime | None]
    window: Mapped[TimeWindow | None]
    services: Mapped[tuple[ServiceLevel, ...]]
    policy_currency: Mapped[str] = mapped_column(server_default="", default="")
    shadow: Mapped[Shadow | None]
    last_resort: Mapped[LastResort | None]
    checkout: Mapped[CheckoutPromise | None]
    __table_args__ = (index("quotes_created", "merchant_id", "created_at"),)
