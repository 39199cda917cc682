"""Key figures of a period, from what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gateway.domain.clock import Clock
from gateway.domain.errors import Unprocessable
from gateway.kpis.boards import Board, by_cut
from gateway.services.ports import Store
from gateway.services.ports.answers import Mode

Cut = Literal["", "carrier", "service", "zone"]
DEFAULT_PERIOD = timedelta(days=28)
LONGEST_PERIOD = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiReport:
    """The whole, and its parts by what it was cut by. What is not due yet at `until` is in no period."""

    since: datetime
    until: datetime
    whole: Board
    parts: Mapping[str, Board]


class KpiReports:
    """Makes reports."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def report(
        self, merchant_id: str, mode: Mode, since: datetime | None = None, until: datetime | None = None, by: Cut = ""
    ) -> KpiReport:
        """Of a period that ends now at the latest; left out, the last 28 days.

        Raises:
            Unprocessable: the period ends before it begins, begins after now, or is too long.
        """
        end = min(until or self._clock(), self._clock())
        start = since or end - DEFAULT_PERIOD
        if not timedelta() < end - start <= LONGEST_PERIOD:
            raise Unprocessable(
                "/from",
                f"a period begins before it ends and before now, and is at most {LONGEST_PERIOD.days} days long",
                "invalid",
            )
        with self._store.look() as uow:
            deliveries = uow.kpi_facts.deliveries(merchant_id, mode, start, end)
            whole, parts = by_cut(deliveries, uow.kpi_facts.asked(merchant_id, mode, start, end), by)
        return KpiReport(since=start, until=end, whole=whole, parts=parts)
