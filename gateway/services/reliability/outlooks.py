"""Outlooks of rates: what the accounts' tables say, and what the emission model says where a carrier says nothing.

Tables are read once per version of the merchant's settings, which the worker raises when it has made new ones. A quote
then pays a few dictionary look-ups a rate.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from threading import Event, Thread

from gateway.domain.emissions import Reckoning, load_of
from gateway.domain.errors import Unavailable
from gateway.domain.quotes import Outlook
from gateway.learning.table import UNSAID, ReliabilityTable
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context
from gateway.services.ports import Store
from gateway.services.ports.adjustments import Adjustments
from gateway.services.ports.answers import Mode
from gateway.services.reliability.adjusters import Adjuster, Asked, adjuster
from gateway.services.reliability.emissions import ALL, EmissionModel
from gateway.services.reliability.facts import HOUR_S, time_zone

log = logging.getLogger("gateway.reliability")
LOOK_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to say about a merchant's accounts, by account id, at a version of its settings.

    `reckonings` are made when first asked for: only a candidate tells what kind of carrier it is of.
    """

    version: int
    tables: Mapping[str, ReliabilityTable]
    network: ReliabilityTable
    zones: Mapping[str, tzinfo]
    profiles: Mapping[str, Mapping[str, object]]
    reckonings: dict[str, Reckoning]
    adjuster: Adjuster | None


class OutlookBook:
    """The outlooks of merchants' rates. `failures` counts where the groups had to stand alone, by what failed."""

    def __init__(self, store: Store, emissions: EmissionModel, adjustments: Adjustments | None = None) -> None:
        self._store = store
        self._emissions = emissions
        self._adjustments = adjustments
        self.failures: Counter[str] = Counter()
        self._known: dict[tuple[str, Mode], _Known] = {}

    def of(
        self, merchant_id: str, mode: Mode, settings_version: int, context: Context, candidates: Sequence[Candidate]
    ) -> Sequence[Outlook]:
        """What is to be expected of each candidate, in their order."""
        known = self._of_merchant(merchant_id, mode, settings_version)
        load = load_of(context.shipment)
        starts_at = max(context.now, context.ready_at)
        made, asked = [], []
        for candidate in candidates:
            rate, account_id = candidate.rate, candidate.account_id
            table = known.tables.get(account_id, known.network)
            local = starts_at.astimezone(known.zones.get(account_id, UTC))
            hours = None if rate.deliver_by is None else (rate.deliver_by - starts_at).total_seconds() / HOUR_S
            co2e = self._reckoning(known, candidate).grams(load) if rate.co2e_g is None else UNSAID
            made.append(table.outlook(rate.service.value, context.zone, local.weekday(), hours, co2e))
            asked.append(Asked(account_id, rate.service.value, hours, local))
        return made if known.adjuster is None else known.adjuster.adjusted(context.shipment, asked, made)

    def prepare(self) -> bool:
        """Read an adjustment, if anybody has one, so that no quote waits for its library; whether there was one."""
        with self._store.look() as uow:
            whose = uow.reliability.somebody_adjusted()
            version = uow.keys.settings_version(whose[0]) if whose else 0
        if whose is None:
            return False
        self._of_merchant(*whose, version)
        return True

    def _reckoning(self, known: _Known, candidate: Candidate) -> Reckoning:
        account_id = candidate.account_id
        if account_id not in known.reckonings:
            common, own = known.profiles.get(ALL, {}), known.profiles.get(account_id, {})
            known.reckonings[account_id] = self._emissions.reckoning(candidate.kind, common, own)
        return known.reckonings[account_id]

    def _of_merchant(self, merchant_id: str, mode: Mode, version: int) -> _Known:
        known = self._known.get((merchant_id, mode))
        if known is not None and known.version == version:
            return known
        with self._store.look() as uow:
            accounts = uow.accounts.list(merchant_id, mode)
            stored = uow.reliability.tables(merchant_id, [each.id for each in accounts])
            profiles = uow.reliability.emission_profiles(merchant_id)
            adjusts = adjuster(uow, merchant_id, mode, self._adjustments, self.failures)
        tables = {name: ReliabilityTable(data["rows"], data["network"]) for name, data in stored.items() if data}
        network = ReliabilityTable({}, next((each.network for each in tables.values()), None))
        zones = {each.id: time_zone(each.options) for each in accounts}
        known = self._known[merchant_id, mode] = _Known(version, tables, network, zones, profiles, {}, adjusts)
        return known


def prepare_aside(outlooks: OutlookBook, stop: Event) -> Thread:
    """Prepare beside what a process serves, as soon as somebody has an adjustment: none costs its start nothing."""

    def look() -> None:
        while not _prepared(outlooks) and not stop.wait(LOOK_EVERY_S):
            pass

    looking = Thread(target=look, name="outlooks", daemon=True)
    looking.start()
    return looking


def _prepared(outlooks: OutlookBook) -> bool:
    try:
        return outlooks.prepare()
    except Unavailable as error:  # the database is away: quotes say so, and this is tried again
        log.warning("nothing is prepared for quotes yet: %s", error)
        return False
