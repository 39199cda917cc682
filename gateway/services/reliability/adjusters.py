"""What quotes ask of an adjustment: all offers at once, and the groups' figures stand where it has nothing to say."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.quotes import Outlook
from gateway.domain.shipments import Shipment
from gateway.learning.lanes import SHARES
from gateway.learning.table import HOURS_DIGITS, promise_h
from gateway.services.ports import UnitOfWork
from gateway.services.ports.adjustments import Adjustment, Adjustments, NotAdjusted, Quantiles, StoredAdjustment, Taught
from gateway.services.ports.answers import Mode
from gateway.services.reliability.features import Features, features

log = logging.getLogger("gateway.reliability")


@dataclass(frozen=True, slots=True)
class Asked:
    """A rate's part in the question: whose it is, its service, the promised hours, and when the wait begins there."""

    account_id: str
    service: str
    hours: float | None
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class _Row:
    """One outlook that can be adjusted: its place, and the hours of which its quantiles are multiples."""

    place: int
    promised: float
    taught: Taught
    features: Features
    forecast: Quantiles


class Adjuster:
    """Of one merchant and mode. `failures` counts where the groups stood though there was an adjustment."""

    def __init__(self, stored: StoredAdjustment, adjustment: Adjustment, failures: Counter[str]) -> None:
        self._stored = stored
        self._adjustment = adjustment
        self._failures = failures

    def adjusted(self, shipment: Shipment, asked: Sequence[Asked], outlooks: Sequence[Outlook]) -> Sequence[Outlook]:
        """The outlooks, in their order, those adjusted that can be."""
        rows = [row for place, each in enumerate(asked) if (row := self._row(place, shipment, each, outlooks[place]))]
        if not rows:
            return outlooks
        try:
            said = self._adjustment.adjusted([row.features for row in rows], [row.forecast for row in rows])
        except NotAdjusted as error:
            failed(self._failures, "asked", error)
            return outlooks
        made = list(outlooks)
        for row, quantiles in zip(rows, said, strict=True):
            made[row.place] = _told(made[row.place], quantiles, row)
        return made

    def _row(self, place: int, shipment: Shipment, asked: Asked, outlook: Outlook) -> _Row | None:
        taught = self._stored.accounts.get(asked.account_id)
        hours = (outlook.transit_p50_h, outlook.transit_p80_h, outlook.transit_p90_h)
        promised = promise_h(asked.service, asked.hours)
        forecast = tuple(each / promised for each in hours if each)
        if taught is None or len(forecast) < len(SHARES):
            return None
        numbers = features(shipment, asked.service, promised, asked.starts_at, taught.number)
        return None if numbers is None else _Row(place, promised, taught, numbers, forecast)


def adjuster(
    uow: UnitOfWork, merchant_id: str, mode: Mode, adjustments: Adjustments | None, failures: Counter[str]
) -> Adjuster | None:
    """What is stored for a merchant, ready to be asked; None where the groups stand alone."""
    if adjustments is None:
        return None
    try:
        stored = uow.reliability.adjustment(merchant_id, mode)
        if stored is None or not stored.accounts:
            return None
        return Adjuster(stored, adjustments.read(stored.model), failures)
    except NotAdjusted as error:
        failed(failures, "read", error)
        return None


def failed(failures: Counter[str], what: str, error: NotAdjusted) -> None:
    """Say that the groups stand, and count it."""
    failures[what] += 1
    log.warning("the groups' forecasts stand: %s", error)


def _told(outlook: Outlook, quantiles: Quantiles, row: _Row) -> Outlook:
    hours = [round(each * row.promised, HOURS_DIGITS) for each in quantiles]
    taught = row.taught
    return replace(
        outlook,
        p_on_time=None if outlook.p_on_time is None else _agreeing(outlook.p_on_time, quantiles),
        transit_p50_h=hours[0],
        transit_p80_h=hours[1],
        transit_p90_h=hours[2],
        adjusted=f"what {taught.count} deliveries from {taught.since} to {taught.until} taught",
    )


def _agreeing(chance: float, quantiles: Quantiles) -> float:
    """The groups' chance to be over within the promise, moved no further than the adjusted quantiles ask for."""
    least = max((share for share, each in zip(SHARES, quantiles, strict=True) if each <= 1), default=0.0)
    most = min((share for share, each in zip(SHARES, quantiles, strict=True) if each > 1), default=1.0)
    return min(max(chance, least), most)
