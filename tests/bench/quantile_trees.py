"""Boosted trees that correct quantile forecasts by what groups cannot hold: distance, hour, weight, coordinates.

The trees learn the ratio of the actual duration to the forecast, so they begin from what the groups know and need not
learn it again; where the features tell nothing they leave the forecast as it is. A split-conformal factor from the last
fifth of what they are given makes up for their fitting too well. The gateway itself ships the groups alone: a quote
reads them from a table in microseconds, trees would cost it milliseconds.

Sources: the learnt residual over a routing estimate is Uber's DeepETA; the quantile objective is LightGBM's (Ke et al.,
2017); the factor is conformalized quantile regression (Romano, Patterson and Candès, 2019), as a ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from gateway.learning.lanes import SHARES

ROUNDS = 200
PARAMETERS = {"learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 40, "verbose": -1, "seed": 1}
"""LightGBM's defaults but for smaller steps and larger leaves, against fitting noise. Chosen once, for all data."""

HELD_BACK = 0.2
"""The share of the rows, the last ones, from which the factors come."""


@dataclass(frozen=True, slots=True)
class QuantileTrees:
    """Fitted trees and the conformal factor, for each of `SHARES`."""

    _boosters: tuple[Any, ...]
    _factors: tuple[float, ...]

    @classmethod
    def fit(cls, features: Any, forecasts: Any, durations: Any, words: Sequence[int] = ()) -> QuantileTrees:
        """Learn from rows in the order of time: numpy arrays of n x k, n x 3 and n. `words` are the columns whose
        numbers are names. Forecasts must have been made without the rows' own durations.
        """
        kept = int(len(durations) * (1 - HELD_BACK))
        boosters, factors = [], []
        for place, share in enumerate(SHARES):
            given = _columns(features, forecasts)
            missed = np.log(durations) - np.log(forecasts[:, place])
            rows = lightgbm.Dataset(given[:kept], missed[:kept], categorical_feature=list(words))
            booster = lightgbm.train({**PARAMETERS, "objective": "quantile", "alpha": share}, rows, ROUNDS)
            boosters.append(booster)
            factors.append(float(np.quantile(missed[kept:] - booster.predict(given[kept:]), share)))
        return cls(tuple(boosters), tuple(factors))

    def corrected(self, features: Any, forecasts: Any) -> Any:
        """The forecasts, n x 3, with what the trees know; ascending in every row."""
        given = _columns(features, forecasts)
        moved = [booster.predict(given) + factor for booster, factor in zip(self._boosters, self._factors, strict=True)]
        return np.maximum.accumulate(forecasts * np.exp(np.column_stack(moved)), axis=1)


def _columns(features: Any, forecasts: Any) -> Any:
    return np.column_stack([features, np.log(forecasts)])
