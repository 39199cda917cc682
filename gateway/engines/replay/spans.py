"""Which shipments make which slice: those of days that lie in columns as they are, all others by their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from gateway.services.ports.history import History, Mark, PastDay, Period, day_of

SLICE = 10_000
"""Shipments of a slice: with eight offers each some 30 MB while it is judged."""


class Span(NamedTuple):
    """Shipments behind a place up to another; `days` are those in columns, none where rows are to be read."""

    number: int
    after: Mark
    until: Mark
    shipments: int
    days: tuple[date, ...] = ()

    def data(self) -> list[Any]:
        """In JSON."""
        ends = (self.after[0].isoformat(), self.after[1], self.until[0].isoformat(), self.until[1])
        return [self.number, *ends, self.shipments, [each.isoformat() for each in self.days]]

    @classmethod
    def of(cls, data: Sequence[Any]) -> Span:
        """It again."""
        number, after, after_id, until, until_id, shipments, days = data
        ends = (datetime.fromisoformat(after), after_id), (datetime.fromisoformat(until), until_id)
        return cls(number, *ends, shipments, tuple(date.fromisoformat(each) for each in days))


def planned(history: History, period: Period, days: Mapping[date, PastDay], made_of: str) -> list[Span]:
    """All of a period, in order of booking; every run of days without columns begins a span of its own."""
    found: list[Span] = []
    for kept, run in groupby(days.values(), lambda each: each.holds(made_of) and _whole(period, each.day)):
        some = list(run)
        found.extend(_of_days(period, some) if kept else _of_rows(history, period, some))
    return [span._replace(number=number) for number, span in enumerate(found)]


def _whole(period: Period, day: date) -> bool:
    whole = day_of(period.merchant_id, period.mode, day)
    return period.since <= whole.since and whole.until <= period.until


def _of_days(period: Period, run: Sequence[PastDay]) -> Iterator[Span]:
    some: list[PastDay] = []
    for each in run:
        if some and _shipments(some) + each.extent.shipments > SLICE:
            yield Span(0, *_ends(period, some), _shipments(some), tuple(one.day for one in some))
            some = []
        some.append(each)
    yield Span(0, *_ends(period, some), _shipments(some), tuple(one.day for one in some))


def _of_rows(history: History, period: Period, run: Sequence[PastDay]) -> Iterator[Span]:
    after, until = _ends(period, run)
    within = replace(period, since=max(period.since, after[0]), until=min(period.until, until[0]))
    rest = _shipments(run)
    for mark in history.marks(within, SLICE):
        yield Span(0, after, mark, SLICE)
        after, rest = mark, rest - SLICE
    if rest > 0:
        yield Span(0, after, until, rest)


def _ends(period: Period, days: Sequence[PastDay]) -> tuple[Mark, Mark]:
    """Midnights: no id comes before the empty one."""
    first, last = (day_of(period.merchant_id, period.mode, each.day) for each in (days[0], days[-1]))
    return (first.since, ""), (last.until, "")


def _shipments(days: Sequence[PastDay]) -> int:
    return sum(each.extent.shipments for each in days)
