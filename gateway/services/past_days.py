"""The past as columns: finished days of booked shipments are written so that backtests of them start at once.

A day is finished when it is over and nothing in it has changed for an hour; what changes later makes its columns stale,
and they are written anew six hours later at the earliest, so that no day is read more than four times a day. Until
then, and where nothing is written yet, backtests read rows. Somebody who is forgotten is gone from columns in the same
transaction as from the quote, and a day goes when the first of its quotes does.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gateway.domain.clock import Clock
from gateway.services.ports import Mode, Store
from gateway.services.ports.history import DayColumns, DayWriter, History, PastDay, Period, day_of, whole
from gateway.services.transactions import again_if_crossed
from gateway.settings import Retention

log = logging.getLogger("gateway.past_days")
MODES: tuple[Mode, ...] = ("test", "live")
LOOK_EVERY = timedelta(hours=1)
QUIET = timedelta(hours=1)
"""So that whatever changes later has a later time, on any machine's clock."""
AGAIN = timedelta(hours=6)
A_BATCH = 50_000
"""Shipments that are read at a time, if they are of several days: some five seconds, after one to start a process."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Days of a merchant and mode, to be written."""

    merchant_id: str
    mode: Mode
    days: Sequence[PastDay]


class PastDaysWriter:
    """A chore of the worker's: looks every hour for what is due, and writes a batch a tick."""

    def __init__(self, store: Store, history: History, writer: DayWriter, clock: Clock, settings: Retention) -> None:
        self._store = store
        self._history = history
        self._writer = writer
        self._clock = clock
        self._kept = timedelta(days=settings.quotes_days)
        self._due: deque[Batch] = deque()
        self._looked_at: datetime | None = None

    def claim(self, _free: int = 1) -> Sequence[Batch]:
        """The next batch, if there is one. Another worker may take the same: whoever begins a day last keeps his."""
        now = self._clock()
        if not self._due and (self._looked_at is None or now - self._looked_at >= LOOK_EVERY):
            self._looked_at = now
            self._due.extend(self._look(now))
        return [self._due.popleft()] if self._due else ()

    def work(self, batch: Batch) -> None:
        """Write it."""
        due = {each.day: (each, self._begun(batch, each)) for each in batch.days}
        for day, found in self._writer.write(batch.merchant_id, batch.mode, batch.days):
            if isinstance(found, str):
                log.warning("%s of %s is read from rows: %s", day, batch.merchant_id, found)
            else:
                self._keep(batch, *due[day], found)

    def _look(self, now: datetime) -> Iterator[Batch]:
        """What is due, of every merchant."""
        if not self._writer.installed:
            return
        with self._store.look() as uow:
            merchants = [merchant_id for merchant_id, _ in uow.keys.merchants()]
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for merchant_id in merchants:
            made_of = self._writer.made_of(merchant_id)
            for mode in MODES:
                since = midnight - self._kept + timedelta(days=1)  # the day before loses its quotes already
                period = Period(merchant_id=merchant_id, mode=mode, since=since, until=midnight)
                found = (
                    replace(each, made_of=made_of) for each in self._history.days(period) if _due(each, made_of, now)
                )
                yield from (Batch(merchant_id, mode, days) for days in _batches(found))

    def _begun(self, batch: Batch, each: PastDay) -> int:
        def begin() -> int:
            with self._store.work() as uow:
                begun = uow.past_days.begin(batch.merchant_id, batch.mode, each.day, self._clock())
                uow.commit()
                return begun

        return again_if_crossed(begin)

    def _keep(self, batch: Batch, each: PastDay, begun: int, columns: DayColumns) -> None:
        def finish() -> bool:
            with self._store.work() as uow:
                period = day_of(batch.merchant_id, batch.mode, each.day)
                kept = uow.past_days.finish(period, begun, each, columns)
                uow.commit()
                return kept

        if not again_if_crossed(finish):
            log.info("%s of %s was written or changed by somebody else meanwhile", each.day, batch.merchant_id)


def _due(each: PastDay, made_of: str, now: datetime) -> bool:
    """Whether a day that is over should be written."""
    changed_at = each.extent.changed_at
    quiet = changed_at is not None and changed_at <= now - QUIET
    again = each.written_at is None or each.written_at <= now - AGAIN
    return quiet and again and not each.holds(made_of)


def _batches(days: Iterable[PastDay]) -> Iterator[Sequence[PastDay]]:
    some: list[PastDay] = []
    for each in days:
        if some and whole([*some, each]).shipments > A_BATCH:
            yield some
            some = []
        some.append(each)
    if some:
        yield some
