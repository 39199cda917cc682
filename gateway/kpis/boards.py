"""Sums of what shipments add, and the figures made of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from gateway.kpis.asking import API_TIME, answers
from gateway.kpis.definitions import LEAST, Definition, definitions
from gateway.kpis.facts import Asked, Delivery
from gateway.kpis.lengths import Lengths
from gateway.kpis.measures import MINUTES, Part, parts

DIGITS = 4
Key = tuple[str, str]
"""A measure and a currency ("" where it is not about money)."""


@dataclass(slots=True)
class Tally:
    """One measure summed up; `lengths` are durations."""

    above: int = 0
    below: int = 0
    n: int = 0
    lengths: Lengths = field(default_factory=Lengths)

    def add(self, part: Part) -> None:
        """One more."""
        self.above += part.above
        self.below += part.below
        self.n += part.below if part.n < 0 else part.n

    def merge(self, other: Tally) -> None:
        """Those of another one too."""
        self.above += other.above
        self.below += other.below
        self.n += other.n
        self.lengths.merge(other.lengths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure as it is told. `value` is None when there is `no_data`, or `too_few` to tell.

    A share lies between 0 and 1, a score between -1 and 1, 19 times in 20 within `margin` of what all would have said;
    money is in minor units of `currency`, rounded.
    """

    definition: Definition
    state: Literal["told", "too_few", "no_data"]
    value: float | int | None
    numerator: int | None
    denominator: int
    n: int
    currency: str = ""
    margin: float | None = None


class Board:
    """Every measure over some shipments."""

    def __init__(self) -> None:
        self.tallies: dict[Key, Tally] = {}

    def add(self, of: Delivery) -> None:
        """One more shipment, if it counts."""
        if not of.counts:
            return
        for name, part in parts(of):
            self.tally(name, part.currency).add(part)
        for name, length in MINUTES.items():
            minutes = length(of)
            if minutes is not None:
                tally = self.tally(name, "")
                tally.n += 1
                tally.lengths.add(minutes)

    def add_asked(self, of: Asked) -> None:
        """Bookings asked for."""
        for name, part in answers(of).items():
            self.tally(name, "").add(part)
        if of.answer_ms is not None:
            tally = self.tally(API_TIME, "")
            tally.n += of.times
            for _ in range(of.times):
                tally.lengths.add(of.answer_ms)

    def merge(self, other: Board) -> None:
        """All that is on another board."""
        for (name, currency), tally in other.tallies.items():
            self.tally(name, currency).merge(tally)

    def tally(self, name: str, currency: str) -> Tally:
        """One measure summed up, to be added to."""
        found = self.tallies.get((name, currency))
        if found is None:
            found = self.tallies[name, currency] = Tally()
        return found

    def figures(self, by: str = "") -> Iterator[Figure]:
        """All figures in their order, money in each currency; those that cannot be cut `by` something are left out."""
        for each in definitions().values():
            if by and by not in each.cuts:
                continue
            currencies = sorted(currency for name, currency in self.tallies if name == each.measure)
            for currency in currencies or [""]:
                less = self.tallies.get((each.less, currency), NOTHING)
                yield figure(each, self.tallies.get((each.measure, currency), NOTHING), currency, less)


NOTHING = Tally()


def figure(of: Definition, tally: Tally, currency: str = "", less: Tally = NOTHING) -> Figure:
    """What is told of a sum (`less` another one, of a score): nothing of fewer than `LEAST`."""
    quantile = of.kind == "quantile"
    state: Literal["told", "too_few", "no_data"] = "told"
    if tally.n < LEAST:
        state = "too_few" if tally.n or tally.above else "no_data"
    elif not quantile and not tally.below:
        state = "no_data"
    return Figure(
        definition=of,
        state=state,
        value=_value(of, tally, less) if state == "told" else None,
        numerator=None if quantile else tally.above - less.above,
        denominator=tally.n if quantile else tally.below,
        n=tally.n,
        currency=currency,
        margin=_margin(tally, less) if of.kind == "score" and state == "told" else None,
    )


def _value(of: Definition, tally: Tally, less: Tally) -> float | int:
    if of.kind == "quantile":
        return tally.lengths.nearest_rank(Fraction(of.share).limit_denominator(100))
    ratio = Fraction((tally.above - less.above) * of.per, tally.below)
    return round(ratio) if of.kind == "mean" else round(float(ratio), DIGITS)


def _margin(for_it: Tally, against: Tally) -> float:
    """Half the 95 % interval of a mean of answers worth 1, 0 and -1.

    Source: the normal approximation with their variance, p + d - (p - d)^2 (Rocks, Interval Estimation for the Net
    Promoter Score, The American Statistician 70, 2016).
    """
    up, down = for_it.above / for_it.below, against.above / for_it.below
    return round(1.96 * math.sqrt((up + down - (up - down) ** 2) / for_it.below), DIGITS)


def parted(boards: Mapping[str, Board], by: str) -> tuple[Board, Mapping[str, Board]]:
    """The whole of boards that are cut `by` something, and those of them of which a figure tells that is cut so."""
    whole = Board()
    for board in boards.values():
        whole.merge(board)
    measures = {name for each in definitions().values() if by in each.cuts for name in each.measures}
    told = {value: board for value, board in boards.items() if any(name in measures for name, _ in board.tallies)}
    return whole, dict(sorted(told.items()))
