"""The emission model: factors and profiles that come with the gateway, and what merchants say of their own."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.domain.emissions import EmissionProfile, Factor, Reckoning, merged_profile, reckon
from gateway.domain.errors import NotFound
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.answers import Mode

ALL = "*"
"""Of all a merchant's accounts."""


class EmissionModel:
    """Reckons what a delivery emits. A merchant's words on one account go before those on all, those before ours."""

    def __init__(
        self, store: Store, factors: Mapping[str, Factor], profiles: Mapping[str, Mapping[str, object]]
    ) -> None:
        self._store = store
        self.factors = factors
        self.profiles = profiles

    def reckoning(self, kind: str, common: Mapping[str, object], account: Mapping[str, object]) -> Reckoning:
        """How a carrier of that kind delivers for a merchant's account."""
        own = {**common, **account}
        return reckon(merged_profile({**self.profiles[kind], **own}, self.factors), self.factors, own=bool(own))

    def profile(self, merchant_id: str, mode: Mode, account_id: str) -> Mapping[str, object]:
        """What the merchant has said, of an account or of all (`ALL`). Raises NotFound for an account it has not."""
        with self._store.look() as uow:
            self._known(merchant_id, mode, account_id, uow)
            return uow.reliability.emission_profiles(merchant_id).get(account_id, {})

    def put(self, merchant_id: str, mode: Mode, account_id: str, data: Mapping[str, object]) -> EmissionProfile:
        """Keep what a merchant says, in place of what it said before; nothing at all forgets it.

        Raises:
            NotFound: no such account.
            Unprocessable: a word, factor or number that makes no sense, with its pointer.
        """
        checked = merged_profile({**self.profiles["courier"], **data}, self.factors)
        with self._store.work() as uow:
            self._known(merchant_id, mode, account_id, uow)
            uow.reliability.put_emission_profile(merchant_id, account_id, data or None)
            uow.commit()
        return checked

    @staticmethod
    def _known(merchant_id: str, mode: Mode, account_id: str, uow: UnitOfWork) -> None:
        account = None if account_id == ALL else uow.accounts.get(merchant_id, account_id)
        if account_id != ALL and (account is None or account.mode != mode):
            raise NotFound(f"no account {account_id}")
