"""The conformal offset of an account: by what factor its deliveries have of late exceeded their forecasts.

A forecast quantile holds in as many cases as it says only if the future resembles what it was made from. The factor by
which deliveries missed their forecasts is itself a distribution, and its quantile of the same share is what the
forecast must be multiplied by: 1.2 when the account has got slower than the groups remember, 0.9 when it has got
faster. Few misses say little: the factor is drawn towards 1.

Source: one-sided split conformal prediction (Vovk, Gammerman and Shafer, 2005) with the conformity score of
conformalized quantile regression (Romano, Patterson and Candès, 2019) as a ratio, and weights that decay, as for data
that drift (Barber et al., Conformal Prediction Beyond Exchangeability, 2023).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from gateway.learning.durations import Histogram, bin_of, quantiles
from gateway.learning.lanes import SHARES, Forecast, weight

MEMORY_DAYS = 30.0
TRUST = 20.0
"""As many deliveries as this count as much as the assumption that the forecasts are right."""


class Offset:
    """Ratios of actual to forecast durations, for each share."""

    def __init__(self, ratios: Sequence[Histogram] | None = None) -> None:
        self.ratios: tuple[dict[int, float], ...] = tuple(map(dict, ratios or [{} for _ in SHARES]))

    def learn(self, forecast: Forecast, duration: float, day: float) -> None:
        """A delivery that began on that day, and was forecast so, is over."""
        for ratios, expected in zip(self.ratios, forecast.quantiles, strict=True):
            number = bin_of(duration / expected)
            ratios[number] = ratios.get(number, 0.0) + weight(MEMORY_DAYS, day)

    def factors(self, day: float, running: Iterable[tuple[Forecast, float, float]] = ()) -> tuple[float, ...]:
        """For each share what to multiply its forecast by. `running`: forecasts of deliveries on their way, the day
        each began, how long so far.
        """
        waiting: tuple[dict[int, float], ...] = tuple({} for _ in SHARES)
        for forecast, began, so_far in running:
            for open_ratios, expected in zip(waiting, forecast.quantiles, strict=True):
                number = bin_of(so_far / expected)
                open_ratios[number] = open_ratios.get(number, 0.0) + weight(MEMORY_DAYS, began)
        found = []
        for share, ratios, open_ratios in zip(SHARES, self.ratios, waiting, strict=True):
            seen = sum(ratios.values()) / weight(MEMORY_DAYS, day)
            missed = quantiles(ratios, open_ratios, (share,))[0] if ratios else 1.0
            found.append(math.pow(missed, seen / (seen + TRUST)))
        return tuple(found)


def corrected(forecast: Forecast, factors: Sequence[float]) -> tuple[float, ...]:
    """The quantiles with the account's factors, in ascending order."""
    moved = [expected * factor for expected, factor in zip(forecast.quantiles, factors, strict=True)]
    return tuple(max(moved[: place + 1]) for place in range(len(moved)))
