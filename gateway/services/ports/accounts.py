"""Ports of carrier accounts, and of what those without a rating API sell from: delivery windows and rate cards."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from carriers.base.messages import DeliveryWindows
from gateway.domain.rate_cards import RateCardRecord
from gateway.domain.records import AccountRecord
from gateway.services.ports.answers import Mode


class Accounts(Protocol):
    """Carrier accounts. Reading decrypts their secrets."""

    def add(self, account: AccountRecord) -> None: ...
    def get(self, merchant_id: str, account_id: str) -> AccountRecord | None: ...
    def by_name(self, merchant_id: str, name: str) -> AccountRecord | None: ...
    def by_id(self, account_id: str) -> AccountRecord | None:
        """Across merchants: only for carriers' calls, whose path names the account alone."""

    def list(self, merchant_id: str, mode: Mode) -> Sequence[AccountRecord]: ...
    def replace(self, account: AccountRecord) -> None: ...
    def touch(self, merchant_id: str, account_id: str) -> None:
        """A new version of it where what it sells from changed: its carrier is made anew, and rests no longer."""

    def rest(self, merchant_id: str, account_id: str, failures: int, until: datetime | None, why: str) -> None: ...


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
