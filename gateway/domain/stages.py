"""The stages of a way to the door, as events tell them: what is still to be expected depends on how far it has come.

A stage begins with its first event and is left by the first event of another one. `booked` ends for good when the
carrier holds the parcel, and a parcel whose delivery failed is `attempted` until it is out again, wherever it waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from gateway.domain.fold import sort_key
from gateway.domain.recycled import of_this_parcel
from gateway.domain.tracking import TrackingEvent

STAGES: Mapping[str, str] = {
    "created": "booked",
    "booked": "booked",
    "assigned": "booked",
    "pickup_in_progress": "booked",
    "picked_up": "moving",
    "in_transit": "moving",
    "out_for_delivery": "out",
    "attempt_failed": "attempted",
    "available_for_pickup": "waiting",
    "returning": "back",
}
"""The stage that a status begins or goes on with. `exception` says nothing of the stage, and final ones end the way."""

EXPECTED = frozenset({"booked", "moving", "out", "attempted"})
"""Stages in which the carrier is to bring it. `waiting` is for the recipient, `back` for the sender."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the way, when it began, and when something was last heard in it."""

    name: str
    began: datetime
    heard: datetime


def stages(events: Iterable[TrackingEvent]) -> Sequence[Stage]:
    """The stages a shipment went through, in their order; none before the first telling event."""
    found: list[Stage] = []
    for event in sorted(of_this_parcel(events), key=sort_key):
        if event.status == "unknown":
            continue
        last = found[-1] if found else None
        name = _entered(last.name if last else "", STAGES.get(event.status, ""))
        if last is not None and name == last.name:
            found[-1] = Stage(name, last.began, event.occurred_at)
        elif name:
            found.append(Stage(name, event.occurred_at, event.occurred_at))
    return found


def silences(events: Iterable[TrackingEvent]) -> Sequence[tuple[str, float]]:
    """How many hours it was silent between one event and the next, with the stage in which it was."""
    telling = sorted((event for event in of_this_parcel(events) if event.status != "unknown"), key=sort_key)
    found: list[tuple[str, float]] = []
    name = ""
    for event, following in pairwise(telling):
        name = _entered(name, STAGES.get(event.status, ""))
        if name:
            found.append((name, (following.occurred_at - event.occurred_at).total_seconds() / 3600))
    return found


def _entered(now: str, told: str) -> str:
    """The stage after an event that tells of a stage ("": of none)."""
    if not told or (told == "booked" and now) or (told == "moving" and now == "attempted"):
        return now
    return told
