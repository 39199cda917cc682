"""Boosted trees that adjust the groups' quantiles by what groups cannot hold: distance, hour, weight, coordinates.

Three voices forecast each share: the groups; the groups times what trees learnt of the ratio of actual to forecast
durations; and trees alone, which know nothing of groups. On the newest fifth of the deliveries, from which nothing was
learnt, those whose loss is within 2 % of the least are heard together, by their mean; where that is not better than the
groups alone by more than its standard error, the groups stand. What is heard is then learnt anew from all deliveries.
A split-conformal factor from the last fifth of what trees are given makes up for their fitting too well.

Sources: the learnt residual over another estimate is Uber's DeepETA; the quantile objective is LightGBM's (Ke et al.,
2017); the factor is conformalized quantile regression (Romano, Patterson and Candès, 2019), as a ratio; that the mean
of forecasts beats each of them is Bates and Granger's (The Combination of Forecasts, 1969).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from gateway.learning.lanes import SHARES
from gateway.services.ports.adjustments import Adjustment, Examples, Fitted, NotAdjusted, Quantiles

VERSION = 1
ROUNDS = 200
PARAMETERS = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
"""LightGBM's defaults but for smaller steps and larger leaves, against fitting noise; one thread, always the same."""

HELD_BACK = 0.2
"""The share of the deliveries, the last ones, that trees are not given: they judge them, or make the factors."""

MATURE = 0.95
"""Of deliveries that began so lately that not even this share of them can have ended, the slow ones are missing."""

NEARLY = 0.02
LEAST = 500
"""Fewer deliveries than this make no trees, whose leaves take 40 each."""

GROUPS, MOVED, ALONE = "groups", "moved", "alone"


