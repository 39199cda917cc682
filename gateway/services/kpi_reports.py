"""Key figures of a period, from the sums of its days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import Unprocessable
from gateway.kpis.boards import Board, parted
from gateway.kpis.sums import Cut, add, opened
from gateway.services.ports import Store
from gateway.services.ports.answers import Mode
from gateway.services.ports.kpis import Standing

DAY = timedelta(days=1)
DEFAULT_DAYS = 28
LONGEST_DAYS = 92


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days, `first` and `last` both included. What was known of them at `as_of` is counted; `missing` ones are not
    summed up yet.
    """

    first: date
    last: date
    as_of: datetime
    missing: Sequence[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiReport:
    """The whole of a period, its parts by what it was cut by, and what was asked for of each day."""

    period: Period
    whole: Board
    parts: Mapping[str, Board]
    days: Mapping[date, Board]


class KpiReports:
    """Makes reports."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def report(
        self,
        merchant_id: str,
        mode: Mode,
        first: date | None = None,
        last: date | None = None,
        by: Cut | None = None,
        daily: Collection[str] = (),
    ) -> KpiReport:
        """Of a period that ends yesterday (UTC) at the latest; left out, the last 28 days. `daily`: these measures day
        by day, too.

        Raises:
            Unprocessable: the period ends before it begins, begins after yesterday, or is too long.
        """
        first, last, now = self._asked(first, last)
        days, boards = dict[date, Board](), dict[str, Board]()
        with self._store.look() as uow:
            period = _period(uow.kpi_sums.standing(merchant_id, mode, first, last), first, last, now)
            for day, value, some in uow.kpi_sums.boards(merchant_id, mode, by or "carrier", first, period.last):
                board = opened(some)
                add(boards.setdefault(value, Board()), board)
                if daily:
                    add(days.setdefault(day, Board()), [each for each in board if each.key[0] in daily])
        whole, parts = parted(boards, by or "")
        return KpiReport(period=period, whole=whole, parts=parts if by else {}, days=days)

    def period(self, merchant_id: str, mode: Mode, first: date | None = None, last: date | None = None) -> Period:
        """The days alone that a report would be of. Raises as `report` does."""
        first, last, now = self._asked(first, last)
        with self._store.look() as uow:
            return _period(uow.kpi_sums.standing(merchant_id, mode, first, last), first, last, now)

    def _asked(self, first: date | None, last: date | None) -> tuple[date, date, datetime]:
        now = self._clock()
        last = min(last or date.max, now.date() - DAY)
        first = first or last - DAY * (DEFAULT_DAYS - 1)
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise Unprocessable(
                "/from",
                f"a period begins before it ends, before today, and is at most {LONGEST_DAYS} days long",
                "invalid",
            )
        return first, last, now


def _period(stands: Standing, first: date, last: date, now: datetime) -> Period:
    """It ends a day earlier while promises of its last day are still to be kept, in zones further west."""
    if stands.ends_at is not None and stands.ends_at > now and last > first:
        last -= DAY
    return Period(
        first=first,
        last=last,
        as_of=min(now, stands.stale_since or now),
        missing=[day for day in stands.missing if day <= last],
    )
