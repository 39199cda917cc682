"""Forecasts from nested groups of deliveries: an account, a service of it, a zone of that, a weekday in that.

Every group knows the quantiles of its own durations. Where it has seen few, they are drawn towards those of the group
around it: with n deliveries of its own and a trust of k, its own count n / (n + k). How much to trust, and for how long
to remember, differs from network to network and from season to season; so every combination forecasts each delivery
before it is learnt, and the better ones of late count more.

Sources: shrinkage of quantiles towards the parent as in empirical Bayes (Efron and Morris, 1975); exponential decay by
when a delivery began (Cormode et al., Forward Decay, 2009); exponentially weighted experts (Cesa-Bianchi and Lugosi,
Prediction, Learning, and Games, 2006). The memories and trusts are a grid of ours, wide enough to hold any network's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.learning.durations import Histogram, bin_of, quantiles, share_over

Path = tuple[str, ...]
"""The names of nested groups, the widest first; () is all deliveries."""

SHARES = (0.5, 0.8, 0.9)
MEMORIES_DAYS = (30.0, 120.0, 730.0)
TRUSTS = (1.0, 4.0, 16.0, 64.0)
EXPERTS = tuple((memory, trust) for memory in range(len(MEMORIES_DAYS)) for trust in TRUSTS)
SKILL_DAYS = 60.0
"""Half-life of what is known of the experts."""

EAGERNESS = 0.3
"""How fast the better experts win: a loss that is 1 % higher over 100 deliveries leaves e^-0.3 of the weight."""

PROMISED = 1.0
"""Durations are multiples of what was promised; where the bench learns plain durations, nobody reads this share."""

Guess = tuple[float, ...]
"""What one expert says: the quantiles of `SHARES`, then the share that is over within `PROMISED`."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of a delivery: `quantiles` of its duration, the chance of being over within 1, and the guesses
    that were mixed.
    """

    quantiles: tuple[float, ...]
    within_one: float
    guesses: Mapping[tuple[int, float], Guess] = field(repr=False)


class Lanes:
    """Histograms of every group, by memory. Days count from a day that is the caller's to choose."""

    def __init__(self) -> None:
        self.groups: dict[Path, tuple[dict[int, float], ...]] = {}

    def learn(self, path: Path, day: float, duration: float) -> None:
        """A delivery that began on that day is over."""
        number = bin_of(duration)
        self.merge(path, [{number: weight(half_life, day)} for half_life in MEMORIES_DAYS])

    def merge(self, path: Path, memories: Sequence[Histogram]) -> None:
        """More of a group, by memory: into it and all around it."""
        for length in range(len(path) + 1):
            known = self.groups.setdefault(path[:length], tuple({} for _ in MEMORIES_DAYS))
            for memory, more in zip(known, memories, strict=True):
                for number, added in more.items():
                    memory[number] = memory.get(number, 0.0) + added

    def at(self, day: float, running: Iterable[tuple[Path, float, float]], skill: Skill) -> Outlooks:
        """What is known on a day. `running` are deliveries on their way: path, the day they began, how long so far."""
        waiting = Lanes()
        for path, began, so_far in running:
            waiting.learn(path, began, so_far)
        return Outlooks(self, day, waiting.groups, skill.weights())


def weight(half_life_days: float, day: float) -> float:
    """How much a delivery of that day counts: twice as much as one a half-life earlier."""
    return math.exp2(day / half_life_days)


