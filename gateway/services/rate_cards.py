"""Rate cards of accounts: imported, listed, given back, and asked how they price a shipment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from carriers.base import (
    Account,
    AuthenticationFailed,
    Money,
    Priced,
    RateCard,
    ServiceLevel,
    Shipment,
    Surcharge,
    card_of,
    taxed,
)
from carriers.base.ratecard.comparing import CardChange, changes
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, StaleVersion, Unprocessable
from gateway.domain.rate_cards import Effect, RateCardRecord, effect_of
from gateway.domain.records import ShipmentRecord
from gateway.services.accounts import AccountBook
from gateway.services.carrier_pool import CarrierPool
from gateway.services.ports import Mode, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """How one service is priced; `price` is gross, with its lines as a rate has them."""

    priced: Priced
    price: Money
    lines: tuple[Surcharge, ...]


MOST_REPRICED = 200
LOOK_BACK = timedelta(days=90)


class RateCardBook:
    """A card is never edited: a correction is a new version that takes over where both are valid."""

    def __init__(self, store: Store, accounts: AccountBook, pool: CarrierPool, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._pool = pool
        self._clock = clock

    def add(
        self, merchant_id: str, mode: Mode, account_id: str, text: str, author: str, *, supersede: bool = False
    ) -> RateCardRecord:
        """The next version of an account's card. The text of the newest one again is that one again.

        Raises:
            NotFound: no such account.
            Unprocessable: the account's carrier names its own prices.
            BadRateCard: every row at fault.
            Conflict: it overlaps another card, and `supersede` does not say that it shall take over there.
            StaleVersion: somebody else added one at the same moment.
        """
        card = self.check(merchant_id, mode, account_id, text)
        digest = sha256(text.encode()).hexdigest()
        with self._store.work() as uow:
            earlier = uow.rate_cards.of_account(merchant_id, account_id)
            if earlier and earlier[0].digest == digest:
                return earlier[0]
            record = RateCardRecord(
                merchant_id=merchant_id,
                account_id=account_id,
                version=earlier[0].version + 1 if earlier else 1,
                name=card.name,
                valid_from=None if card.valid_from == date.min else card.valid_from,
                valid_until=None if card.valid_until == date.max else card.valid_until,
                prices=sum(map(len, card.steps.values())),
                digest=digest,
                author=author,
                created_at=self._clock(),
            )
            over = [str(other.version) for other in earlier if other.overlaps(record)]
            if over and not supersede:
                raise Conflict(f"valid at the same time as version {', '.join(over)}: say so to supersede it there")
            if not uow.rate_cards.add(record, text):
                raise StaleVersion(f"somebody else has just added version {record.version}")
            uow.accounts.touch(merchant_id, account_id)
            uow.commit()
        return record

    def check(self, merchant_id: str, mode: Mode, account_id: str, text: str) -> RateCard:
        """The card as it would be. Raises what `add` raises, but for conflicts."""
        account = self._accounts.get(merchant_id, mode, account_id)
        if "rate_card" not in self._pool.bind(account).carrier.profile.options:
            raise Unprocessable("", f"{account.carrier} names its own prices")
        return RateCard.load(text, "the rate card")

    def list(self, merchant_id: str, mode: Mode, account_id: str) -> Sequence[RateCardRecord]:
        """The versions of an account's card, newest first. Raises NotFound."""
        self._accounts.get(merchant_id, mode, account_id)
        with self._store.look() as uow:
            return uow.rate_cards.of_account(merchant_id, account_id)

    def text(self, merchant_id: str, mode: Mode, account_id: str, version: int) -> str:
        """A version's CSV as it was given. Raises NotFound."""
        self._accounts.get(merchant_id, mode, account_id)
        with self._store.look() as uow:
            found = uow.rate_cards.text(merchant_id, account_id, version)
        if found is None:
            raise NotFound(f"no rate card {version} of account {account_id}")
        return found

    def now(self, merchant_id: str, mode: Mode, account_id: str) -> RateCard | None:
        """The card that counts at this moment; None where there is none, or none that can be read.

        Raises:
            NotFound: no such account.
        """
        carrier = self._pool.bind(self._accounts.get(merchant_id, mode, account_id)).carrier
        try:
            return card_of(carrier.account, carrier.profile, self._clock())
        except AuthenticationFailed:
            return None

    def differences(self, merchant_id: str, mode: Mode, account_id: str, card: RateCard) -> Sequence[CardChange]:
        """From the card that counts now to another one. Raises NotFound."""
        return changes(self.now(merchant_id, mode, account_id), card)

    def effect(self, merchant_id: str, mode: Mode, account_id: str, card: RateCard) -> Effect:
        """What the newest shipments that the account has would cost by a card, beside the one that counts now."""
        carrier = self._pool.bind(self._accounts.get(merchant_id, mode, account_id)).carrier
        present, since = self.now(merchant_id, mode, account_id), self._clock() - LOOK_BACK
        with self._store.look() as uow:
            shipments = uow.desk.booked_with(merchant_id, mode, account_id, since, MOST_REPRICED)
        divisor = carrier.profile.limits.dimensional_divisor_cm3_per_kg
        pairs = [
            (_gross(present, each, divisor, carrier.account), _gross(card, each, divisor, carrier.account))
            for each in shipments
        ]
        return effect_of(pairs)

    def explain(
        self,
        merchant_id: str,
        mode: Mode,
        account_id: str,
        shipment: Shipment,
        ready_at: datetime,
        card: RateCard | None = None,
    ) -> Sequence[Explained]:
        """How each service is priced, by the account's card or by one that is not imported yet; () for not at all.

        Raises:
            NotFound: no such account, or no card of it is valid then.
            AuthenticationFailed: an option of the account, or its card there, cannot be read.
        """
        carrier = self._pool.bind(self._accounts.get(merchant_id, mode, account_id)).carrier
        account, profile = replace(carrier.account, rate_card=card or carrier.account.rate_card), carrier.profile
        card = card_of(account, profile, ready_at)
        if card is None:
            raise NotFound(f"no rate card of account {account.name} is valid on that day")
        divisor = profile.limits.dimensional_divisor_cm3_per_kg
        sold = (level for level in ServiceLevel if level in profile.services)
        priced = (card.price(shipment, level, divisor) for level in sold)
        return tuple(_explained(each, *taxed(each, account)) for each in priced if each is not None)


def _gross(card: RateCard | None, record: ShipmentRecord, divisor: int | None, account: Account) -> Money | None:
    """What a card asks for a shipment in its service; None where it has no price."""
    if card is None or record.service is None:
        return None
    priced = card.price(record.shipment, record.service, divisor)
    return None if priced is None else taxed(priced, account)[0]


def _explained(priced: Priced, price: Money, lines: tuple[Surcharge, ...]) -> Explained:
    return Explained(priced=priced, price=price, lines=lines)
