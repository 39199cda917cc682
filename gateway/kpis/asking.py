"""What carriers' answers to bookings add to each figure. The words for it are in `definitions.toml`."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.kpis.facts import Asked
from gateway.kpis.measures import MINUTES, Part

ASKED = frozenset({"accepted", "refused", "unavailable", "uncertain", "cancelled"})
"""Answers to a booking; `offered` waits for one. What was cancelled had been taken before."""

TAKEN = frozenset({"accepted", "cancelled"})
API_TIME = "api_time"
LENGTHS = frozenset({*MINUTES, API_TIME})
"""Measures that are no sums: each length that occurred is kept."""


def answers(of: Asked) -> Mapping[str, Part]:
    """What bookings asked for add; nothing while they wait for an answer."""
    if of.answer not in ASKED:
        return {}
    return {
        "api_health": Part(of.times if of.answer in TAKEN else 0, of.times),
        "api_unknown": Part(of.times if of.answer == "uncertain" else 0, of.times),
        "failover": Part(of.times if of.passed_on else 0, of.times),
    }


def asked_sides(measure: str, of: Asked) -> tuple[bool, bool]:
    """Likewise of bookings asked for."""
    if measure == API_TIME:
        return False, of.answer_ms is not None
    part = answers(of).get(measure)
    return part is not None and part.above > 0, part is not None and part.below > 0
