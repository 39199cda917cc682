"""Names in policies that mean nothing: accounts, carriers, zones and facilities that the merchant does not have.

A policy may be written before the account it is for, so such a name is told and not refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from carriers.base import Carrier
from gateway.rules.naming import Named, named_in
from gateway.services.facilities import FacilityBook
from gateway.services.ports import Store
from gateway.services.zones import ZoneBook

MOST_WARNINGS = 100


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
        """A warning for every name of something that is not there now; at most the first hundred."""
        named = list(named_in(data))
        wanted = {each.what for each in named}
        known = {what: find(merchant_id) for what, find in self._finders().items() if what in wanted}
        found = (_warning(each, names) for each in named if (names := known.get(each.what)) is not None)
        return [warning for warning in found if warning is not None][:MOST_WARNINGS]

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
            return {each.name for mode in ("test", "live") for each in uow.accounts.list(merchant_id, mode)}

    def _origins(self, merchant_id: str) -> Collection[str] | None:
        """What `origin.facility` may be; None where there are no facilities: then it is what each shipment says."""
        houses = self._facilities.list(merchant_id)
        return {each.code for each in houses} or None


def _warning(named: Named, known: Collection[str]) -> PolicyWarning | None:
    if any(each.startswith(named.name) if named.beginning else each == named.name for each in known):
        return None
    near = get_close_matches(named.name, known, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    is_there = "no carrier is installed" if named.what == "carrier" else f"you have no {named.what}"
    begins = "that begins with " if named.beginning else ""
    message = f"{is_there} {begins}{named.name!r}, so this holds of nothing until there is one{meant}"
    return PolicyWarning(named.pointer, f"unknown_{named.what}", message)
