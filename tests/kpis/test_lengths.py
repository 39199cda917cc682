"""Quantiles of durations that lie in many runs are those of all of them in one order."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpis.lengths import LENGTH, Lengths

RUNS = st.lists(st.lists(st.integers(-50, 20_000), max_size=40), max_size=12)


def lengths_of(*some: int) -> Lengths:
    lengths = Lengths()
    for each in some:
        lengths.add(each)
    return lengths


@pytest.mark.parametrize(
    ("some", "share", "told"), [((1, 5), "1/2", 1), ((9, 1, 5), "1/2", 5), (range(1, 11), "9/10", 9)]
)
def test_quantiles_are_lengths_that_occurred(some: Sequence[int], share: str, told: int) -> None:
    assert lengths_of(*some).nearest_rank(Fraction(share)) == told


@given(runs=RUNS, more=st.lists(st.integers(0, 20_000), min_size=1), share=st.fractions(Fraction(1, 100), 1))
def test_runs_say_what_one_order_says(runs: list[list[int]], more: list[int], share: Fraction) -> None:
    lengths, another = lengths_of(*more), Lengths()
    for run in runs:
        another.take(array(LENGTH, sorted(run)))
    lengths.merge(another)
    ordered = sorted([*more, *(each for run in runs for each in run)])
    assert list(lengths.in_order()) == ordered
    assert lengths.nearest_rank(share) == ordered[ceil(share * len(ordered)) - 1]
