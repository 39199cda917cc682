"""What in a policy does not fit what the merchant has: names of accounts, carriers, zones and facilities that there are
not, and caps of shares that its accounts cannot fill.

A policy may be written before the account it is for, so this is told and not refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from carriers.base import Carrier
from gateway.domain.records import AccountRecord
from gateway.rules.naming import Named, named_in
from gateway.rules.policy import Policy
from gateway.rules.shares import left_over
from gateway.services.facilities import FacilityBook
from gateway.services.ports import Mode, Store
from gateway.services.zones import ZoneBook

MOST_WARNINGS = 100
MODES: tuple[Mode, ...] = ("test", "live")


@dataclass(frozen=True, slots=True)
class PolicyWarning:
    """Something in a policy that is hardly meant so, at a JSON pointer into its data."""

    pointer: str
    code: str
    message: str


class PolicyNames:
    """Knows what a merchant has."""

    def __init__(
        self,
        store: Store,
        zones: ZoneBook,
        facilities: FacilityBook,
        installed: Callable[[], Mapping[str, type[Carrier]]],
    ) -> None:
        self._store = store
        self._zones = zones
        self._facilities = facilities
        self._installed = installed

    def warnings(self, merchant_id: str, data: Mapping[str, Any]) -> list[PolicyWarning]:
        """A warning for every name of something that is not there now, and for caps that leave bookings to nobody; at
        most the first hundred.
        """
        named = list(named_in(data))
        wanted = {each.what for each in named}
        known = {what: find(merchant_id) for what, find in self._finders().items() if what in wanted}
        found = (_warning(each, names) for each in named if (names := known.get(each.what)) is not None)
        doubtful = [warning for warning in found if warning is not None]
        return [*self._left_over(merchant_id, data), *doubtful][:MOST_WARNINGS]

    def _left_over(self, merchant_id: str, data: Mapping[str, Any]) -> Iterator[PolicyWarning]:
        """In each mode, for it has accounts of its own."""
        policy = Policy.parse("", 0, data, stored=True)
        for mode in MODES:
            with self._store.look() as uow:
                found = [each for each in uow.accounts.list(merchant_id, mode) if each.enabled]
            short = left_over(policy.steps, [_values(each, self._installed()) for each in found])
            if short is not None:
                pointer, percent = short
                message = (
                    f"the accounts in {mode} that are not paused ({len(found)}) may together have {percent} % of the "
                    "bookings; for the others every account is at its cap, and no offer is left: raise caps, or leave "
                    "an account without one"
                )
                yield PolicyWarning(pointer, "shares_below_all", message)

    def known(self, merchant_id: str) -> Mapping[str, list[str]]:
        """The names there are now, by what they name; those of facilities are all that are told."""
        return {what: sorted(find(merchant_id) or ()) for what, find in self._finders().items()}

    def _finders(self) -> Mapping[str, Callable[[str], Collection[str] | None]]:
        return {
            "account": self._accounts,
            "carrier": lambda _: self._installed().keys(),
            "zone": lambda merchant_id: self._zones.now(merchant_id).names,
            "facility": self._origins,
        }

    def _accounts(self, merchant_id: str) -> Collection[str]:
        with self._store.look() as uow:
            return {each.name for mode in MODES for each in uow.accounts.list(merchant_id, mode)}

    def _origins(self, merchant_id: str) -> Collection[str] | None:
        """What `origin.facility` may be; None where there are no facilities: then it is what each shipment says."""
        houses = self._facilities.list(merchant_id)
        return {each.code for each in houses} or None


def _values(account: AccountRecord, installed: Mapping[str, type[Carrier]]) -> Mapping[str, Any]:
    carrier = installed.get(account.carrier)
    return {
        "rate.account": account.name,
        "rate.carrier": account.carrier,
        "rate.carrier_kind": None if carrier is None else carrier.profile.kind,
    }


def _warning(named: Named, known: Collection[str]) -> PolicyWarning | None:
    if any(each.startswith(named.name) if named.beginning else each == named.name for each in known):
        return None
    near = get_close_matches(named.name, known, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    is_there = "no carrier is installed" if named.what == "carrier" else f"you have no {named.what}"
    begins = "that begins with " if named.beginning else ""
    message = f"{is_there} {begins}{named.name!r}, so this holds of nothing until there is one{meant}"
    return PolicyWarning(named.pointer, f"unknown_{named.what}", message)
