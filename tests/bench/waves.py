"""B17: 5,000 shipments of 8 offers each, assigned at once: beside the linear relaxation, beside greedy; how long."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import highspy
import numpy

from gateway.domain.assignments import Choice, Greedy, Limit, LimitKind, Lot, Solution, Wave, greedy
from gateway.domain.values import TimeWindow
from gateway.engines.assignment import HighsSolver, _Model
from tests.bench.figures import Figure
from tests.bench.load import Failed
from tests.bench.stage import Stage

SHIPMENTS = 5000
COURIERS = ("post", "parcels", "north", "crowd")
VANS = ("vans-east", "vans-west")
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
SLOTS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "windows apart": ((0, 4), (4, 8)),
    "windows overlap": ((0, 4), (2, 6), (4, 8), (0, 8)),
}


@dataclass(frozen=True)
class Solved:
    """One wave, solved."""

    wave: Wave
    solution: Solution
    naive: Greedy
    relaxed: float
    took_s: float
    greedy_s: float


def against_relaxation(stage: Stage, seconds: float) -> Iterator[Figure]:
    """The cost ÷ that of the linear relaxation, which no assignment can undercut."""
    for case in SLOTS:
        solved = _solved(case)
        yield Figure(
            benchmark="B17",
            case=case,
            measured=float(solved.solution.cost or 0),
            unit="minor units",
            beside="linear relaxation",
            yardstick=solved.relaxed,
            note=f"{solved.solution.state}, gap {solved.solution.gap:.2%}; {len(solved.wave.limits)} limits",
        )


def time_taken(stage: Stage, seconds: float) -> Iterator[Figure]:
    """Seconds from the wave to its assignment, one thread."""
    for case in SLOTS:
        solved = _solved(case)
        yield Figure(
            benchmark="B17b",
            case=case,
            measured=solved.took_s,
            unit="s",
            beside="greedy",
            yardstick=solved.greedy_s,
            note=f"{SHIPMENTS} shipments, {solved.wave.offers} offers, {len(solved.wave.limits)} limits",
        )


def against_greedy(stage: Stage, seconds: float) -> Iterator[Figure]:
    """The cost ÷ that of taking the cheapest offer with room, which need not keep commitments."""
    for case in SLOTS:
        solved = _solved(case)
        yield Figure(
            benchmark="B17c",
            case=case,
            measured=float(solved.solution.cost or 0),
            unit="minor units",
            beside="greedy",
            yardstick=float(solved.naive.cost),
            note=f"greedy leaves {solved.naive.unassigned} shipments over and misses "
            f"{len(solved.naive.broken)} commitments of 2",
        )


@cache
def _solved(case: str) -> Solved:
    wave = _wave(SLOTS[case])
    began = time.perf_counter()
    solution = HighsSolver().solve(wave, lambda what: None)
    took_s = time.perf_counter() - began
    if solution.state not in ("optimal", "feasible"):
        raise Failed(f"{case}: {solution.state}")
    began = time.perf_counter()
    naive = greedy(wave)
    greedy_s = time.perf_counter() - began
    return Solved(wave, solution, naive, _relaxed(wave), took_s, greedy_s)


def _relaxed(wave: Wave) -> float:
    model = _Model(wave, highspy, numpy)
    costs = [column.cost for column in model._columns]
    solver = model._solver(costs, [(limit, 0) for limit in wave.limits], slack=False, time_limit_s=60)
    solver.setOptionValue("solve_relaxation", True)
    solver.run()
    return float(solver.getInfo().objective_function_value)


def _wave(slots: tuple[tuple[int, int], ...]) -> Wave:
    """Couriers by distance, vans by window and side of the town; capacities that bind, two commitments, two shares."""
    chance = random.Random(17)  # noqa: S311  # no secret
    lots = []
    for number in range(SHIPMENTS):
        far, heavy, east = chance.random(), chance.random(), chance.random()
        choices = [
            Choice(
                id=f"{number}-{name}", account=name, cost=round(5000 + at * 400 + 3000 * heavy + 900 * chance.random())
            )
            for at, name in enumerate(COURIERS)
        ]
        for name, side in zip(VANS, (east, 1 - east), strict=True):
            for begins, ends in chance.sample(slots, 2):
                choices.append(
                    Choice(
                        id=f"{number}-{name}-{begins}",
                        account=name,
                        cost=round(2500 + 4000 * side + 2000 * far + 10 * begins),
                        deliver_from=MORNING + timedelta(hours=begins),
                        deliver_by=MORNING + timedelta(hours=ends),
                    )
                )
        lots.append(Lot(name=f"s{number:05}", choices=tuple(choices)))
    return Wave(currency="NOK", lots=tuple(lots), limits=tuple(_limits(slots)), time_limit_s=30)


def _limits(slots: tuple[tuple[int, int], ...]) -> Iterator[Limit]:
    for name in VANS:
        yield Limit(kind=LimitKind.CAPACITY, account=name, number=900)
        for begins, ends in slots:
            window = TimeWindow(start=MORNING + timedelta(hours=begins), end=MORNING + timedelta(hours=ends))
            number = 800 if (begins, ends) == (0, 8) else 380
            yield Limit(kind=LimitKind.CAPACITY, account=name, number=number, window=window)
    yield Limit(kind=LimitKind.CAPACITY, account="post", number=1500)
    yield Limit(kind=LimitKind.COMMITMENT, account="parcels", number=1400)
    yield Limit(kind=LimitKind.COMMITMENT, account="north", number=600)
    yield Limit(kind=LimitKind.SHARE, account="crowd", number=SHIPMENTS // 10, percent="10")
    yield Limit(kind=LimitKind.SHARE, account="parcels", number=SHIPMENTS * 3 // 10, percent="30")
