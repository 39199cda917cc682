"""What is done again, and how often."""

from __future__ import annotations

import pytest

from gateway.domain.errors import StaleVersion, Unavailable
from gateway.services.transactions import TIMES, again_if_crossed, patiently


class Work:
    """Fails in these ways, one after the other, and succeeds at last."""

    def __init__(self, *fails: Exception) -> None:
        self._fails = list(fails)
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        if self._fails:
            raise self._fails.pop(0)
        return "done"


def test_what_was_crossed_is_done_again_a_few_times() -> None:
    assert again_if_crossed(Work(StaleVersion("crossed"), StaleVersion("crossed"))) == "done"
    work = Work(*[StaleVersion("crossed")] * (TIMES + 1))
    with pytest.raises(StaleVersion):
        again_if_crossed(work)
    assert work.times == TIMES


def test_who_has_patience_outlives_a_database_that_is_away_and_nobody_else_waits() -> None:
    away = Unavailable("the database does not answer")
    assert patiently(Work(away, StaleVersion("crossed"), away), (0.0, 0.0)) == "done"
    with pytest.raises(Unavailable):
        patiently(Work(away, away), (0.0,))
    with pytest.raises(Unavailable):
        patiently(Work(away), ())
