"""Key figures of a period, from the sums of its days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import Unprocessable
from gateway.kpis.boards import Board, parted
from gateway.kpis.sums import Cut, add
from gateway.services.ports import Store
from gateway.services.ports.answers import Mode

DAY = timedelta(days=1)
DEFAULT_DAYS = 28
LONGEST_DAYS = 92


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiReport:
    """The whole, its parts by what it was cut by, and the whole of each day; `first` and `last` are both included.

    All that was known at `as_of` is counted; days that are `missing` are not summed up yet.
    """

    first: date
    last: date
    as_of: datetime
    missing: Sequence[date]
    whole: Board
    parts: Mapping[str, Board]
    days: Mapping[date, Board]


class KpiReports:
    """Makes reports."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def report(
        self, merchant_id: str, mode: Mode, first: date | None = None, last: date | None = None, by: Cut | None = None
    ) -> KpiReport:
        """Of a period that ends yesterday (UTC) at the latest; left out, the last 28 days.

        It ends a day earlier while promises of its last day are still to be kept, in zones further west.

        Raises:
            Unprocessable: the period ends before it begins, begins after yesterday, or is too long.
        """
        now = self._clock()
        last = min(last or date.max, now.date() - DAY)
        first = first or last - DAY * (DEFAULT_DAYS - 1)
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise Unprocessable(
                "/from",
                f"a period begins before it ends, before today, and is at most {LONGEST_DAYS} days long",
                "invalid",
            )
        days, boards = dict[date, Board](), list[tuple[str, Board]]()
        with self._store.look() as uow:
            stands = uow.kpi_sums.standing(merchant_id, mode, first, last)
            if stands.ends_at is not None and stands.ends_at > now and last > first:
                last -= DAY
            for day, value, some in uow.kpi_sums.boards(merchant_id, mode, by or "carrier", first, last):
                board = Board()
                add(board, some)
                boards.append((value, board))
                days.setdefault(day, Board()).merge(board)
        whole, parts = parted(boards, by or "")
        return KpiReport(
            first=first,
            last=last,
            as_of=min(now, stands.stale_since or now),
            missing=[day for day in stands.missing if day <= last],
            whole=whole,
            parts=parts,
            days=days,
        )