class QuantileTrees:
    """Implements `Adjustments`."""

    def fit(self, examples: Examples) -> Fitted | None:
        """See `Adjustments`."""
        rows = _Rows.of(examples)
        rows = rows.known_at(max(examples.ended, default=0.0))
        judged = int(len(rows.durations) * (1 - HELD_BACK))
        newest = rows.part(slice(judged, None))
        learnt = rows.known_at(newest.began[0]) if judged else rows
        if len(learnt.durations) < LEAST:
            return None
        trial = [_Share.fit(learnt, place, (GROUPS, MOVED, ALONE)) for place in range(len(SHARES))]
        heard = [share.best(newest) for share in trial]
        if all(names == (GROUPS,) for names in heard):
            return None
        said = _Trees([_Share(each.place, names, each.trees) for each, names in zip(trial, heard, strict=True)])
        gained = _losses(newest.durations, newest.groups) - _losses(newest.durations, said.of(newest))
        owners = [each for each in np.unique(newest.owners) if _sure(gained[newest.owners == each].sum(axis=1))]
        if not owners:
            return None
        final = _Trees([_Share.fit(rows, place, names) for place, names in enumerate(heard)])
        return Fitted(owners=tuple(map(str, owners)), model=final.as_data())

    def read(self, model: Mapping[str, Any]) -> Adjustment:
        """See `Adjustments`."""
        if model.get("version") != VERSION:
            raise NotAdjusted(f"the adjustment is of version {model.get('version')}, this reads {VERSION}")
        try:
            return _Trees([_Share.from_data(place, each) for place, each in enumerate(model["shares"])])
        except (lightgbm.basic.LightGBMError, LookupError, TypeError, ValueError) as error:
            raise NotAdjusted(f"the adjustment cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class _Rows:
    """Examples as columns; `groups` are the groups' forecasts."""

    words: tuple[int, ...]
    features: Any
    groups: Any
    durations: Any
    began: Any
    ended: Any
    owners: Any

    @classmethod
    def of(cls, given: Examples) -> _Rows:
        return cls(
            words=given.words,
            features=np.asarray(given.features, dtype=float),
            groups=np.asarray(given.forecasts, dtype=float),
            durations=np.asarray(given.durations, dtype=float),
            began=np.asarray(given.began, dtype=float),
            ended=np.asarray(given.ended, dtype=float),
            owners=np.asarray(given.owners),
        )

    def part(self, which: Any) -> _Rows:
        columns = (self.features, self.groups, self.durations, self.began, self.ended, self.owners)
        return _Rows(self.words, *(each[which] for each in columns))

    def known_at(self, day: float) -> _Rows:
        """Those that had ended by then, but for the newest: of them only the quick ones had."""
        ended = self.ended <= day
        if not ended.any():
            return self.part(ended)
        usual = np.quantile((self.ended - self.began)[ended], MATURE)
        return self.part(ended & (self.began <= day - usual))


@dataclass(frozen=True, slots=True)
class _Tree:
    """Logarithms of what a voice says; `factor` is the conformal one's."""

    booster: Any
    factor: float

    @classmethod
    def fit(cls, given: Any, wanted: Any, share: float, words: Sequence[int]) -> _Tree:
        kept = int(len(wanted) * (1 - HELD_BACK))
        rows = lightgbm.Dataset(given[:kept], wanted[:kept], categorical_feature=list(words))
        booster = lightgbm.train({**PARAMETERS, "objective": "quantile", "alpha": share}, rows, ROUNDS)
        missed = wanted[kept:] - booster.predict(given[kept:], num_threads=1)
        return cls(booster, float(np.quantile(missed, share)))

    def says(self, given: Any) -> Any:
        return self.booster.predict(given, num_threads=1) + self.factor


@dataclass(frozen=True, slots=True)
class _Share:
    """Who is heard about one of `SHARES`."""

    place: int
    names: tuple[str, ...]
    trees: Mapping[str, _Tree]

    @classmethod
    def fit(cls, rows: _Rows, place: int, names: tuple[str, ...]) -> _Share:
        wanted, share = np.log(rows.durations), SHARES[place]
        targets = {MOVED: wanted - np.log(rows.groups[:, place]), ALONE: wanted}
        given = {name: _given(name, rows.features, rows.groups) for name in names if name != GROUPS}
        trees = {name: _Tree.fit(each, targets[name], share, rows.words) for name, each in given.items()}
        return cls(place, names, trees)

    def voice(self, name: str, features: Any, groups: Any) -> Any:
        """What one of them says."""
        if name == GROUPS:
            return groups[:, self.place]
        said = np.exp(self.trees[name].says(_given(name, features, groups)))
        return said * groups[:, self.place] if name == MOVED else said

    def said(self, features: Any, groups: Any) -> Any:
        """What they say together."""
        return np.mean([self.voice(name, features, groups) for name in self.names], axis=0)

    def best(self, newest: _Rows) -> tuple[str, ...]:
        """Who is to be heard, by deliveries that nobody has learnt from; the groups alone unless others help them."""
        voices = {name: self.voice(name, newest.features, newest.groups) for name in self.names}
        losses = {name: _loss(newest.durations, voice, SHARES[self.place]) for name, voice in voices.items()}
        least = min(each.mean() for each in losses.values())
        names = tuple(name for name in self.names if losses[name].mean() <= least * (1 + NEARLY))
        together = _loss(newest.durations, np.mean([voices[name] for name in names], axis=0), SHARES[self.place])
        return names if _sure(losses[GROUPS] - together) else (GROUPS,)

    def as_data(self) -> dict[str, Any]:
        trees = {name: [tree.factor, tree.booster.model_to_string()] for name, tree in self.trees.items()}
        return {"heard": self.names, "trees": trees}

    @classmethod
    def from_data(cls, place: int, data: Mapping[str, Any]) -> _Share:
        trees = {
            name: _Tree(lightgbm.Booster(model_str=text), float(factor))
            for name, (factor, text) in data["trees"].items()
        }
        return cls(place, tuple(data["heard"]), trees)


class _Trees:
    """Implements `Adjustment`."""

    def __init__(self, shares: Sequence[_Share]) -> None:
        self._shares = shares

    def adjusted(self, features: Sequence[Sequence[float]], forecasts: Sequence[Quantiles]) -> Sequence[Quantiles]:
        """See `Adjustment`."""
        try:
            said = self._said(np.asarray(features, dtype=float), np.asarray(forecasts, dtype=float))
        except (lightgbm.basic.LightGBMError, LookupError, ValueError) as error:
            raise NotAdjusted(f"the adjustment fails: {error}") from error
        return [tuple(row) for row in said.tolist()]

    def of(self, rows: _Rows) -> Any:
        """The forecasts of rows as adjusted."""
        return self._said(rows.features, rows.groups)

    def _said(self, features: Any, groups: Any) -> Any:
        return np.maximum.accumulate(np.column_stack([each.said(features, groups) for each in self._shares]), axis=1)

    def as_data(self) -> dict[str, Any]:
        """What `QuantileTrees.read` reads."""
        return {"version": VERSION, "shares": [each.as_data() for each in self._shares]}


def _given(name: str, features: Any, groups: Any) -> Any:
    return np.column_stack([features, np.log(groups)]) if name == MOVED else features


def _loss(actual: Any, said: Any, share: float) -> Any:
    """Pinball loss of each row."""
    return np.maximum(share * (actual - said), (share - 1) * (actual - said))


def _losses(actual: Any, said: Any) -> Any:
    """Pinball loss of each row and share."""
    return np.column_stack([_loss(actual, said[:, place], share) for place, share in enumerate(SHARES)])


def _sure(gained: Any) -> bool:
    """Whether there is a gain, and one of more than its standard error."""
    return bool(gained.mean() > gained.std() / np.sqrt(len(gained)))
