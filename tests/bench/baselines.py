"""The yardsticks of the forecasting benchmark: plain methods, fitted once on the part that is learnt from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import lightgbm
import numpy as np

from gateway.learning.lanes import SHARES, Path
from tests.bench.deliveries import Deliveries

ROUNDS = 200
PARAMETERS = {"learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 40, "verbose": -1, "seed": 1}
"""LightGBM's defaults but for smaller steps and larger leaves, against fitting noise. Chosen once, for all data."""


def overall(of: Deliveries) -> Any:
    """The quantiles of everything."""
    return np.tile(np.quantile(of.duration[: of.split], SHARES), (len(of.duration) - of.split, 1))


def lanes(of: Deliveries, shrinkage: float = 0.0) -> Any:
    """The quantiles of every lane, drawn towards those around it; without shrinkage, of the finest that is known."""
    found = overall(of)
    for length in range(1, len(of.lanes[0]) + 1):
        groups: dict[Path, list[float]] = defaultdict(list)
        for path, duration in zip(of.lanes[: of.split], of.duration[: of.split], strict=True):
            groups[path[:length]].append(duration)
        known = {path: (len(each), np.quantile(each, SHARES)) for path, each in groups.items()}
        for row, path in enumerate(of.lanes[of.split :]):
            count, quantiles = known.get(path[:length], (0, 0.0))
            if count:
                found[row] = (count * quantiles + shrinkage * found[row]) / (count + shrinkage)
    return found


def trees(of: Deliveries) -> Any:
    """LightGBM's quantile regression on the features alone."""
    until = of.split
    found = []
    for share in SHARES:
        rows = lightgbm.Dataset(of.features[:until], of.duration[:until], categorical_feature=list(of.words))
        booster = lightgbm.train({**PARAMETERS, "objective": "quantile", "alpha": share}, rows, ROUNDS)
        found.append(booster.predict(of.features[until:]))
    return np.column_stack(found)


BASELINES: Mapping[str, Callable[[Deliveries], Any]] = {
    "global": overall,
    "lanes, no shrinkage": lanes,
    "lanes, shrunk": lambda of: lanes(of, of.shrinkage),
    "LightGBM": trees,
}
