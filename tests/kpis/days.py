"""Figures on the way that reports take: days are summed up, kept, and read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from gateway.kpis.boards import Board, parted
from gateway.kpis.facts import Asked, Delivery
from gateway.kpis.sums import add, cut, kept, opened


def from_sums(deliveries: Iterable[Delivery], asked: Iterable[Asked], by: str) -> tuple[Board, Mapping[str, Board]]:
    """Shipments day by day, and what was asked on a day of its own."""
    days = [list(some) for _, some in groupby(sorted(deliveries, key=_day), key=_day)]
    boards: dict[str, Board] = {}
    for boards_of_a_day in (*(cut(day, ()) for day in days), cut((), asked)):
        for (cut_by, value), board in boards_of_a_day.items():
            if cut_by == (by or "carrier"):
                add(boards.setdefault(value, Board()), opened(kept(board)))
    return parted(boards, by)


def _day(each: Delivery) -> str:
    return f"{each.due_by or each.booked_at:%Y-%m-%d}"
