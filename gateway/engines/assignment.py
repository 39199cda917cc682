"""The cheapest assignment of a wave, as an integer programme solved by HiGHS. Implements
`gateway.services.assignments.Solver`.

One binary column for each offer, one row for each shipment (exactly one offer), one for each limit. Where the windows
of an account do not overlap, the rows are those of a network (laminar sets on both sides), so that the linear
relaxation is integral and the bound is met at the root; else branch and bound goes on until the gap is below one minor
unit.

Source: Schrijver, Combinatorial Optimization (2003), 13.4 (totally unimodular matrices of two laminar families).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from gateway.domain.assignments import Limit, LimitKind, Relaxation, Solution, Wave
from gateway.domain.errors import Unavailable

ABSOLUTE_GAP = 0.999
"""Costs are whole: an assignment less than one minor unit above the bound is the cheapest."""

HELP = 'the solver is not installed: pip install "doorstep[engines]"'
Told = Callable[[str], None]


class HighsSolver:
    """Deterministic: one thread, a fixed seed, shipments and offers in the order of their names."""

    def solve(self, wave: Wave, told: Told) -> Solution:
        """The cheapest assignment, or the least by which limits must give way.

        Raises:
            Unavailable: highspy is not installed.
        """
        model = _Model(wave, _library("highspy"), _library("numpy"))
        until = time.monotonic() + wave.time_limit_s
        told("looking for the cheapest assignment")
        found = model.cheapest(wave.time_limit_s)
        if found is not None:
            return found
        told("no assignment keeps every limit: looking for the least that must give way")
        relaxations = model.least_relaxation(max(until - time.monotonic(), 1.0))
        if relaxations is None:
            return Solution(state="out_of_time")
        told("looking for the cheapest assignment with that")
        return model.relaxed(relaxations, max(until - time.monotonic(), 1.0))


@dataclass(frozen=True, slots=True)
class _Column:
    """One offer: of which open lot, at which place there."""

    lot: int
    place: int
    cost: int


class _Model:
    """The programme of a wave in HiGHS."""

    def __init__(self, wave: Wave, highspy: Any, numpy: Any) -> None:
        self._wave = wave
        self._lots = wave.open_lots
        self._highspy = highspy
        self._numpy = numpy
        self._columns = [
            _Column(lot, place, self._lots[lot].choices[place].cost)
            for lot in sorted(range(len(self._lots)), key=lambda at: self._lots[at].name)
            for place in self._by_cost(lot)
        ]

    def _by_cost(self, lot: int) -> list[int]:
        """The places of a lot's choices in an order that does not depend on that of the request."""
        choices = self._lots[lot].choices
        return sorted(range(len(choices)), key=lambda at: (choices[at].cost, choices[at].account, choices[at].id))

    def cheapest(self, time_limit_s: float) -> Solution | None:
        """The cheapest assignment within the limits; None where there is none."""
        return self._assigned([(limit, 0) for limit in self._wave.limits], time_limit_s)

    def relaxed(self, relaxations: list[Relaxation], time_limit_s: float) -> Solution:
        """The cheapest assignment with relaxed limits."""
        by = {id(each.limit): each.by for each in relaxations}
        found = self._assigned([(limit, by.get(id(limit), 0)) for limit in self._wave.limits], time_limit_s)
        found = found or Solution(state="out_of_time")
        return Solution(
            state="infeasible",
            chosen=found.chosen,
            cost=found.cost,
            bound=found.bound,
            relaxations=tuple(relaxations),
        )

    def _assigned(self, limits: list[tuple[Limit, int]], time_limit_s: float) -> Solution | None:
        solver = self._solver([column.cost for column in self._columns], limits, slack=False, time_limit_s=time_limit_s)
        solver.run()
        status, known = solver.getModelStatus(), self._highspy.HighsModelStatus
        if status in (known.kInfeasible, known.kUnboundedOrInfeasible):
            return None
        info = solver.getInfo()
        if info.primal_solution_status != self._highspy.SolutionStatus.kSolutionStatusFeasible:
            return Solution(state="out_of_time")
        chosen = self._chosen(solver.getSolution().col_value)
        cost = sum(lot.choices[place].cost for lot, place in zip(self._lots, chosen, strict=True))
        bound = min(cost, math.ceil(info.mip_dual_bound - 1e-6)) if math.isfinite(info.mip_dual_bound) else None
        state = "optimal" if status == known.kOptimal or bound == cost else "feasible"
        return Solution(state=state, chosen=chosen, cost=cost, bound=cost if state == "optimal" else bound)

    def least_relaxation(self, time_limit_s: float) -> list[Relaxation] | None:
        """The fewest shipments, over all limits together, by which they must give way; None when time ran out."""
        limits = [(limit, 0) for limit in self._wave.limits]
        solver = self._solver([0] * len(self._columns), limits, slack=True, time_limit_s=time_limit_s)
        solver.run()
        if solver.getModelStatus() != self._highspy.HighsModelStatus.kOptimal:
            return None
        slack = solver.getSolution().col_value[len(self._columns) :]
        return [
            Relaxation(limit=limit, by=round(by))
            for limit, by in zip(self._wave.limits, slack, strict=True)
            if round(by) > 0
        ]

    def _chosen(self, values: list[float]) -> tuple[int, ...]:
        chosen = [0] * len(self._lots)
        for column, value in zip(self._columns, values, strict=False):
            if value > 0.5:
                chosen[column.lot] = column.place
        return tuple(chosen)

    def _solver(self, costs: list[int], limits: list[tuple[Limit, int]], *, slack: bool, time_limit_s: float) -> Any:
        """HiGHS with the programme; with `slack`, a column at the end for each limit that may give way at cost 1."""
        numpy, infinity = self._numpy, self._highspy.kHighsInf
        starts, rows, factors = self._matrix([limit for limit, _ in limits], slack=slack)
        extra = len(limits) if slack else 0
        lower = [1.0] * len(self._lots) + [_least(limit, by) for limit, by in limits]
        upper = [1.0] * len(self._lots) + [_most(limit, by, infinity) for limit, by in limits]
        lp = self._highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(costs) + extra, len(lower)
        lp.col_cost_ = numpy.array([*costs, *([1.0] * extra)], dtype=float)
        lp.col_lower_ = numpy.zeros(lp.num_col_)
        lp.col_upper_ = numpy.array([1.0] * len(costs) + [infinity] * extra)
        lp.row_lower_, lp.row_upper_ = numpy.array(lower), numpy.array(upper)
        lp.a_matrix_.format_ = self._highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = numpy.array(starts, dtype=numpy.int32)
        lp.a_matrix_.index_ = numpy.array(rows, dtype=numpy.int32)
        lp.a_matrix_.value_ = numpy.array(factors, dtype=float)
        lp.integrality_ = [self._highspy.HighsVarType.kInteger] * lp.num_col_
        solver = _quiet(self._highspy)
        for name, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": 1,
            "time_limit": float(time_limit_s),
            "mip_rel_gap": 0.0,
            "mip_abs_gap": ABSOLUTE_GAP,
        }.items():
            solver.setOptionValue(name, value)
        solver.passModel(lp)
        return solver

    def _matrix(self, limits: list[Limit], *, slack: bool) -> tuple[list[int], list[int], list[float]]:
        """The columns: where each starts, in which rows it stands, with which factor."""
        starts, rows = [0], list[int]()
        for column in self._columns:
            choice = self._lots[column.lot].choices[column.place]
            rows.append(column.lot)
            rows += [len(self._lots) + row for row, limit in enumerate(limits) if limit.counts(choice)]
            starts.append(len(rows))
        factors = [1.0] * len(rows)
        for row, limit in enumerate(limits) if slack else ():
            rows.append(len(self._lots) + row)
            factors.append(1.0 if limit.kind is LimitKind.COMMITMENT else -1.0)
            starts.append(len(rows))
        return starts, rows, factors


def _least(limit: Limit, relaxed_by: int) -> float:
    return float(limit.number - relaxed_by) if limit.kind is LimitKind.COMMITMENT else 0.0


def _most(limit: Limit, relaxed_by: int, infinity: float) -> float:
    return infinity if limit.kind is LimitKind.COMMITMENT else float(limit.number + relaxed_by)


def _quiet(highspy: Any) -> Any:
    """A solver that never prints: HiGHS greets as soon as its callbacks are turned on, which is when it is made."""

    class Quiet(highspy.Highs):  # type: ignore[misc]  # highspy is imported only when a wave is solved
        def enableCallbacks(self) -> None:  # noqa: N802  # HiGHS's name
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise Unavailable(HELP) from error
