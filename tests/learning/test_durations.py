"""Histograms of durations, and quantiles where some are not over yet."""

import math
from random import Random

import pytest

from gateway.learning.durations import STEP, bin_of, edge, quantiles, share_over

SHARES = (0.5, 0.8, 0.9)


def histogram(durations: list[float]) -> dict[int, float]:
    counted: dict[int, float] = {}
    for each in durations:
        counted[bin_of(each)] = counted.get(bin_of(each), 0.0) + 1
    return counted


def test_a_bin_holds_its_upper_edge_and_one_is_an_edge() -> None:
    assert bin_of(1.0) == -1
    assert bin_of(1.0 + 1e-6) == 0
    for duration in (0.01, 0.5, 1.0, 3.7, 900.0):
        number = bin_of(duration)
        assert edge(number) < duration * (1 + 1e-9)
        assert duration <= edge(number + 1) * (1 + 1e-9)


def test_what_never_ends_and_what_takes_no_time_have_bins_too() -> None:
    assert bin_of(math.inf) > bin_of(1000.0)
    assert bin_of(0.0) < bin_of(0.01)


def test_quantiles_are_those_of_the_durations() -> None:
    dice = Random(7)  # noqa: S311  # made-up data
    durations = sorted(dice.lognormvariate(0, 0.5) for _ in range(5000))
    for share, found in zip(SHARES, quantiles(histogram(durations), {}, SHARES), strict=True):
        assert found == pytest.approx(durations[int(share * 5000)], rel=math.expm1(STEP))


def test_kaplan_and_meier_by_hand() -> None:
    """Over after 1, 3 and 4; two still run at 2: survival 4/5, then 4/5 x 1/2 = 2/5, then 0."""
    over, running = histogram([1.0, 3.0, 4.0]), {bin_of(2.0): 2.0}
    assert share_over(over, running, bin_of(1.0) + 1) == pytest.approx(1 / 5)
    assert share_over(over, running, bin_of(3.0) + 1) == pytest.approx(3 / 5)
    assert share_over(over, running, bin_of(4.0) + 1) == pytest.approx(1.0)


def test_counting_only_what_is_over_makes_a_network_that_slows_down_look_fast() -> None:
    """All take 1 to 10 days; on day 5 the slow half is still on its way."""
    dice = Random(3)  # noqa: S311  # made-up data
    durations = [dice.uniform(1, 10) for _ in range(2000)]
    over, running = histogram([each for each in durations if each <= 5]), {bin_of(5.0): sum(d > 5 for d in durations)}
    naive, censored = quantiles(over, {}, (0.4,))[0], quantiles(over, running, (0.4,))[0]
    assert censored == pytest.approx(4.6, rel=0.06)
    assert naive < 2.9


def test_a_share_that_nothing_reaches_is_the_last_that_was_seen() -> None:
    over, running = histogram([1.0, 2.0]), {bin_of(3.0): 98.0}
    assert quantiles(over, running, (0.9,)) == [edge(bin_of(2.0) + 1)]
