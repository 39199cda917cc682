"""The trees behind a door: their libraries are imported when the first adjustment is made or read."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.services.ports.adjustments import Adjustment, Adjustments, Examples, Fitted, NotAdjusted

HOW_TO_GET_IT = 'adjusting forecasts to distance and area needs more libraries: pip install "doorstep[engines]"'

NICENESS = 15


class LazyTrees:
    """Implements `Adjustments`."""

    def fit(self, examples: Examples) -> Fitted | None:
        """See `Adjustments`. In a thread of its own that gives way to all others: nobody waits for it."""
        trees = _trees()
        with ThreadPoolExecutor(1, initializer=_give_way) as one:
            return one.submit(trees.fit, examples).result()

    def read(self, model: Mapping[str, Any]) -> Adjustment:
        """See `Adjustments`."""
        return _trees().read(model)


def _give_way() -> None:
    """Linux sets the niceness of single threads (setpriority(2), notes); elsewhere it would be the process's."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _trees() -> Adjustments:
    try:
        from gateway.engines.quantile_trees import QuantileTrees  # lightgbm and numpy: heavy, and not always installed
    except (ModuleNotFoundError, OSError) as error:  # OSError: LightGBM without the OpenMP library that it needs
        raise NotAdjusted(HOW_TO_GET_IT) from error
    return QuantileTrees()
