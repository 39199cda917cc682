"""What tells how large a map is and where it lies: lines of latitude and longitude, and a bar of so many kilometres."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.console.atlas.clipping import Box

STEPS_DEG = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
STEPS_KM = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
KM_A_DEGREE = 111.195
"""Of latitude, on a sphere of 6,371 km. Source: its circumference by 360."""
LINES = 4
LONGEST_BAR = 0.3
"""Of the picture's width."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the grid: whether it runs from north to south, where (in degrees), and how that is written."""

    upright: bool
    at: float
    text: str


def grid(frame: Box) -> Iterator[Mark]:
    """Lines at round degrees, at most four or five of either."""
    for upright, first, last, signs in (
        (True, frame.west, frame.east, "EW"),
        (False, frame.south, frame.north, "NS"),
    ):
        step = next((each for each in STEPS_DEG if (last - first) / each <= LINES), STEPS_DEG[-1])
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        for at in _between(first, last, step):
            sign = "" if at == 0 else signs[at < 0]
            yield Mark(upright, at, f"{abs(at):.{digits}f}°{sign}")


def bar(px_a_degree: float, width: int) -> tuple[float, str]:
    """How long it is in pixels, and how far that is."""
    px_a_km = px_a_degree / KM_A_DEGREE
    km = next((each for each in reversed(STEPS_KM) if each * px_a_km <= width * LONGEST_BAR), STEPS_KM[0])
    return round(km * px_a_km, 1), f"{km:,g} km".replace(",", "\u202f")


def _between(first: float, last: float, step: float) -> Sequence[float]:
    begin = math.ceil(first / step)
    return [round(number * step, 6) for number in range(begin, math.floor(last / step) + 1)]
