"""The port of checkouts: connections of shops, and what their carts were told lately."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.checkouts import CheckoutAnswer, CheckoutConnection
from gateway.services.ports.answers import Mode


class CheckoutStore(Protocol):
    """Connections, read with their secrets decrypted, and the answers kept for them."""

    def add(self, connection: CheckoutConnection) -> None:
        """Raises Conflict: the name is taken."""

    def get(self, merchant_id: str, connection_id: str) -> CheckoutConnection | None: ...
    def by_name(self, merchant_id: str, name: str) -> CheckoutConnection | None: ...
    def by_id(self, connection_id: str) -> CheckoutConnection | None:
        """Across merchants: only for checkouts' calls, whose path names the connection alone."""

    def list(self, merchant_id: str, mode: Mode) -> Sequence[CheckoutConnection]: ...
    def replace(self, connection: CheckoutConnection) -> None: ...
    def remove(self, merchant_id: str, connection_id: str) -> bool: ...
    def answer(self, merchant_id: str, connection_id: str, key: str, now: datetime) -> CheckoutAnswer | None: ...
    def claim(self, merchant_id: str, connection_id: str, key: str, now: datetime, until: datetime) -> bool:
        """The right to ask carriers, for so long; False where an answer is fresh or somebody else asks."""

    def release(self, merchant_id: str, connection_id: str, key: str, now: datetime) -> None:
        """Give the right back: no answer was got."""

    def keep(self, merchant_id: str, connection_id: str, key: str, answer: CheckoutAnswer) -> None: ...
    def prune(self, merchant_id: str, now: datetime) -> int: ...
