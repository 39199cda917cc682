"""What adjusts the groups' forecasts to one delivery, and who learns it: trees, elsewhere, because of their library."""

# a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

Quantiles = tuple[float, ...]
"""Of a duration, one for each of `gateway.learning.lanes.SHARES`, ascending."""


class NotAdjusted(Exception):
    """There is no adjustment: the library is not installed, or what was stored is not what it reads. Says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Deliveries that ended, in the order in which they began (in days, and so is `ended`).

    `features` are numbers known at the quote; `words` names the columns whose numbers are names. `forecasts` are what
    the groups said when each delivery began, `durations` what came, in the same unit; `owners` whose each one was.
    """

    features: Sequence[Sequence[float]]
    forecasts: Sequence[Quantiles]
    durations: Sequence[float]
    began: Sequence[float]
    ended: Sequence[float]
    owners: Sequence[str]
    words: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """An adjustment for those of the owners whose newest deliveries it forecast better than the groups: JSON data."""

    owners: tuple[str, ...]
    model: Mapping[str, Any]


class Adjustment(Protocol):
    """What was fitted, read again. Safe to be asked by many threads."""

    def adjusted(self, features: Sequence[Sequence[float]], forecasts: Sequence[Quantiles]) -> Sequence[Quantiles]:
        """The forecasts as adjusted, all at once; each ascending.

        Raises:
            NotAdjusted: the library does not take them.
        """


class Adjustments(Protocol):
    """Learns adjustments, and reads what was learnt."""

    def fit(self, examples: Examples) -> Fitted | None:
        """What the examples teach; None where the groups alone are as good.

        Raises:
            NotAdjusted: the library is not installed.
        """

    def read(self, model: Mapping[str, Any]) -> Adjustment:
        """What `fit` made.

        Raises:
            NotAdjusted: it is of another version or damaged, or the library is not installed.
        """


@dataclass(frozen=True, slots=True)
class Taught:
    """The deliveries of an account that an adjustment rests on: how many, and between which days.

    `number` is the account's among the features.
    """

    number: int
    count: int
    since: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAdjustment:
    """One merchant's, of a mode: the accounts that it is for, by id, and the model.

    Without accounts the groups stand alone, for a reason that `why` tells.
    """

    fitted_at: datetime
    why: str
    accounts: Mapping[str, Taught]
    model: Mapping[str, Any]
