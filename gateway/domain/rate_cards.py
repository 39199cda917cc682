"""Rate cards as they are kept: versions of an account's price list, superseded and never edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.domain.values import Money, total


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What shipments that were made cost by one card and by another: `shipments` that both have a price for in the same
    currency, of which some are `dearer` and some `cheaper`; those that only one of them serves are `lost` or `gained`.
    """

    shipments: int = 0
    dearer: int = 0
    cheaper: int = 0
    lost: int = 0
    gained: int = 0
    before: Mapping[str, Money] = field(default_factory=dict)
    after: Mapping[str, Money] = field(default_factory=dict)


def effect_of(pairs: Sequence[tuple[Money | None, Money | None]]) -> Effect:
    """From the price of each shipment by both cards; None where a card has none."""
    both = [(old, new) for old, new in pairs if old is not None and new is not None and old.currency == new.currency]
    currencies = sorted({old.currency for old, _ in both})
    return Effect(
        shipments=len(both),
        dearer=sum(new > old for old, new in both),
        cheaper=sum(new < old for old, new in both),
        lost=sum(old is not None and new is None for old, new in pairs),
        gained=sum(old is None and new is not None for old, new in pairs),
        before={code: total((old for old, _ in both if old.currency == code), code) for code in currencies},
        after={code: total((new for _, new in both if new.currency == code), code) for code in currencies},
    )


def _first(card: RateCardRecord) -> date:
    return card.valid_from or date.min


def _last(card: RateCardRecord) -> date:
    return card.valid_until or date.max
