"""Adjusting the groups' forecasts to distance and area: learnt once a day by the worker, asked by quotes.

An account takes part from `LEAST` deliveries on whose two ends have coordinates: its newest fifth then judges with some
200, of which the standard error of a loss is about 7 %: fewer could not tell trees that help from trees that do not.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from gateway.domain.clock import Clock
from gateway.domain.records import DeliveryRecord
from gateway.domain.shipments import Shipment
from gateway.learning.durations import LEAST as SHORTEST
from gateway.learning.lanes import Path
from gateway.learning.replay import replayed
from gateway.learning.table import promise_h
from gateway.services.ports import Store
from gateway.services.ports.adjustments import Adjustments, Examples, NotAdjusted, StoredAdjustment, Taught
from gateway.services.ports.answers import Mode
from gateway.services.reliability.facts import FIRST_DAY, HOUR_S, LOST, begin, fact, time_zone
from gateway.services.reliability.features import WORDS, Features, features

log = logging.getLogger("gateway.reliability")

LEAST = 1_000
MOST = 20_000
"""The newest so many of a merchant's deliveries are learnt from: some seconds of one core, and 100 MB at most."""

MEMORY = timedelta(days=400)
AGAIN_AFTER = timedelta(days=1)
WARM = 0.1
"""The first tenth of an account's deliveries is forecast from next to nothing: trees do not learn from that."""

TOO_FEW = f"no account has {LEAST} finished deliveries with coordinates of both ends"
NO_BETTER = "on the newest deliveries it was no better than the groups"


@dataclass(slots=True)
class _Past:
    """An account's deliveries in the order in which they began: a `gateway.learning.replay.Past` with features."""

    began: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    duration: list[float] = field(default_factory=list)
    path: list[Path] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
    ages: bool = False


class Adjusting:
    """Learns, one merchant and mode at a time."""

    def __init__(self, store: Store, adjustments: Adjustments, clock: Clock) -> None:
        self._store = store
        self._adjustments = adjustments
        self._clock = clock

    def learn(self, merchant_id: str, mode: Mode) -> None:
        """Learn anew from the newest deliveries, and forget what was learnt before; at most once a day."""
        now = self._clock()
        with self._store.look() as uow:
            last = uow.reliability.adjusted_at(merchant_id, mode)
            if last is not None and now - last < AGAIN_AFTER:
                return
            zones = {each.id: time_zone(each.options) for each in uow.accounts.list(merchant_id, mode)}
            ended = uow.reliability.ended(merchant_id, mode, now - MEMORY, MOST)
            known = {account: past for account, past in _pasts(ended, zones).items() if len(past.began) >= LEAST}
        made = self._fitted(known, now)
        with self._store.work() as uow:
            uow.reliability.keep_adjustment(merchant_id, mode, made)
            uow.commit()

    def _fitted(self, known: Mapping[str, _Past], now: datetime) -> StoredAdjustment:
        try:
            fitted, why = self._adjustments.fit(_examples(known)) if known else None, NO_BETTER if known else TOO_FEW
        except NotAdjusted as error:
            log.warning("forecasts are not adjusted: %s", error)
            fitted, why = None, str(error)
        if fitted is None:
            return StoredAdjustment(fitted_at=now, why=why, accounts={}, model={})
        return StoredAdjustment(
            fitted_at=now,
            why="",
            accounts={account: _taught(known[account]) for account in fitted.owners},
            model=fitted.model,
        )


def _pasts(ended: Iterable[tuple[DeliveryRecord, Shipment]], zones: Mapping[str, tzinfo]) -> dict[str, _Past]:
    """Deliveries by account, the oldest first."""
    numbers = {account: number for number, account in enumerate(sorted(zones))}
    found = []
    for record, shipment in ended:
        learnt, began = fact(record, zones), begin(record)
        if learnt is None or record.account_id not in numbers:
            continue
        hours = None if record.promised_by is None else (record.promised_by - began).total_seconds() / HOUR_S
        local, promised = began.astimezone(zones[record.account_id]), promise_h(record.service, hours)
        numbered = features(shipment, record.service, promised, local, numbers[record.account_id])
        if numbered is not None:
            found.append((learnt, numbered))
    pasts: dict[str, _Past] = {}
    for learnt, numbered in sorted(found, key=lambda each: each[0].began):
        past = pasts.setdefault(learnt.account_id, _Past())
        past.began.append(learnt.began)
        past.ended.append(max(learnt.ended, learnt.began))
        past.duration.append(max(min(learnt.duration, LOST), SHORTEST))
        past.path.append(learnt.group)
        past.features.append(numbered)
    return pasts


def _examples(known: Mapping[str, _Past]) -> Examples:
    """All accounts' deliveries with what the groups had said of each when it began."""
    rows = []
    for account, past in known.items():
        first = max(int(len(past.began) * WARM), 1)
        told = zip(past.began, past.ended, past.duration, past.features, replayed(past), strict=True)
        rows += [(*row, account) for row in list(told)[first:] if row[-1][0] > 0]
    rows.sort(key=lambda row: row[0])
    began, ended, durations, numbered, forecasts, owners = zip(*rows, strict=True)
    return Examples(
        features=numbered,
        forecasts=forecasts,
        durations=durations,
        began=began,
        ended=ended,
        owners=owners,
        words=WORDS,
    )


def _taught(past: _Past) -> Taught:
    days = [(FIRST_DAY + timedelta(days=day)).date() for day in (past.began[0], past.began[-1])]
    return Taught(int(past.features[0][-1]), len(past.began), *days)
