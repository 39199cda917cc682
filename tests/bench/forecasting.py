"""D1 and D2: transit quantiles on recorded deliveries, as the gateway says them day by day.

Every delivery is forecast when it begins, from what had ended by then, by what the gateway ships: the groups of
`gateway.learning`, adjusted by the trees of `gateway.engines.quantile_trees`. Those are learnt anew as deliveries end,
though less often than the worker learns them, to save time. The cases "groups alone" are what is said where there are
no coordinates or too few deliveries, and without the extra.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gateway.engines.quantile_trees import QuantileTrees
from gateway.learning.calibration import QuantileCheck, check
from gateway.learning.lanes import SHARES
from gateway.learning.replay import replayed
from gateway.services.ports.adjustments import Adjustment, Examples
from gateway.services.reliability.adjusting import WARM
from tests.bench.baselines import BASELINES
from tests.bench.deliveries import READERS, Deliveries, olist_purchases
from tests.bench.figures import Figure

LEARNT_ANEW_DAYS, LEARNT_ANEW_SHARE = 7, 0.05
"""Trees are learnt anew each week, or when so much of what they know has ended since, a day after the last time at the
earliest. The worker does it every day."""

REPLAYED = 4461
"""How many of the last purchases the replay is told of, as in earlier work on the same data."""


def adjusted(of: Deliveries, groups: Any) -> tuple[Any, str]:
    """The groups' forecasts of the part that is forecast, adjusted by what had ended by then; how many were."""
    said, adjustment, learnt_at, known, count = groups[of.split :].copy(), None, -np.inf, 0, 0
    for row in range(of.split, len(groups)):
        now = of.began[row]
        if now - learnt_at >= 1:
            ended = np.flatnonzero(of.ended[:row] <= now)
            ended = ended[ended >= of.split * WARM]
            if now - learnt_at >= LEARNT_ANEW_DAYS or len(ended) >= known * (1 + LEARNT_ANEW_SHARE):
                adjustment, learnt_at, known = _learnt(of, groups, ended), now, len(ended)
        if adjustment is not None:
            said[row - of.split] = adjustment.adjusted(of.features[row : row + 1], groups[row : row + 1])[0]
            count += 1
    return said, f"{count / len(said):.0%} adjusted"


def _learnt(of: Deliveries, groups: Any, rows: Any) -> Adjustment | None:
    trees = QuantileTrees()
    fitted = trees.fit(
        Examples(
            features=of.features[rows],
            forecasts=groups[rows],
            durations=of.duration[rows],
            began=of.began[rows],
            ended=of.ended[rows],
            owners=[of.name] * len(rows),
            words=of.words,
        )
    )
    return None if fitted is None else trees.read(fitted.model)


def _checked(durations: Any, forecasts: Any) -> QuantileCheck:
    return check((tuple(map(float, row)), float(duration)) for row, duration in zip(forecasts, durations, strict=True))


def transit_quantiles(data: Path, names: tuple[str, ...] = tuple(READERS)) -> Iterator[Figure]:
    """D1: pinball loss on the last fifth, beside the best baseline for each share: as shipped, and the groups alone."""
    for name in names:
        of = READERS[name](data)
        actual = of.duration[of.split :]
        groups = np.array(replayed(of))
        shipped, how_many = adjusted(of, groups)
        plain = {label: _checked(actual, baseline(of)) for label, baseline in BASELINES.items()}
        frozen = {"learning nothing after the split": _checked(actual, replayed(of, of.split)[of.split :])}
        said = {
            "": (shipped, plain, f"{how_many}; "),
            ", groups alone": (groups[of.split :], frozen, ""),
        }
        for place, share in enumerate(SHARES):
            best = min(plain, key=lambda label: plain[label].loss[place])
            for how, (forecasts, others, by) in said.items():
                found = _checked(actual, forecasts)
                yield Figure(
                    benchmark="D1",
                    case=f"{name} p{share * 100:.0f}{how}",
                    measured=found.loss[place],
                    unit=of.unit,
                    beside=best,
                    yardstick=plain[best].loss[place],
                    note=f"{by}{_note(place, found, others)}{_by_slice(of, place, forecasts)}",
                )


def _note(place: int, found: QuantileCheck, others: Mapping[str, QuantileCheck]) -> str:
    if not others:
        return f"covers {found.coverage[place]:.3f}"
    beside = "; ".join(
        f"{name} {each.loss[place]:.3f} covers {each.coverage[place]:.3f}" for name, each in others.items()
    )
    return f"covers {found.coverage[place]:.3f}. {beside}"


def _by_slice(of: Deliveries, place: int, forecasts: Any) -> str:
    """Coverage of every slice of the part that is forecast."""
    within = of.duration[of.split :] <= forecasts[:, place]
    names = np.array(of.slices[of.split :])
    shares = ", ".join(
        f"{each} {within[names == each].mean():.3f} of {(names == each).sum()}" for each in np.unique(names)
    )
    return f". Coverage by slice: {shares}"


def online_replay(data: Path) -> Iterator[Figure]:
    """D2: a promise for 90 % at the purchase, beside the one that the merchant made."""
    of = olist_purchases(data)
    start = len(of.duration) - REPLAYED
    ours = np.array(replayed(of))[start:, -1]
    actual, theirs, quarters = of.duration[start:], of.promised[start:], np.array(of.slices[start:])
    loss = {
        name: float(np.mean(np.maximum(0.9 * (actual - each), -0.1 * (actual - each))))
        for name, each in (("ours", ours), ("theirs", theirs))
    }
    shares = ", ".join(f"{each} {(actual <= ours)[quarters == each].mean():.2f}" for each in np.unique(quarters))
    yield Figure(
        benchmark="D2",
        measured=loss["ours"],
        unit="days",
        beside="the merchant's promise",
        yardstick=loss["theirs"],
        note=f"covers {(actual <= ours).mean():.3f} at a mean promise of {ours.mean():.1f} days, the merchant's "
        f"{(actual <= theirs).mean():.3f} at {theirs.mean():.1f}; {len(actual)} purchases, by quarter: {shares}",
    )
