"""A request that may be repeated, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """A client's Idempotency-Key: claimed, then done with the answer that every repeat gets."""

    merchant_id: str
    route: str
    key: str
    fingerprint: str
    state: Literal["running", "done"]
    locked_until: datetime
    created_at: datetime
    resource_id: str = ""
    status: int | None = None
    body: bytes = field(default=b"", repr=False)
