"""The rate cards that carriers price from: read when first needed, and kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from carriers.base import RateCard
from gateway.domain.rate_cards import RateCardRecord
from gateway.services.ports import Store

KEPT = 64
"""Cards kept as they are asked for prices; one of 100,000 rows takes some 50 MB."""

A_DAY = timedelta(days=1)


class CardShelf:
    """Gives accounts their rate cards. A card never changes, so what was read of one holds for good."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[tuple[str, str, int], RateCard] = {}
        self._reading = threading.Lock()

    def of(self, merchant_id: str, account_id: str) -> StoredCards | None:
        """The account's cards as they are now; None where it has none."""
        with self._store.look() as uow:
            found = uow.rate_cards.of_account(merchant_id, account_id)
        return StoredCards(self, found) if found else None

    def card(self, record: RateCardRecord) -> RateCard:
        """The card of a version. Reading a large one takes a second: only who needs it waits, and it is read once."""
        key = (record.merchant_id, record.account_id, record.version)
        if (kept := self._kept.get(key)) is not None:
            return kept
        with self._reading:
            if key not in self._kept:
                while len(self._kept) >= KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = self._load(*key)
            return self._kept[key]

    def _load(self, merchant_id: str, account_id: str, version: int) -> RateCard:
        with self._store.look() as uow:
            text = uow.rate_cards.text(merchant_id, account_id, version)
        return RateCard.load(text or "", f"rate card {version}")


@dataclass(frozen=True, slots=True)
class StoredCards:
    """The versions of an account's card, newest first: the newest that is valid counts."""

    _shelf: CardShelf
    _records: Sequence[RateCardRecord]

    def at(self, moment: datetime, otherwise: tzinfo) -> RateCard | None:
        """The card valid at a moment, by its own time zone, or by `otherwise` where it has none."""
        for record in self._records:
            if _may_hold(record, moment) and (card := self._shelf.card(record).at(moment, otherwise)):
                return card
        return None


def _may_hold(record: RateCardRecord, moment: datetime) -> bool:
    """Whether it is worth reading: its zone, which only its text says, moves the day by one at most."""
    day = moment.date()
    begun = record.valid_from is None or record.valid_from - A_DAY <= day
    return begun and (record.valid_until is None or day <= record.valid_until + A_DAY)
