"""Stored offers of one account priced anew by a rate card: what would they have cost?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from carriers.base import Account, RateCard, taxed
from carriers.base.registry import carrier
from gateway.domain.codec import from_json, to_json
from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Offer, ServiceLevel
from gateway.domain.records import AccountRecord
from gateway.domain.shipments import Shipment
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

    def priced(self, shipment: Shipment, ready_at: datetime, offer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """An offer as JSON; None when it would not have been made."""
        if offer["account_id"] != self._account.id:
            return offer
        found = self._card.price(shipment, ServiceLevel(offer["rate"]["service"]), self._divisor)
        if found is None:
            return None
        price, lines = taxed(found, self._taxes)
        rate = {**offer["rate"], "price": to_json(price), "surcharges": to_json(lines)}
        return {**offer, "rate": rate}

    def of(self, shipment: Shipment, ready_at: datetime, offer: Offer) -> Offer | None:
        """An offer."""
        changed = self.priced(shipment, ready_at, to_json(offer))
        return None if changed is None else replace(offer, rate=from_json(Offer, changed).rate)


def _account(store: Store, period: Period, trial: CardTrial) -> AccountRecord:
    with store.look() as uow:
        found = uow.accounts.list(period.merchant_id, period.mode)
    for each in found:
        if trial.account in (each.id, each.name):
            return each
    raise Unprocessable("/rate_card/account", f"there is no account {trial.account!r}", "unknown_account")
