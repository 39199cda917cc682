"""Predicted against observed: are the chances and quantiles what they claim to be?

A chance is right when of all deliveries given 90 %, nine in ten came in time; its Brier score is the mean square of
what it missed. A quantile is right when as many deliveries stay within it as it says (coverage); among those that are,
the one with the lower pinball loss is the sharper.

Sources: Brier, Verification of Forecasts Expressed in Terms of Probability (1950); Murphy and Winkler, Reliability of
Subjective Probability Forecasts (1977), for the reliability table; Koenker and Bassett (1978) for pinball loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.learning.lanes import SHARES, pinball

BINS = 10


@dataclass(slots=True)
class Bin:
    """Deliveries whose chance lay in one tenth: how many, the sum of the chances, and how many came true."""

    count: int = 0
    predicted: float = 0.0
    true: int = 0


@dataclass(slots=True)
class ChanceCheck:
    """A chance beside what came of it."""

    bins: list[Bin] = field(default_factory=lambda: [Bin() for _ in range(BINS)])
    squares: float = 0.0

    def add(self, chance: float, came_true: bool) -> None:
        """One prediction and its outcome."""
        found = self.bins[min(int(chance * BINS), BINS - 1)]
        found.count += 1
        found.predicted += chance
        found.true += came_true
        self.squares += (chance - came_true) ** 2

    @property
    def count(self) -> int:
        """How many predictions."""
        return sum(each.count for each in self.bins)

    @property
    def brier(self) -> float | None:
        """Mean square of what they missed; None without any."""
        return self.squares / self.count if self.count else None

    @property
    def brier_of_mean(self) -> float | None:
        """What saying the observed share every time would have scored: nothing is learnt unless `brier` is below."""
        if not self.count:
            return None
        share = sum(each.true for each in self.bins) / self.count
        return share * (1 - share)

    @property
    def error(self) -> float | None:
        """How far predicted and observed shares are apart, over the bins by their size (expected calibration error)."""
        if not self.count:
            return None
        return sum(abs(each.predicted - each.true) for each in self.bins) / self.count


@dataclass(slots=True)
class QuantileCheck:
    """Quantiles beside what came: for each of `SHARES`."""

    count: int = 0
    within: list[int] = field(default_factory=lambda: [0] * len(SHARES))
    losses: list[float] = field(default_factory=lambda: [0.0] * len(SHARES))

    def add(self, quantiles: Sequence[float], actual: float) -> None:
        """One forecast and the duration."""
        self.count += 1
        for place, (share, quantile) in enumerate(zip(SHARES, quantiles, strict=True)):
            self.within[place] += actual <= quantile
            self.losses[place] += pinball(actual, quantile, share)

    @property
    def coverage(self) -> tuple[float, ...]:
        """The share of durations within each quantile."""
        return tuple(each / self.count for each in self.within) if self.count else ()

    @property
    def loss(self) -> tuple[float, ...]:
        """Mean pinball loss of each quantile, in the unit of the durations."""
        return tuple(each / self.count for each in self.losses) if self.count else ()


def check(forecasts: Iterable[tuple[Sequence[float], float]]) -> QuantileCheck:
    """Many quantiles and what came."""
    made = QuantileCheck()
    for quantiles, actual in forecasts:
        made.add(quantiles, actual)
    return made
