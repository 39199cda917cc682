"""Durations as weighted histograms, and their quantiles where some are not over yet.

The bins are equally wide on a logarithmic scale, so that hours and months keep the same relative precision, and 1 is an
edge: durations are kept as multiples of what was promised, and "in time" means a bin below 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

Histogram = Mapping[int, float]
"""Weight by bin."""

STEP = math.log(1.04)
"""Bins are 4 % wide: less than the difference between two neighbouring promises of any carrier we know."""

LEAST, MOST = 1e-4, 1e4


def bin_of(duration: float) -> int:
    """The bin `(edge(b), edge(b + 1)]` that holds a duration; 1 itself lies in the last bin below it, bin -1."""
    return math.ceil(math.log(min(max(duration, LEAST), MOST)) / STEP - 1e-9) - 1


def edge(number: float) -> float:
    """The duration at which a bin begins."""
    return math.exp(STEP * number)


def quantiles(over: Histogram, running: Histogram, shares: Sequence[float]) -> list[float]:
    """Durations within which these shares (ascending) are over. `running` counts those that had not ended by then.

    A share that nothing observed reaches gives the end of the last bin in which something ended. Needs one that ended.

    Source: Kaplan and Meier, Nonparametric Estimation from Incomplete Observations (1958); the running ones of a bin
    are at risk in half of it, as in the actuarial estimate.
    """
    found: list[float] = []
    last = 0
    for number, before, after in _survival(over, running):
        last = number
        while len(found) < len(shares) and 1 - after >= shares[len(found)] - 1e-12:
            into = (shares[len(found)] - (1 - before)) / max(before - after, 1e-12)
            found.append(edge(number + min(max(into, 0.0), 1.0)))
    return found + [edge(last + 1)] * (len(shares) - len(found))


def share_over(over: Histogram, running: Histogram, below: int) -> float:
    """The share that is over before bin `below` begins, by the same estimate."""
    left = 1.0
    for number, _, after in _survival(over, running):
        if number >= below:
            break
        left = after
    return 1 - left


def _survival(over: Histogram, running: Histogram) -> Iterator[tuple[int, float, float]]:
    """Each bin in which something ended: its number, the share still running before it, and after it."""
    risk = sum(over.values()) + sum(running.values())
    waiting = sorted(running.items(), reverse=True)
    left = 1.0
    for number in sorted(over):
        while waiting and waiting[-1][0] < number:
            risk -= waiting.pop()[1]
        ended = over[number]
        before, left = left, left * (1 - ended / max(risk - running.get(number, 0.0) / 2, ended))
        risk -= ended
        yield number, before, left


def merged(histograms: Sequence[Histogram]) -> dict[int, float]:
    """Their sum."""
    total: dict[int, float] = {}
    for each in histograms:
        for number, weight in each.items():
            total[number] = total.get(number, 0.0) + weight
    return total
