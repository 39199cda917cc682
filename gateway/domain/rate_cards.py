"""Rate cards as they are kept: versions of an account's price list, superseded and never edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCardRecord:
    """One version of an account's card; its CSV text is kept apart. Where cards overlap, the newest counts.

    `valid_from` and `valid_until` are days at the origin, both included; None is open. `digest` is the text's SHA-256.
    """

    merchant_id: str
    account_id: str
    version: int
    name: str
    valid_from: date | None
    valid_until: date | None
    prices: int
    digest: str
    author: str
    created_at: datetime

    def overlaps(self, other: RateCardRecord) -> bool:
        """Whether there is a day on which both are valid."""
        return _first(self) <= _last(other) and _first(other) <= _last(self)


def _first(card: RateCardRecord) -> date:
    return card.valid_from or date.min


def _last(card: RateCardRecord) -> date:
    return card.valid_until or date.max