class Outlooks:
    """What the lanes say on one day. Groups are read when first asked for, and kept."""

    def __init__(
        self,
        lanes: Lanes,
        day: float,
        running: Mapping[Path, Sequence[Histogram]],
        weights: Sequence[Mapping[tuple[int, float], float]],
    ) -> None:
        self._lanes = lanes
        self._day = day
        self._running = running
        self._weights = weights
        self._read: dict[tuple[Path, int], tuple[float, Guess] | None] = {}

    def forecast(self, path: Path) -> Forecast | None:
        """What to expect on a path; None where nothing at all is known."""
        guesses = self._guesses(path)
        if not guesses:
            return None
        mixed = [
            sum(weights[expert] * guess[place] for expert, guess in guesses.items())
            for place, weights in enumerate(self._weights)
        ]
        return Forecast(tuple(mixed[:-1]), mixed[-1], guesses)

    def _guesses(self, path: Path) -> dict[tuple[int, float], Guess]:
        guesses: dict[tuple[int, float], Guess] = {}
        for memory in range(len(MEMORIES_DAYS)):
            chain = [self._group(path[:length], memory) for length in range(len(path) + 1)]
            if chain[0] is None:
                return {}
            for trust in TRUSTS:
                guess = chain[0][1]
                for group in chain[1:]:
                    if group is None:
                        break
                    own = group[0] / (group[0] + trust)
                    guess = tuple(own * new + (1 - own) * wide for new, wide in zip(group[1], guess, strict=True))
                guesses[memory, trust] = guess
        return guesses

    def _group(self, group: Path, memory: int) -> tuple[float, Guess] | None:
        """How many deliveries it has seen, as they count today, and what they say; None where it has seen none."""
        key = (group, memory)
        if key not in self._read:
            memories = self._lanes.groups.get(group)
            self._read[key] = None if memories is None else self._reading(group, memory, memories[memory])
        return self._read[key]

    def _reading(self, group: Path, memory: int, over: Histogram) -> tuple[float, Guess] | None:
        if not over:  # all that it saw is forgotten: the longer memory says it, with no weight of its own
            longer = self._group(group, memory + 1) if memory + 1 < len(MEMORIES_DAYS) else None
            return longer and (0.0, longer[1])
        running = self._running.get(group)
        waiting = running[memory] if running else {}
        within = share_over(over, waiting, bin_of(PROMISED) + 1)
        seen = sum(over.values()) / weight(MEMORIES_DAYS[memory], self._day)
        return seen, (*quantiles(over, waiting, SHARES), within)


class Skill:
    """How well each expert has forecast: pinball loss of the quantiles, squared error of the share within 1."""

    def __init__(self, losses: Mapping[tuple[int, float], Sequence[float]] | None = None, seen: float = 0.0) -> None:
        self.losses = {expert: list((losses or {}).get(expert, [0.0] * (len(SHARES) + 1))) for expert in EXPERTS}
        self.seen = seen
        self._day: float | None = None

    def score(self, forecast: Forecast, duration: float, day: float) -> None:
        """A delivery that had been forecast is over on that day."""
        self.fade(day)
        self.seen += 1
        for expert, guess in forecast.guesses.items():
            losses = self.losses[expert]
            for place, share in enumerate(SHARES):
                losses[place] += pinball(duration, guess[place], share)
            losses[-1] += (guess[-1] - (duration <= PROMISED)) ** 2

    def fade(self, day: float) -> None:
        """Let what was seen count less by the days that have gone by."""
        if self._day is not None and day > self._day:
            left = math.exp2((self._day - day) / SKILL_DAYS)
            self.seen *= left
            for losses in self.losses.values():
                losses[:] = [loss * left for loss in losses]
        self._day = day if self._day is None else max(day, self._day)

    def weights(self) -> list[dict[tuple[int, float], float]]:
        """For each share, and for the share within 1: how much every expert counts; they add up to 1."""
        found = []
        for place in range(len(SHARES) + 1):
            least = min(losses[place] for losses in self.losses.values())
            raw = {
                expert: math.exp(-EAGERNESS * self.seen * (losses[place] / least - 1)) if least > 0 else 1.0
                for expert, losses in self.losses.items()
            }
            total = sum(raw.values())
            found.append({expert: each / total for expert, each in raw.items()})
        return found


def pinball(actual: float, forecast: float, share: float) -> float:
    """The loss that the quantile of that share makes smallest.

    Source: Koenker and Bassett, Regression Quantiles (1978).
    """
    error = actual - forecast
    return share * error if error >= 0 else (share - 1) * error
