"""Past deliveries forecast again, each when it began and from what had ended by then, as the groups would have."""

# ruff: noqa: D102  # a property whose name and type say everything needs no sentence

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any, Protocol

from gateway.learning.lanes import SHARES, Forecast, Lanes, Path, Skill
from gateway.learning.offsets import Offset, corrected

MADE_ANEW_DAYS = 1.0
MADE_ANEW_AFTER = 50

Row = tuple[float, ...]
NOTHING: Row = (math.nan,) * len(SHARES)
"""What is said where nothing had ended."""


class Past(Protocol):
    """Deliveries in the order in which they began, in days; `ended` is in days too, `duration` in any unit.

    `ages`: the duration is the days a delivery has been on its way, so that those on their way tell something.
    """

    @property
    def began(self) -> Any: ...

    @property
    def ended(self) -> Any: ...

    @property
    def duration(self) -> Any: ...

    @property
    def path(self) -> Sequence[Path]: ...

    @property
    def ages(self) -> bool: ...


def replayed(of: Past, frozen_at: int | None = None) -> list[Row]:
    """The forecast of every row, `NOTHING` for the first; nothing is learnt any more from the row `frozen_at` on."""
    learner = _Replay(of)
    return [learner.forecast(row, learning=frozen_at is None or row < frozen_at) for row in range(len(of.duration))]


class _Replay:
    """Deliveries in the order in which they began and ended."""

    def __init__(self, of: Past) -> None:
        self._of = of
        self._lanes, self._skill, self._offset = Lanes(), Skill(), Offset()
        self._ending: list[tuple[float, int]] = []
        self._said: dict[int, Forecast | None] = {}
        self._factors: Row = (1.0,) * len(SHARES)
        self._made_at, self._since = -math.inf, 0
        self._view = self._lanes.at(0.0, (), self._skill)

    def forecast(self, row: int, *, learning: bool) -> Row:
        """What is said of a delivery that begins."""
        now = self._day(row)
        if learning:
            self._learn_until(now)
        if learning and (now - self._made_at >= MADE_ANEW_DAYS or self._since >= MADE_ANEW_AFTER):
            self._look(now)
        self._since += 1
        said = self._view.forecast(self._of.path[row])
        if learning:
            self._said[row] = said
            heapq.heappush(self._ending, (self._of.ended[row] - self._of.began[0], row))
        return corrected(said, self._factors) if said else NOTHING

    def _day(self, row: int) -> float:
        return float(self._of.began[row] - self._of.began[0])

    def _learn_until(self, now: float) -> None:
        while self._ending and self._ending[0][0] <= now:
            ended, row = heapq.heappop(self._ending)
            said, duration = self._said.pop(row), float(self._of.duration[row])
            if said is not None:
                self._skill.score(said, duration, ended)
                self._offset.learn(said, duration, self._day(row))
            self._lanes.learn(self._of.path[row], self._day(row), duration)

    def _look(self, now: float) -> None:
        on_the_way = [row for row in self._said if self._of.ages and self._day(row) < now]
        running = [(self._of.path[row], self._day(row), now - self._day(row)) for row in on_the_way]
        self._view = self._lanes.at(now, running, self._skill)
        told = [(row, said) for row in on_the_way if (said := self._said[row])]
        self._factors = self._offset.factors(now, [(said, self._day(row), now - self._day(row)) for row, said in told])
        self._made_at, self._since = now, 0
