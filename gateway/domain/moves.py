"""How a shipment came to where it is: the moves of its fold, one after the other.

What its carrier said besides moved nothing: a parcel ahead of the others, a word after the last one, a word that cannot
be true. So whoever must not claim more than is so tells the moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.fold import SUCCESSORS, Course, advancement, in_order, is_about, parcels_of, step
from gateway.domain.tracking import Leg, TrackingEvent, statuses


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Since `at` the shipment is where `event` says, read as `status`. `made_by`: the event that moved it there.

    Of several parcels these two differ where the one that was behind comes on: then another one is the least advanced.
    """

    made_by: TrackingEvent
    event: TrackingEvent
    status: str
    leg: Leg

    @property
    def at(self) -> datetime:
        """When it moved."""
        return self.made_by.occurred_at

    @property
    def reason(self) -> str:
        """Why it is there."""
        return self.event.reason


def moves(events: Iterable[TrackingEvent], pieces: Sequence[str] = (), parcels: int = 1) -> Sequence[Move]:
    """The moves, oldest first; the last one leads to the shipment's `current_status`."""
    ordered = in_order(events)
    told_apart = parcels_of(ordered, pieces, parcels)
    courses = dict.fromkeys(told_apart, Course())
    found: list[Move] = []
    for event in ordered:
        for piece, course in courses.items():
            if is_about(event, piece, told_apart):
                courses[piece] = step(course, event)
        now = min(courses.values(), key=advancement)
        if now.event is not None and (not found or now.event is event or now.status != found[-1].status):
            found.append(Move(made_by=event, event=now.event, status=now.status, leg=now.leg))
    return found


def standing(events: Iterable[TrackingEvent]) -> Sequence[TrackingEvent]:
    """Events that count, oldest first: without what a person said and took back, and without its being taken back."""
    return [event for event in in_order(events) if not event.withdraws]


def takes_back(before: str, after: str) -> bool:
    """Whether a status shown after another one takes that one back: it was final, and nothing leads from it to this.

    What comes late can do that, and so can another copy of the very event that was final.
    """
    facts = statuses().get(before)
    holds = facts is not None and facts.terminal and before in SUCCESSORS
    return holds and after != before and after not in SUCCESSORS[before]
