"""Key figures in words, and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.console.rendering import digits
from gateway.console.telling import span
from gateway.domain.values import Money
from gateway.kpis.boards import Board, Figure, Tally, figure
from gateway.kpis.definitions import Definition

FULL = 100
A_SECOND = 1000
SHARES = ("share", "ratio")
DAILY, WEEK = 35, 7
"""Periods of fewer days are drawn day by day."""

TALL, STEP = 40, 10
"""Of a plot: its height, and how wide a day is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A figure in words; `bar` is how much of a hundred, None where it is no share. `soft`: nothing to tell.

    `above` and `below` are what is divided by what, "" where nothing is.
    """

    figure: Figure
    text: str
    bar: float | None
    soft: bool
    above: str
    below: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A day (or week) of a plot, which ends with `last`: where it is drawn, None where nothing is told."""

    day: date
    last: date
    told: Told
    x: int
    y: float | None


def told(each: Figure) -> Told:
    """In words."""
    soft = each.value is None
    bar = min(float(each.value or 0) * FULL, FULL) if each.definition.kind == "share" and not soft else None
    return Told(figure=each, text=_text(each), bar=bar, soft=soft, above=_above(each), below=_below(each))


def plotted(of: Definition, currency: str, days: Mapping[date, Board], first: date, last: date) -> Sequence[Dot]:
    """The figure of each day, or of each week where the period is long or too few are due on most days; none where that
    tells nothing either. Shares are drawn from nothing to all, others to their greatest.
    """
    daily = [] if (last - first).days >= DAILY else _drawn(of, currency, days, first, last, 1)
    if sum(dot.y is not None for dot in daily) * 2 >= len(daily) > 0:
        return daily
    weekly = _drawn(of, currency, days, first, last, WEEK)
    return weekly if any(dot.y is not None for dot in weekly) else ()


def _drawn(
    of: Definition, currency: str, days: Mapping[date, Board], first: date, last: date, each_days: int
) -> Sequence[Dot]:
    figures = []
    for number in range(0, (last - first).days + 1, each_days):
        begin, tally = first + timedelta(days=number), Tally()
        end = min(begin + timedelta(days=each_days - 1), last)
        for day in (begin + timedelta(days=ahead) for ahead in range((end - begin).days + 1)):
            if day in days and (of.measure, currency) in days[day].tallies:
                tally.merge(days[day].tallies[of.measure, currency])
        figures.append((begin, end, figure(of, tally, currency)))
    values = [float(each.value) for _, _, each in figures if each.value is not None]
    most = 1.0 if of.kind == "share" and max(values, default=0) <= 1 else max(values, default=0) or 1.0
    return [
        Dot(
            day=begin,
            last=end,
            told=told(each),
            x=place * STEP + STEP // 2,
            y=None if each.value is None else round(TALL - TALL * float(each.value) / most, 1),
        )
        for place, (begin, end, each) in enumerate(figures)
    ]


def lines(dots: Sequence[Dot]) -> Sequence[str]:
    """Points of the lines of a plot: one for each run of days that tell something."""
    runs: list[list[str]] = [[]]
    for dot in dots:
        if dot.y is None:
            runs.append([])
        else:
            runs[-1].append(f"{dot.x},{dot.y}")
    return [" ".join(run) if len(run) > 1 else _alone(run[0]) for run in runs if run]


def _alone(point: str) -> str:
    """A short line where there is nothing to join it to."""
    x, y = point.split(",")
    return f"{int(x) - 3},{y} {int(x) + 3},{y}"


def _text(each: Figure) -> str:
    if each.value is None:
        return "no data" if each.state == "no_data" else "n too small"
    if each.definition.kind in SHARES:
        return f"{each.value * FULL:.1f} %"
    if each.definition.kind == "score":
        return f"{each.value * FULL:+.0f} ± {(each.margin or 0) * FULL:.0f}"
    return _amount(each, int(each.value))


def _amount(each: Figure, amount: int) -> str:
    unit = each.definition.unit
    if unit == "minor":  # where nothing is known, no currency is
        return str(Money.from_minor(amount, each.currency)) if each.currency else digits(amount)
    if unit == "minutes":
        return span(timedelta(minutes=amount))
    if unit == "ms":
        return f"{digits(amount)} ms" if amount < A_SECOND else f"{amount / A_SECOND:.1f} s"
    return f"{digits(amount)} g"


def _above(each: Figure) -> str:
    """What is above the line: money is told as money."""
    if each.numerator is None:
        return ""
    if each.definition.kind == "mean":
        return _amount(each, each.numerator)
    return str(Money.from_minor(each.numerator, each.currency)) if each.currency else digits(each.numerator)


def _below(each: Figure) -> str:
    if each.definition.kind == "ratio" and each.currency:
        return str(Money.from_minor(each.denominator, each.currency))
    if each.definition.per > 1:
        return f"{digits(round(each.denominator / each.definition.per))} kg"
    return digits(each.denominator)
