"""All that one account's deliveries have taught: sufficient statistics, so that no delivery is read twice.

Stored as JSON data in which every weight is what it counts on `day`; what counts next to nothing by then is left out,
which is how old seasons are forgotten. Groups are stored at their finest: the wider ones are their sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.learning.chances import MEMORY_DAYS as CHANCES_DAYS
from gateway.learning.chances import Chances, faded
from gateway.learning.lanes import EXPERTS, MEMORIES_DAYS, Forecast, Lanes, Path, Skill, weight
from gateway.learning.offsets import MEMORY_DAYS as OFFSET_DAYS
from gateway.learning.offsets import Offset

LEAST_WEIGHT = 1e-3
"""What counts less than a thousandth of a delivery is forgotten."""

DIGITS = 6


@dataclass(slots=True)
class Span:
    """The first and the last day a group's deliveries are of, and how many they are."""

    since: float
    until: float
    count: int


@dataclass(slots=True)
class AccountHistory:
    """Of one account, whose groups are (service, zone, weekday)."""

    lanes: Lanes = field(default_factory=Lanes)
    first_attempts: Chances = field(default_factory=Chances)
    skill: Skill = field(default_factory=Skill)
    offset: Offset = field(default_factory=Offset)
    spans: dict[Path, Span] = field(default_factory=dict)

    def learn(self, group: Path, day: float, duration: float, first_attempt: bool | None) -> None:
        """A delivery that began on that day took so long, as a multiple of its promise."""
        self.lanes.learn(group, day, duration)
        if first_attempt is not None:
            self.first_attempts.learn(group, day, first_attempt)
        span = self.spans.setdefault(group, Span(day, day, 0))
        span.since, span.until, span.count = min(span.since, day), max(span.until, day), span.count + 1

    def compare(self, forecast: Forecast, day: float, duration: float, ended: float) -> None:
        """What had been forecast for a delivery, before it is learnt, beside what came: `ended` is the day it did."""
        self.skill.score(forecast, duration, ended)
        self.offset.learn(forecast, duration, day)

    def as_data(self, day: float) -> dict[str, Any]:
        """Plain data, as of a day."""
        self.skill.fade(day)
        return {
            "day": day,
            "groups": [
                [*group, span.since, span.until, span.count, [_packed(m, h, day) for m, h in self._memories(group)]]
                for group, span in self.spans.items()
                if any(_packed(memory, half_life, day)[0] for memory, half_life in self._memories(group))
            ],
            "first_attempts": [
                [*group, round(yes, DIGITS), round(asked, DIGITS)]
                for group, (yes, asked) in faded(self.first_attempts.groups, day).items()
                if len(group) == FINEST and asked >= LEAST_WEIGHT
            ],
            "seen": round(self.skill.seen, DIGITS),
            "losses": [[round(loss, DIGITS) for loss in self.skill.losses[expert]] for expert in EXPERTS],
            "ratios": [_packed(ratios, OFFSET_DAYS, day) for ratios in self.offset.ratios],
        }

    def _memories(self, group: Path) -> zip[tuple[dict[int, float], float]]:
        return zip(self.lanes.groups[group], MEMORIES_DAYS, strict=True)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> AccountHistory:
        """The history in what `as_data` made."""
        history, day = cls(), data["day"]
        for *names, since, until, count, memories in data["groups"]:
            group = tuple(names)
            history.spans[group] = Span(since, until, count)
            unpacked = [_unpacked(each, half, day) for each, half in zip(memories, MEMORIES_DAYS, strict=True)]
            history.lanes.merge(group, unpacked)
        for *names, yes, asked in data["first_attempts"]:
            today = weight(CHANCES_DAYS, day)
            history.first_attempts.add(tuple(names), yes * today, asked * today)
        history.skill = Skill(dict(zip(EXPERTS, data["losses"], strict=True)), data["seen"])
        history.skill.fade(day)
        history.offset = Offset([_unpacked(each, OFFSET_DAYS, day) for each in data["ratios"]])
        return history


FINEST = 3
"""How long the path of a finest group is."""


def _packed(histogram: Mapping[int, float], half_life_days: float, day: float) -> tuple[list[int], list[float]]:
    """Bins and their weights on a day, without those that count for nothing."""
    today = weight(half_life_days, day)
    kept = {number: each / today for number, each in histogram.items() if each / today >= LEAST_WEIGHT}
    return list(kept), [round(each, DIGITS) for each in kept.values()]


def _unpacked(packed: tuple[list[int], list[float]], half_life_days: float, day: float) -> dict[int, float]:
    today = weight(half_life_days, day)
    return {number: each * today for number, each in zip(*packed, strict=True)}
