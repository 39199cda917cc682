"""Chances of yes: shares of nested groups, the thin ones drawn towards those around them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.learning.lanes import Path, weight

MEMORY_DAYS = 120.0
TRUST = 16.0
"""As many deliveries as this count as much as the group around. A share of 0.9 is then known to some 0.07."""


class Chances:
    """How often it was yes, by group, and of how many; both fade with `MEMORY_DAYS`."""

    def __init__(self) -> None:
        self.groups: dict[Path, tuple[float, float]] = {}

    def learn(self, path: Path, day: float, yes: bool) -> None:
        """One more answer, of that day."""
        counts = weight(MEMORY_DAYS, day)
        self.add(path, counts if yes else 0.0, counts)

    def add(self, path: Path, yes: float, asked: float) -> None:
        """Weights, into a group and all around it."""
        for length in range(len(path) + 1):
            known = self.groups.get(path[:length], (0.0, 0.0))
            self.groups[path[:length]] = known[0] + yes, known[1] + asked

    def chance(self, path: Path, day: float) -> float | None:
        """The chance on a day; None where nobody was ever asked.

        The mean of the beta distribution whose prior is the wider group's mean with the weight of `TRUST` answers.
        """
        share: float | None = None
        for length in range(len(path) + 1):
            group = self.groups.get(path[:length])
            if group is None or group[1] == 0:
                break
            today = weight(MEMORY_DAYS, day)
            yes, asked = group[0] / today, group[1] / today
            share = yes / asked if share is None else (yes + TRUST * share) / (asked + TRUST)
        return share


def faded(groups: Mapping[Path, tuple[float, float]], day: float) -> dict[Path, tuple[float, float]]:
    """The same weights as they count on a day."""
    today = weight(MEMORY_DAYS, day)
    return {path: (yes / today, asked / today) for path, (yes, asked) in groups.items()}
