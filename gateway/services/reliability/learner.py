"""The worker's learning: ended deliveries into histories, each once; and out of them the tables that quotes read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gateway.domain.clock import Clock
from gateway.domain.errors import StaleVersion
from gateway.domain.records import DeliveryRecord
from gateway.learning.chances import Chances
from gateway.learning.history import AccountHistory, Span
from gateway.learning.lanes import SHARES, Forecast, Lanes, Outlooks, Path
from gateway.learning.offsets import corrected
from gateway.learning.table import key
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.answers import Mode
from gateway.services.ports.reliability import Settled
from gateway.services.reliability import courses
from gateway.services.reliability.adjusting import Adjusting
from gateway.services.reliability.facts import (
    FIRST_DAY,
    LOST,
    NEVER,
    Fact,
    begin,
    day_of,
    fact,
    group_of,
    multiple,
    time_zone,
)

A_BATCH = 500
MOST_ON_THE_WAY = 20_000
ON_THE_WAY = timedelta(days=90)
LOST_AFTER = 20.0
"""A parcel without an end after so many times its promise is taken for one of which the news stopped."""

AGAIN_AFTER = timedelta(hours=6)
"""Tables are made anew after so long even where nothing has ended: what is on its way gets older."""

NO_OFFSET = (1.0,) * len(SHARES)
MODES: tuple[Mode, ...] = ("test", "live")


class Learner:
    """Learns, one merchant and mode at a time."""

    def __init__(self, store: Store, clock: Clock, adjusting: Adjusting | None = None) -> None:
        self._store = store
        self._clock = clock
        self._adjusting = adjusting
        self._published: dict[tuple[str, Mode], datetime] = {}

    def chore(self) -> Sequence[str]:
        """A chore of the worker's; nothing is left to be worked."""
        with self._store.look() as uow:
            merchants = uow.keys.merchants()
        for merchant_id, _ in merchants:
            for mode in MODES:
                self.learn(merchant_id, mode)
                if self._adjusting is not None:
                    self._adjusting.learn(merchant_id, mode)
        return ()

    def learn(self, merchant_id: str, mode: Mode) -> int:
        """Learn from what has ended since the last time, and make the tables; from how many deliveries."""
        with self._store.look() as uow:
            zones = {each.id: time_zone(each.options) for each in uow.accounts.list(merchant_id, mode)}
        learnt = 0
        while batch := self._batch(merchant_id, mode, zones):
            learnt += batch
        last = self._published.get((merchant_id, mode))
        if learnt or last is None or self._clock() - last >= AGAIN_AFTER:
            self._publish(merchant_id, mode, zones)
        return learnt

    def _batch(self, merchant_id: str, mode: Mode, zones: Mapping[str, tzinfo]) -> int:
        """Up to `A_BATCH` deliveries, in one commit with the mark that they were learnt from.

        Raises:
            StaleVersion: another worker is learning from the same ones; it goes on.
        """
        now = self._clock()
        with self._store.work() as uow:
            settled = uow.reliability.settled(merchant_id, mode, now, A_BATCH)
            facts = [found for each in settled if (found := fact(each.record, zones))]
            histories = _histories(uow, merchant_id, sorted(zones))
            _learn(histories, sorted(facts, key=lambda each: each.ended), now)
            for each in settled:
                _mark(uow, merchant_id, each, now)
            for account_id in {each.account_id for each in facts}:
                uow.reliability.keep(merchant_id, account_id, now, histories[account_id].as_data(day_of(now)))
            courses.learn(uow, merchant_id, settled, zones, now)
            uow.commit()
        return len(settled)

    def _publish(self, merchant_id: str, mode: Mode, zones: Mapping[str, tzinfo]) -> None:
        now = self._clock()
        with self._store.work() as uow:
            histories = _histories(uow, merchant_id, sorted(zones))
            known = {account_id: each for account_id, each in histories.items() if each.spans}
            running = uow.reliability.on_their_way(merchant_id, mode, now - ON_THE_WAY, MOST_ON_THE_WAY)
            for account_id, table in tables(known, running, zones, now).items():
                uow.reliability.publish(merchant_id, account_id, now, table)
            uow.commit()
        self._published[merchant_id, mode] = now


def _mark(uow: UnitOfWork, merchant_id: str, settled: Settled, now: datetime) -> None:
    if not uow.reliability.mark_learnt(merchant_id, settled, now):
        raise StaleVersion(f"somebody else has learnt from {settled.record.shipment_id}")


