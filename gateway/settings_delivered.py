"""Settings of what comes after a delivery: its proof, the way back, what is forgotten."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days quotes, raw messages from carriers that were applied, what merchants were told, and the pictures
    that prove deliveries are kept.
    """

    quotes_days: int
    inbox_days: int
    told_days: int
    proofs_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where pictures lie, how long a link to one is good for, how large one may be and how many a shipment has."""

    url: str
    link_s: int
    max_bytes: int
    per_shipment: int
