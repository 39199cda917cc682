"""D1 and D2: transit quantiles on recorded deliveries, as the gateway would have said them day by day.

Every delivery is forecast when it begins, from what had ended by then. What the gateway ships are the groups of
`gateway.learning`: the cases of D1 measure them alone. What boosted trees beside them would bring, and nothing ships,
are the cases "with trees". There three families speak: the groups, the groups corrected by trees, and trees alone.
Which of them does is one rule for all data: those whose loss of late is within 2 % of the least speak together, by
their mean. Their losses begin with the last fifth of the part that is learnt from and go on with every delivery that
ends; trees are fitted once, and a family that the season has left behind falls silent.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from gateway.learning.calibration import QuantileCheck, check
from gateway.learning.lanes import SHARES, Forecast, Lanes, Outlooks, Skill
from gateway.learning.offsets import Offset, corrected
from tests.bench.baselines import BASELINES, trees
from tests.bench.deliveries import READERS, Deliveries, olist_purchases
from tests.bench.figures import Figure
from tests.bench.quantile_trees import QuantileTrees

MADE_ANEW_DAYS = 1.0
MADE_ANEW_AFTER = 50
NEARLY = 0.02
LOSSES_DAYS = 30.0
"""Half-life of what is known of the families."""

WARM = 0.1
"""The first tenth of the rows is forecast from next to nothing: trees do not learn from that."""

REPLAYED = 4461
"""How many of the last purchases the replay is told of, as in earlier work on the same data."""

Row = tuple[float, ...]


def replayed(of: Deliveries, frozen_at: int | None = None) -> list[Row]:
    """The forecast of every row; nothing is learnt any more from the row `frozen_at` on."""
    learner = _Replay(of)
    return [learner.forecast(row, learning=frozen_at is None or row < frozen_at) for row in range(len(of.duration))]


class _Replay:
    """Deliveries in the order in which they began and ended."""

    def __init__(self, of: Deliveries) -> None:
        self._of = of
        self._lanes, self._skill, self._offset = Lanes(), Skill(), Offset()
        self._ending: list[tuple[float, int]] = []
        self._said: dict[int, Forecast | None] = {}
        self._view: Outlooks | None = None
        self._factors: Row = (1.0,) * len(SHARES)
        self._made_at, self._since = -np.inf, 0

    def forecast(self, row: int, *, learning: bool) -> Row:
        """What is said of a delivery that begins."""
        now = self._day(row)
        if learning:
            self._learn_until(now)
        if self._view is None or (
            learning and (now - self._made_at >= MADE_ANEW_DAYS or self._since >= MADE_ANEW_AFTER)
        ):
            self._look(now)
        self._since += 1
        assert self._view is not None
        said = self._view.forecast(self._of.path[row])
        if learning:
            self._said[row] = said
            heapq.heappush(self._ending, (self._of.ended[row] - self._of.began[0], row))
        return corrected(said, self._factors) if said else (float("nan"),) * len(SHARES)

    def _day(self, row: int) -> float:
        return float(self._of.began[row] - self._of.began[0])

    def _learn_until(self, now: float) -> None:
        while self._ending and self._ending[0][0] <= now:
            ended, row = heapq.heappop(self._ending)
            said, duration = self._said.pop(row), float(self._of.duration[row])
            if said is not None:
                self._skill.score(said, duration, ended)
                self._offset.learn(said, duration, self._day(row))
            self._lanes.learn(self._of.path[row], self._day(row), duration)

    def _look(self, now: float) -> None:
        on_the_way = [row for row in self._said if self._of.ages and self._day(row) < now]
        running = [(self._of.path[row], self._day(row), now - self._day(row)) for row in on_the_way]
        self._view = self._lanes.at(now, running, self._skill)
        told = [(row, said) for row in on_the_way if (said := self._said[row])]
        self._factors = self._offset.factors(now, [(said, self._day(row), now - self._day(row)) for row, said in told])
        self._made_at, self._since = now, 0


def _corrected_by_trees(of: Deliveries, groups: Any, until: int, upto: int | None) -> Any:
    first = int(until * WARM)
    words = of.words
    fitted = QuantileTrees.fit(of.features[first:until], groups[first:until], of.duration[first:until], words)
    return fitted.corrected(of.features[until:upto], groups[until:upto])


FAMILIES: Mapping[str, Callable[[Deliveries, Any, int, int | None], Any]] = {
    "groups": lambda of, groups, until, upto: groups[until:upto],
    "groups and trees": _corrected_by_trees,
    "trees": lambda of, groups, until, upto: np.maximum.accumulate(trees(of, until, upto), axis=1),
}


def spoken(of: Deliveries, groups: Any) -> tuple[Any, str]:
    """The forecasts of the part that is forecast, and how much each family had to say in them."""
    start, split = int(of.split * 0.8), of.split
    made = {
        name: np.vstack([family(of, groups, start, split), family(of, groups, split, None)])
        for name, family in FAMILIES.items()
    }
    actual = of.duration[start:, None]
    losses = {
        name: np.maximum(SHARES * (actual - each), (np.array(SHARES) - 1) * (actual - each))
        for name, each in made.items()
    }
    known = {name: np.zeros(len(SHARES)) for name in FAMILIES}
    ending, said, spoke = [], np.zeros_like(made["groups"]), dict.fromkeys(FAMILIES, 0.0)
    for row in range(len(said)):
        began = of.began[start + row]
        while ending and ending[0][0] <= began:
            ended = heapq.heappop(ending)[1]
            weight = math.exp2((of.began[start + ended] - of.began[start]) / LOSSES_DAYS)
            for name in FAMILIES:
                known[name] += weight * losses[name][ended]
        heapq.heappush(ending, (of.ended[start + row], row))
        for place in range(len(SHARES)):
            least = min(each[place] for each in known.values())
            heard = [name for name, each in known.items() if each[place] <= least * (1 + NEARLY)]
            said[row, place] = mean(made[name][row, place] for name in heard)
            for name in heard:
                spoke[name] += (start + row >= split) / len(heard)
    total = len(SHARES) * (len(of.duration) - split)
    shares = ", ".join(f"{name} {each / total:.0%}" for name, each in spoke.items())
    return np.maximum.accumulate(said[split - start :], axis=1), shares


def _checked(durations: Any, forecasts: Any) -> QuantileCheck:
    return check((tuple(map(float, row)), float(duration)) for row, duration in zip(forecasts, durations, strict=True))


def transit_quantiles(data: Path, names: tuple[str, ...] = tuple(READERS)) -> Iterator[Figure]:
    """D1: pinball loss on the last fifth, beside the best baseline for each share: as shipped, and with trees."""
    for name in names:
        of = READERS[name](data)
        actual = of.duration[of.split :]
        groups = np.array(replayed(of))
        with_trees, shares = spoken(of, groups)
        plain = {label: _checked(actual, baseline(of)) for label, baseline in BASELINES.items()}
        frozen = {"learning nothing after the split": _checked(actual, replayed(of, of.split)[of.split :])}
        said = {
            "": (groups[of.split :], {**frozen, **plain}, ""),
            ", with trees": (with_trees, {}, f"said by {shares}; "),
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
