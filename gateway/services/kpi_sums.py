"""Sums key figures up by day, and again whatever days have changed: late scans, ratings, claims, corrections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from gateway.domain.clock import Clock
from gateway.kpis.facts import Delivery
from gateway.kpis.sums import cut, kept
from gateway.services.ports import Store
from gateway.services.ports.kpis import Day

AT_ONCE = 20


class KpiSummer:
    """A day is summed up once it is over, in UTC, and whenever something of it changes afterwards."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def claim(self) -> Sequence[Day]:
        """Days that are over and stale. What a crash leaves stale is found again; of two workers one sums each up."""
        with self._store.work() as uow:
            uow.kpi_sums.take_changes(self._clock().date())
            return uow.kpi_sums.stale(AT_ONCE)

    def work(self, day: Day) -> None:
        """One transaction: what changes meanwhile is marked anew, and summed up the next time."""
        with self._store.work() as uow:
            if not uow.kpi_sums.hold(day):
                return
            ends_at: datetime | None = None

            def deliveries() -> Iterator[Delivery]:
                nonlocal ends_at
                for _, delivery in uow.kpi_facts.deliveries(*day):
                    ends_at = max(filter(None, (ends_at, delivery.due_by)), default=None)
                    yield delivery

            boards = cut(deliveries(), uow.kpi_facts.asked(*day))
            sums = {of: kept(board) for of, board in boards.items()}
            uow.kpi_sums.keep(day, sums, ends_at, self._clock())
            uow.commit()

    def catch_up(self) -> int:
        """All that is stale; how many days."""
        worked = 0
        while days := self.claim():
            for day in days:
                self.work(day)
            worked += len(days)
        return worked
