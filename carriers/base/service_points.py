"""What carriers' searches for service points have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.domain.handover import OpeningHours, ServicePoint

DAY_MIN = 24 * 60
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*[-–—]\s*(\d{1,2}):(\d\d)")


def closest(points: Iterable[ServicePoint], radius_m: int, limit: int) -> tuple[ServicePoint, ...]:
    """Those within the radius, nearest first; one whose distance nobody measured counts as within and comes last."""
    within = [point for point in points if point.distance_m is None or point.distance_m <= radius_m]
    within.sort(key=lambda point: (point.distance_m is None, point.distance_m or 0))
    return tuple(within[:limit])


def opening_hours(weekday: int, text: str) -> tuple[OpeningHours, ...]:
    """The hours of a day (0 = Monday), written as "08:00-12:00, 13:00-17:00"; a span that does not run on is none."""
    spans = [(int(h1) * 60 + int(m1), int(h2) * 60 + int(m2)) for h1, m1, h2, m2 in _SPAN.findall(text)]
    return tuple(
        OpeningHours(weekday=weekday, opens_min=opens, closes_min=closes)
        for opens, closes in spans
        if opens < closes <= DAY_MIN
    )
