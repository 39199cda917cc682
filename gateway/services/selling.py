"""What accounts without a rating API sell from, as Protocols: delivery windows and rate cards."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from carriers.base.messages import DeliveryWindows
from gateway.domain.rate_cards import RateCardRecord


class Windows(DeliveryWindows, Protocol):
    """The delivery windows of one fleet account, in transactions of their own."""

    def open(self, windows: Iterable[tuple[str, str, datetime, datetime, int]]) -> None:
        """Offer windows: (id, zone, start, end, capacity); existing ids keep what is booked."""


class RateCardVersions(Protocol):
    """Versions of accounts' rate cards."""

    def add(self, card: RateCardRecord, text: str) -> bool:
        """False when that version exists already (somebody else was first)."""

    def of_account(self, merchant_id: str, account_id: str) -> Sequence[RateCardRecord]:
        """Newest first, without reading their texts."""

    def text(self, merchant_id: str, account_id: str, version: int) -> str | None: ...
