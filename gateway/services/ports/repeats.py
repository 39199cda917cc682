"""Requests that came before: what is remembered of them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from gateway.domain.repeats import IdempotencyRecord


class Idempotency(Protocol):
    """Clients' Idempotency-Keys."""

    def claim(self, record: IdempotencyRecord) -> bool:
        """False when the key is taken; read it with `get`."""

    def get(self, merchant_id: str, route: str, key: str) -> IdempotencyRecord | None:
        """What is remembered under the key."""

    def take_over(self, record: IdempotencyRecord, now: datetime) -> bool:
        """Lock a running key whose lock ran out, by compare-and-set; False when somebody else did."""

    def point_at(self, merchant_id: str, route: str, key: str, resource_id: str) -> bool:
        """False when the request has begun something already, or is forgotten."""

    def finish(self, merchant_id: str, route: str, key: str, status: int, body: bytes) -> None:
        """Remember the answer, for whoever repeats the request."""

    def drop(self, merchant_id: str, route: str, key: str) -> bool:
        """Forget a claim whose request was refused before it did anything; False when it had begun something."""

    def prune(self, before: datetime) -> int:
        """Forget what is older; how many that were."""
