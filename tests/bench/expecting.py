"""D3: the ETA windows of `gateway.learning.courses` on recorded deliveries, day by day, beside the shop's promise.

Every parcel is forecast when it begins, from what had been delivered by then; those that were still on their way when
their window began are forecast once more at that moment, as the watch would have done.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.learning.courses import FINEST, LATE, LEFT, Courses
from gateway.learning.lanes import Path as Group
from gateway.learning.lanes import pinball
from tests.bench.deliveries import Deliveries, olist_purchases
from tests.bench.figures import Figure

DAY_H = 24.0


def eta_windows(data: Path) -> Iterator[Figure]:
    """Pinball loss of the latest time on the last fifth, beside that of the promise."""
    told = [each for each in _windows(olist_purchases(data)) if each[0]]
    ours = [pinball(hours, window[1], LATE) / DAY_H for window, _, hours, _ in told]
    theirs = [pinball(hours, promised, LATE) / DAY_H for _, _, hours, promised in told]
    within = _share(window[0] <= hours <= window[1] for window, _, hours, _ in told)
    by_its_end = _share(hours <= window[1] for window, _, hours, _ in told)
    later = [(again, hours) for _, again, hours, _ in told if again]
    kept = _share(hours <= promised for _, _, hours, promised in told)
    yield Figure(
        benchmark="D3",
        measured=sum(ours) / len(ours),
        unit="days",
        beside="the shop's promise",
        yardstick=sum(theirs) / len(theirs),
        note=f"{len(told)} parcels: {within} came within their window, {by_its_end} by its end; told again when it "
        f"began: {_share(hours <= again[1] for again, hours in later)} of {len(later)} by its end; the promise "
        f"held for {kept}",
    )


def _windows(of: Deliveries) -> Iterator[tuple[Any, Any, float, float]]:
    """Window, the one that was told when it began, and how many hours it took and was promised to take."""
    courses, under_way = Courses(), list[tuple[float, Group, float, float]]()
    for row, (began, took) in enumerate(zip(of.began, of.duration, strict=True)):
        while under_way and under_way[0][0] <= began:
            _, path, day, hours = heapq.heappop(under_way)
            courses.learn(path, day, hours)
        path, hours = _path(of.path[row]), float(took) * DAY_H
        if row >= of.split:
            window = courses.window(path, float(began), 0.0)
            again = courses.window(path, float(began), window[0]) if window and hours > window[0] else None
            yield window, again, hours, float(of.promised[row]) * DAY_H
        heapq.heappush(under_way, (float(began + took), path, float(began), hours))


def _path(group: Sequence[str]) -> Group:
    lane = [*group, "-", "-", "-"][: FINEST - 2]
    return (LEFT, "moving", *lane)


def _share(held: Iterable[bool]) -> str:
    found = list(held)
    return f"{sum(found) / max(len(found), 1):.3f}"
