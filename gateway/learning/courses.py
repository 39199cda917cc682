"""What one account's finished shipments taught of their way: how long from each stage to the door, how long silent.

Histograms of hours by nested groups, which a forecast mixes: with n shipments of its own and a trust of k, a group's
distribution counts n / (n + k), the rest is that of the group around it. A mixture of distributions, unlike one of
quantiles (`lanes`), can be asked what is left when so much time has passed already.

Beside that, how well the carrier's own estimates did against ours, shipment by shipment, forecast before it was learnt.

Sources: shrinkage and decay as in `lanes`. The trust and the memory did best of those tried on Olist's deliveries
(memories of 30, 45, 60 and 90 days: pinball loss at 0.9 of 0.91, 1.05, 1.13 and 1.19 days; the shop's own promise
1.47). The thresholds are ours, no measurements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.learning.durations import Histogram, bin_of, edge, quantiles
from gateway.learning.lanes import Path, pinball, weight

TRUST = 20.0
MEMORY_DAYS = 30.0
EARLY, LATE = 0.1, 0.9
QUIET = 0.95
LEAST_WEIGHT, DIGITS = 1e-3, 6
LEAST_SEEN = 8.0
"""Fewer shipments than this teach nothing that is worth telling."""

LEAST_COMPARED = 20.0
"""From so many on, the better of two forecasts is known to be the better one."""

BEYOND = 0.02
"""A shipment that takes longer than all but this share of the others is beyond what they can tell."""

LEFT, SILENT = "left", "silent"
WIDEST = 2
"""How long the path of the widest group is: what is measured, and the stage."""


@dataclass(slots=True)
class Contest:
    """The carrier's estimates against ours in one stage of a service or a lane: how many, their losses, how often in
    time.
    """

    seen: float = 0.0
    losses: list[float] = field(default_factory=lambda: [0.0, 0.0])
    within: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def add(self, counts: float, carrier: float, ours: float, actual: float) -> None:
        """One shipment: what each said by when, and when it was, in hours since the stage began."""
        self.seen += counts
        for place, said in enumerate((carrier, ours)):
            self.losses[place] += counts * pinball(actual, said, LATE)
            self.within[place] += counts * (actual <= said)


class Courses:
    """Of one account. Paths are (what, stage, service, zone, weekday)."""

    def __init__(self) -> None:
        self.groups: dict[Path, dict[int, float]] = {}
        self.contests: dict[Path, Contest] = {}
        self._mixed: dict[Path, Histogram | None] = {}

    def learn(self, path: Path, day: float, hours: float) -> None:
        """One more duration, of that day."""
        self._merge(path, {bin_of(hours): weight(MEMORY_DAYS, day)})

    def compare(self, stage: str, lane: Path, day: float, carrier: float, ours: float, actual: float) -> None:
        """What the carrier and we had said on a lane (service, zone), and what came; it counts for the service too."""
        for length in range(1, len(lane) + 1):
            contest = self.contests.setdefault((stage, *lane[:length]), Contest())
            contest.add(weight(MEMORY_DAYS, day), carrier, ours, actual)

    def window(self, path: Path, day: float, gone: float) -> tuple[float, float] | None:
        """Within how many hours since the stage began it is to be expected, `gone` of which have passed already.

        None where too little is known, or it is beyond all that is known.
        """
        left = self._left(path, day, gone)
        if left is None:
            return None
        early, late = quantiles(left, {}, (EARLY, LATE))
        return max(early, gone), max(late, gone)

    def late(self, path: Path, day: float, gone: float, by: float) -> float | None:
        """The chance that it takes longer than `by` hours since the stage began; None as for `window`."""
        left = self._left(path, day, gone)
        if left is None:
            return None
        over = sum(counts for number, counts in left.items() if number > bin_of(max(by, 0.0)))
        return over / sum(left.values())

    def quiet(self, path: Path, day: float) -> float | None:
        """The hours within which 19 of 20 silences end; None where too little is known."""
        mixed = self._mixture(path, day)
        return None if mixed is None else quantiles(mixed, {}, (QUIET,))[0]

    def shortest(self, path: Path, day: float) -> float | None:
        """The hours within which one in a hundred is there; None where too little is known."""
        mixed = self._mixture(path, day)
        return None if mixed is None else quantiles(mixed, {}, (0.01,))[0]

    def carrier_is_better(self, stage: str, lane: Path, day: float) -> bool:
        """Whether the carrier's own estimates have the lower pinball loss on the lane, or where too few were compared
        there, in the service; also where too few were in either.
        """
        for length in range(len(lane), 0, -1):
            contest = self.contests.get((stage, *lane[:length]))
            if contest is not None and contest.seen / weight(MEMORY_DAYS, day) >= LEAST_COMPARED:
                return contest.losses[0] <= contest.losses[1]
        return True

    def _left(self, path: Path, day: float, gone: float) -> Histogram | None:
        mixed = self._mixture(path, day)
        if mixed is None:
            return None
        left = {number: counts for number, counts in mixed.items() if edge(number + 1) > gone}
        return left if sum(left.values()) >= BEYOND else None

    def _mixture(self, path: Path, day: float) -> Histogram | None:
        """The distribution for a path; its weights add up to 1."""
        if path not in self._mixed:
            self._mixed[path] = self._mix(path, weight(MEMORY_DAYS, day))
        return self._mixed[path]

    def _mix(self, path: Path, today: float) -> Histogram | None:
        mixed: dict[int, float] = {}
        for length in range(WIDEST, len(path) + 1):
            own = self.groups.get(path[:length])
            if own is None:
                break
            total = sum(own.values())
            if length == WIDEST and total / today < LEAST_SEEN:
                return None
            share = 1.0 if length == WIDEST else (total / today) / (total / today + TRUST)
            mixed = {number: (1 - share) * counts for number, counts in mixed.items()}
            for number, counts in own.items():
                mixed[number] = mixed.get(number, 0.0) + share * counts / total
        return mixed or None

    def _merge(self, path: Path, more: Histogram) -> None:
        self._mixed.clear()
        for length in range(WIDEST, len(path) + 1):
            group = self.groups.setdefault(path[:length], {})
            for number, counts in more.items():
                group[number] = group.get(number, 0.0) + counts

    def as_data(self, day: float) -> dict[str, Any]:
        """Plain data in which every weight is what it counts on that day; the finest groups, of which the rest is."""
        today = weight(MEMORY_DAYS, day)
        finest = {path: group for path, group in self.groups.items() if len(path) == FINEST}
        return {
            "day": day,
            "groups": [[*path, *_packed(group, today)] for path, group in finest.items()],
            "contests": [
                [*key, *(round(each / today, DIGITS) for each in (contest.seen, *contest.losses, *contest.within))]
                for key, contest in self.contests.items()
            ],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Courses:
        """The courses in what `as_data` made."""
        courses, today = cls(), weight(MEMORY_DAYS, data["day"])
        for *path, numbers, weights in data["groups"]:
            found = zip(numbers, weights, strict=True)
            courses._merge(tuple(path), {number: counts * today for number, counts in found})
        for *key, seen, carrier, ours, carrier_within, ours_within in data["contests"]:
            losses, within = [carrier * today, ours * today], [carrier_within * today, ours_within * today]
            courses.contests[tuple(key)] = Contest(seen * today, losses, within)
        return courses


FINEST = 5
"""How long the path of a finest group is."""


def _packed(group: Histogram, today: float) -> tuple[list[int], list[float]]:
    kept = {number: counts / today for number, counts in group.items() if counts / today >= LEAST_WEIGHT}
    return list(kept), [round(counts, DIGITS) for counts in kept.values()]
