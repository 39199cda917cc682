"""Stored offers of one account priced anew by a rate card: what would they have cost?"""

from __future__ import annotations

from dataclasses import replace

from carriers.base import Account, RateCard, taxed
from carriers.base.registry import carrier
from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Offer, ServiceLevel, Surcharge
from gateway.domain.records import AccountRecord
from gateway.domain.shipments import Shipment
from gateway.domain.values import Money
from gateway.services.ports import Store
from gateway.services.ports.backtests import CardTrial
from gateway.services.ports.history import Period


class CardPricing:
    """Prices an account's offers by a card; the offers of others, and all promises, stay as they are.

    A service that the card does not have for a shipment is not offered. Whether the card would have been valid on the
    day does not count: it is tried on days that are over. No offers are added.
    """

    def __init__(self, store: Store, period: Period, trial: CardTrial) -> None:
        self._account = _account(store, period, trial)
        self._card = RateCard.load(trial.text, "the rate card")
        self._divisor = carrier(self._account.carrier).profile.limits.dimensional_divisor_cm3_per_kg
        taxes = self._account
        self._taxes = Account(id=taxes.id, name=taxes.name, mode=taxes.mode, urls={}, options=taxes.options)

    @property
    def account_id(self) -> str:
        """The account's."""
        return self._account.id

    def again(self, shipment: Shipment, service: ServiceLevel) -> tuple[Money, tuple[Surcharge, ...]] | None:
        """The account's price by the card, with its surcharges; None where it would have made no offer."""
        found = self._card.price(shipment, service, self._divisor)
        return None if found is None else taxed(found, self._taxes)

    def of(self, shipment: Shipment, offer: Offer) -> Offer | None:
        """An offer with the card's price, if it is the account's; None when it would not have been made."""
        if offer.account_id != self.account_id:
            return offer
        found = self.again(shipment, offer.rate.service)
        if found is None:
            return None
        price, lines = found
        return replace(offer, rate=replace(offer.rate, price=price, surcharges=lines))


def _account(store: Store, period: Period, trial: CardTrial) -> AccountRecord:
    with store.look() as uow:
        found = uow.accounts.list(period.merchant_id, period.mode)
    for each in found:
        if trial.account in (each.id, each.name):
            return each
    raise Unprocessable("/rate_card/account", f"there is no account {trial.account!r}", "unknown_account")
