"""Durations by the hundred thousand, and the quantiles of them, without laying them all in one order."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import ceil

LENGTH = "i"
"""Four bytes a duration."""


class Lengths:
    """Whole numbers, in runs each of which is in order: what a day adds is one run, however many shipments it had."""

    __slots__ = ("_loose", "_runs")

    def __init__(self) -> None:
        self._loose = array(LENGTH)
        self._runs: list[array[int]] = []

    def add(self, length: int) -> None:
        """One more."""
        self._loose.append(length)

    def take(self, run: array[int]) -> None:
        """As many more as are in a run, which is in order and stays as it is."""
        if run:
            self._runs.append(run)

    def merge(self, other: Lengths) -> None:
        """All of another one too."""
        self._runs += other._runs
        self._loose += other._loose

    def in_order(self) -> array[int]:
        """All of them, the shortest first."""
        runs = self._settled()
        return runs[0] if len(runs) == 1 else array(LENGTH, sorted(length for run in runs for length in run))

    def nearest_rank(self, share: Fraction) -> int:
        """The smallest length that at least this share does not exceed; there must be one.

        Source: Hyndman and Fan (1996), definition 1. It lies between the lowest and the highest of what the runs say of
        themselves; halving that span asks each run a few times, and reads none.
        """
        runs = self._settled()
        wanted = share * sum(map(len, runs))
        own = [run[ceil(share * len(run)) - 1] for run in runs]
        low, high = min(own), max(own)
        while low < high:
            middle = (low + high) // 2
            if sum(bisect_right(run, middle) for run in runs) >= wanted:
                high = middle
            else:
                low = middle + 1
        return low

    def _settled(self) -> Sequence[array[int]]:
        if self._loose:
            self._runs.append(array(LENGTH, sorted(self._loose)))
            self._loose = array(LENGTH)
        return self._runs