def _histories(uow: UnitOfWork, merchant_id: str, account_ids: Sequence[str]) -> dict[str, AccountHistory]:
    stored = uow.reliability.histories(merchant_id, account_ids)
    return {
        account_id: AccountHistory.from_data(stored[account_id]) if account_id in stored else AccountHistory()
        for account_id in account_ids
    }


def _learn(histories: Mapping[str, AccountHistory], facts: Sequence[Fact], now: datetime) -> None:
    """Each delivery is forecast by what was known before any of them, compared, and then learnt."""
    network, day = _network(histories), day_of(now)
    views = {account_id: network.at(day, (), history.skill) for account_id, history in histories.items()}
    forecasts = [views[each.account_id].forecast((each.account_id, *each.group)) for each in facts]
    for each, forecast in zip(facts, forecasts, strict=True):
        history = histories[each.account_id]
        if forecast is not None and each.duration != NEVER:
            history.compare(forecast, each.began, each.duration, each.ended)
        history.learn(each.group, each.began, min(each.duration, LOST), each.first_attempt)


def _network(histories: Mapping[str, AccountHistory]) -> Lanes:
    """All accounts' deliveries, grouped by account first."""
    network = Lanes()
    for account_id, history in histories.items():
        for group in history.spans:
            network.merge((account_id, *group), history.lanes.groups[group])
    return network


def tables(
    histories: Mapping[str, AccountHistory],
    running: Sequence[DeliveryRecord],
    zones: Mapping[str, tzinfo],
    now: datetime,
) -> dict[str, Any]:
    """What quotes are to read of each account, in the form of `gateway.learning.table`."""
    day = day_of(now)
    network, rows = _network(histories), _Rows(_chances(histories), _spans(histories), day)
    waiting = [
        ((each.account_id, *group_of(each, zones)), day_of(begin(each)), multiple(each, now))
        for each in running
        if begin(each) < now and multiple(each, now) < LOST_AFTER
    ]
    made: dict[str, Any] = {}
    for account_id, history in histories.items():
        view = network.at(day, waiting, history.skill)
        factors = history.offset.factors(day, _forecast(view, waiting, account_id))
        groups = {group[:length] for group in history.spans for length in range(len(group) + 1)}
        made[account_id] = {
            "rows": {key(*group): rows.row(view, factors, (account_id, *group)) for group in sorted(groups)},
            "network": rows.row(view, NO_OFFSET, ()),
        }
    return made


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is told of a group beside its forecast."""

    chances: Chances
    spans: Mapping[Path, Span]
    day: float

    def row(self, view: Outlooks, factors: Sequence[float], path: Path) -> list[object]:
        forecast = view.forecast(path)
        if forecast is None:
            raise LookupError(f"{path} has a span but no deliveries")
        span, first = self.spans[path], self.chances.chance(path, self.day)
        everything = self.spans[()].count
        return [
            _unsure(forecast.within_one, everything),
            None if first is None else _unsure(first, everything),
            *(round(each, 4) for each in corrected(forecast, factors)),
            span.count,
            _date(span.since),
            _date(span.until),
        ]


def _forecast(
    view: Outlooks, waiting: Sequence[tuple[Path, float, float]], account_id: str
) -> list[tuple[Forecast, float, float]]:
    """The account's deliveries on their way with what was expected of them."""
    return [
        (forecast, began, so_far)
        for path, began, so_far in waiting
        if path[0] == account_id and (forecast := view.forecast(path)) is not None
    ]


def _chances(histories: Mapping[str, AccountHistory]) -> Chances:
    chances = Chances()
    for account_id, history in histories.items():
        for group in history.spans:
            yes, asked = history.first_attempts.groups.get(group, (0.0, 0.0))
            chances.add((account_id, *group), yes, asked)
    return chances


def _spans(histories: Mapping[str, AccountHistory]) -> dict[Path, Span]:
    """How many deliveries every group has, and of when."""
    spans: dict[Path, Span] = {}
    for account_id, history in histories.items():
        for group, span in history.spans.items():
            path = (account_id, *group)
            for length in range(len(path) + 1):
                known = spans.setdefault(path[:length], Span(span.since, span.until, 0))
                known.since, known.until = min(known.since, span.since), max(known.until, span.until)
                known.count += span.count
    return spans


def _unsure(chance: float, count: int) -> float:
    """Never 0 or 1: as if, of all deliveries, half a one more had come in time and half a one had not.

    Source: the estimator of Krichevsky and Trofimov (1981), the mean under Jeffreys' prior.
    """
    return round((min(max(chance, 0.0), 1.0) * count + 0.5) / (count + 1), 4)


def _date(day: float) -> str:
    return (FIRST_DAY + timedelta(days=day)).date().isoformat()
