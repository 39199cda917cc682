"""The forecasting benchmark on deliveries made here: it looks at nothing that had not happened."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from gateway.learning.lanes import SHARES
from tests.bench.baselines import lanes, overall
from tests.bench.deliveries import Deliveries
from tests.bench.forecasting import adjusted, replayed


def made(rows: int = 900, faster_from: int | None = None) -> Deliveries:
    """Two lanes, one of them twice as slow; from a row on everything takes half as long."""
    dice = Random(4)  # noqa: S311  # made-up data
    slow = [dice.random() < 0.5 for _ in range(rows)]
    season = [0.5 if faster_from is not None and row >= faster_from else 1.0 for row in range(rows)]
    days = [(8 if each else 4) * dice.lognormvariate(0, 0.25) * now for each, now in zip(slow, season, strict=True)]
    began, duration = np.arange(rows) / 6, np.array(days)
    path = [("far" if each else "near",) for each in slow]
    return Deliveries(
        name="made",
        unit="days",
        began=began,
        ended=began + duration,
        duration=duration,
        path=path,
        lanes=path,
        shrinkage=10.0,
        features=np.column_stack([np.array(slow, float), began % 7]),
        ages=True,
        slices=["all"] * rows,
    )


def test_no_forecast_knows_what_comes_after_it() -> None:
    """Whatever the last deliveries do, what was said before they began stays the same."""
    calm = made()
    wild = replace(calm, duration=calm.duration.copy(), ended=calm.ended.copy())
    wild.duration[700:] *= 50
    wild.ended[700:] = wild.began[700:] + wild.duration[700:]
    np.testing.assert_array_equal(replayed(calm)[:700], replayed(wild)[:700])


def test_lanes_are_told_apart_and_quantiles_hold() -> None:
    of = made()
    forecasts, actual = np.array(replayed(of))[of.split :], of.duration[of.split :]
    far = np.array([path == ("far",) for path in of.path[of.split :]])
    assert forecasts[far, 0].mean() > 1.7 * forecasts[~far, 0].mean()
    for place, share in enumerate(SHARES):
        assert abs((actual <= forecasts[:, place]).mean() - share) < 0.12
    assert np.abs(lanes(of)[:, 0] - np.median(actual)).mean() > np.abs(overall(of)[:, 0] - np.median(actual)).mean()


def test_what_trees_say_knows_nothing_that_comes_after_it() -> None:
    """Whatever the last deliveries do, what was said of those before is the same."""
    calm = made(2400)
    wild = replace(calm, duration=calm.duration.copy(), ended=calm.ended.copy())
    wild.duration[2200:] *= 50
    wild.ended[2200:] = wild.began[2200:] + wild.duration[2200:]
    groups = np.ones((2400, len(SHARES))) * (5.0, 7.0, 9.0)
    (before, told), (after, _) = adjusted(calm, groups), adjusted(wild, groups)
    assert told == "100% adjusted"
    np.testing.assert_array_equal(before[: 2200 - calm.split], after[: 2200 - calm.split])
    late = calm.duration[calm.split :]
    assert np.abs(late - before[:, 0]).mean() < 0.8 * np.abs(late - groups[calm.split :, 0]).mean()
