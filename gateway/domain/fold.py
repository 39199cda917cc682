"""Where a shipment is: a fold over the set of its tracking events.

Events arrive late, twice and in any order. So the status is never "what came last" but a pure function of
the set of events of one booking: sort them, walk through them once, and let each move the shipment if it may.

The law, in the order in which it is asked:
    1. `unknown` never moves. A person's correction always does; it is dated when it is made, and counts no more once
       it is withdrawn.
    2. A scan of the return leg, and every scan once a return has begun, is read as one of the way back. The
       one exception is an outbound `delivered`: that could be the sender's door or the recipient's, so it
       moves nothing and raises `status_conflict`.
    3. A final status holds, and so does a return; `SUCCESSORS` lists what still moves each of them. Two
       different final words raise `status_conflict`, and so does a cancelled shipment that is scanned.
    4. Once the carrier holds a parcel, it is not merely booked or assigned again. Before that, crowd couriers
       come and go, and the later event decides.
    5. A remark or a courier's position (`FORWARD_ONLY`) takes a shipment on its way forward, never back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import attrgetter
from typing import NamedTuple

from gateway.domain.recycled import of_this_parcel
from gateway.domain.tracking import Leg, TrackingEvent, statuses

ONE_VISIT = timedelta(minutes=15)

PHYSICAL = frozenset(
    {
        "picked_up",
        "in_transit",
        "out_for_delivery",
        "available_for_pickup",
        "attempt_failed",
        "delivered",
        "returning",
        "returned",
    }
)
"""Statuses that say that the carrier holds the parcel or held it."""

SUCCESSORS: Mapping[str, frozenset[str]] = {
    "delivered": frozenset({"returning", "returned"}),
    "returning": frozenset({"returning", "returned", "failed", "expired"}),
    "returned": frozenset(),
    "failed": PHYSICAL | {"exception"},
    "cancelled": PHYSICAL,
}
"""What may follow the statuses that hold. Anything may follow the others, `expired` among them."""

ON_THE_WAY_BACK: Mapping[str, str] = {
    "picked_up": "returning",
    "in_transit": "returning",
    "out_for_delivery": "returning",
    "available_for_pickup": "returning",
    "attempt_failed": "returning",
    "exception": "returning",
    "returning": "returning",
    "delivered": "returned",
    "returned": "returned",
    "failed": "failed",
    "expired": "expired",
}
"""A status told on the return leg -> what it says of the shipment. A return only announced says nothing."""

CONTRADICTORY = frozenset({"delivered", "returned", "failed", "cancelled"})
"""Final words of which only one can be true. (`expired` only says that nobody spoke.)"""

PROGRESS_PHASES = frozenset({"pre_transit", "in_transit", "return"})

FORWARD_ONLY: Mapping[str, int] = {
    "carrier_message": 1,
    "courier_nearby": 0,
    "courier_at_pickup": 0,
    "courier_at_dropoff": 0,
}
"""Reasons that never take a shipment back -> by how much the event's rank must exceed the shipment's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentStatus:
    """Where a shipment is and why, as its events tell it. Without any telling event: `unknown`, nothing else.

    `occurred_at` and `event_id` are those of the event that decided. `attempts` counts the courier's visits
    at the recipient's door (`visits`: when), the successful one included: one attempt is first-attempt success.
    `delivered_at` is when the last parcel was handed over. `last_progress_status` is how far it had come,
    untouched by exceptions and failed attempts. `status_conflict` asks a person to look. `pieces` has each
    parcel's own status where parcels are known by number.
    """

    status: str = "unknown"
    reason: str = "none"
    phase: str = "unknown"
    terminal: bool = False
    occurred_at: datetime | None = None
    event_id: str = ""
    attempts: int = 0
    visits: tuple[datetime, ...] = ()
    first_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    last_progress_status: str = "unknown"
    status_conflict: bool = False
    leg: Leg = Leg.OUTBOUND
    pieces: Mapping[str, str] = field(default_factory=dict)


class Course(NamedTuple):
    """How far one parcel has come while its events are walked through. A tuple: one is made for every event."""

    event: TrackingEvent | None = None
    status: str = "unknown"
    reached: str = "unknown"
    leg: Leg = Leg.OUTBOUND
    in_custody: bool = False
    conflict: bool = False
    delivered_at: datetime | None = None
    failed_visits: frozenset[datetime] = frozenset()

    @property
    def progress(self) -> str:
        """The last step it made, problems and bad ends left out."""
        return self.status if self.status in ("delivered", "returned") else self.reached


def current_status(events: Iterable[TrackingEvent], pieces: Sequence[str] = (), parcels: int = 1) -> CurrentStatus:
    """Fold the events of one booking into its status: the same for any order, duplication or lateness.

    `pieces` are the numbers of its parcels as far as they are known; while one lacks its own, numbers named by events
    are added. An event without a piece tells about all of them. The least advanced parcel decides, so a shipment is
    delivered when every parcel is; those of the `parcels` without a number are where the events without a piece say.
    """
    ordered = in_order(events)
    told_apart = parcels_of(ordered, pieces, parcels)
    known = [piece for piece in told_apart if piece]
    courses = [
        reduce(step, (each for each in ordered if is_about(each, piece, told_apart)), Course()) for piece in told_apart
    ]
    decided = min(courses, key=advancement)
    visits = _visits(courses)
    if decided.event is None:
        return CurrentStatus(pieces=_by_piece(known, courses))
    facts = statuses()[decided.status]
    return CurrentStatus(
        status=decided.status,
        reason=decided.event.reason,
        phase=facts.phase,
        terminal=facts.terminal,
        occurred_at=decided.event.occurred_at,
        event_id=decided.event.event_id,
        attempts=len(visits),
        visits=tuple(visits),
        first_attempt_at=visits[0] if visits else None,
        delivered_at=_delivered_at(courses),
        last_progress_status=decided.progress,
        status_conflict=any(course.conflict for course in courses),
        leg=decided.leg,
        pieces=_by_piece(known, courses),
    )


def parcels_of(events: Iterable[TrackingEvent], pieces: Sequence[str], parcels: int) -> Sequence[str]:
    """Their numbers, last "" where not every one has one; once all have, one that a scan names besides is of none."""
    booked = {*pieces} - {""}
    known = sorted(booked if len(booked) >= max(parcels, 1) else {*booked, *(event.piece for event in events)} - {""})
    return [*known, ""] if len(known) < max(parcels, 1) else known


def is_about(event: TrackingEvent, piece: str, told_apart: Sequence[str]) -> bool:
    """Whether it tells about this parcel: names it, or none; of a single one, whatever it calls it."""
    return event.piece in ("", piece) or len(told_apart) == 1


def sort_key(event: TrackingEvent) -> tuple[datetime, bool, int, str, str, str, str, str, str, str]:
    """Time, then rank, then id; the rest makes the order total. A correction has the last word of its moment.

    Of two copies of one `event_id`, the one with the smaller key is kept, whichever came first.
    """
    return (
        event.occurred_at,
        event.correction,
        statuses()[event.status].rank,
        event.event_id,
        event.status,
        event.reason,
        event.leg,
        event.piece,
        event.occurred_at.isoformat(),
        event.withdraws,
    )


def in_order(events: Iterable[TrackingEvent]) -> list[TrackingEvent]:
    """Each event of this parcel once, in order, without the corrections that were withdrawn."""
    copies: dict[str, TrackingEvent] = {}
    for event in of_this_parcel(events):
        known = copies.get(event.event_id)
        copies[event.event_id] = event if known is None else min(known, event, key=sort_key)
    withdrawn = {event.withdraws for event in copies.values()} - {""}
    kept = [event for event in copies.values() if not (event.correction and event.event_id in withdrawn)]
    apart = len({event.occurred_at for event in kept}) == len(kept)  # as most are: the whole key is dear
    return sorted(kept, key=attrgetter("occurred_at") if apart else sort_key)


def step(course: Course, event: TrackingEvent) -> Course:
    """Take one event into account, in order."""
    status = _told(course, event)
    if status == "unknown":
        return course
    if status == "attempt_failed":
        course = course._replace(failed_visits=course.failed_visits | {event.occurred_at})
    if event.correction:
        return _moved(_corrected(course, status), status, event)
    if _may_follow(course, status, event):
        if course.status == "cancelled" and not course.conflict:  # it is scanned after all
            course = course._replace(conflict=True)
        return _moved(course, status, event)
    return course._replace(conflict=True) if _contradicts(course, status) else course


def _corrected(course: Course, status: str) -> Course:
    """What a person's word leaves of the course: no conflict, and no delivery unless it now goes back."""
    handed_over = course.delivered_at if status in ("returning", "returned") else None
    return course._replace(leg=Leg.OUTBOUND, in_custody=False, conflict=False, delivered_at=handed_over)


def _told(course: Course, event: TrackingEvent) -> str:
    """What an event says about the shipment: its status, read as the way back where it is one."""
    if event.correction:
        return event.status
    if event.leg is Leg.OUTBOUND and (course.leg is Leg.OUTBOUND or event.status == "delivered"):
        return event.status
    return ON_THE_WAY_BACK.get(event.status, "unknown")


def _may_follow(course: Course, status: str, event: TrackingEvent) -> bool:
    if status not in SUCCESSORS.get(course.status, (status,)):
        return False
    if course.leg is Leg.RETURN and status == "delivered":
        return False
    facts, now = statuses()[status], statuses()[course.status]
    if course.in_custody and facts.phase == "pre_transit":
        return False
    return now.terminal or event.reason not in FORWARD_ONLY or facts.rank - now.rank >= FORWARD_ONLY[event.reason]


def _contradicts(course: Course, status: str) -> bool:
    """Whether an event that may not move the shipment says what cannot be true beside its status."""
    if course.leg is Leg.RETURN and status == "delivered":
        return True
    return course.status != status and {course.status, status} <= CONTRADICTORY


def _moved(course: Course, status: str, event: TrackingEvent) -> Course:
    back = status in ("returning", "returned") or event.leg is Leg.RETURN
    return Course(
        event=event,
        status=status,
        reached=status if statuses()[status].phase in PROGRESS_PHASES else course.reached,
        leg=Leg.RETURN if back else course.leg,
        in_custody=course.in_custody or status in PHYSICAL,
        conflict=course.conflict,
        delivered_at=event.occurred_at if status == "delivered" else course.delivered_at,
        failed_visits=course.failed_visits,
    )


def advancement(course: Course) -> tuple[int, bool, float]:
    """Least first. Of the final words `delivered` is the furthest; of two alike the later speaks for both."""
    age = -course.event.occurred_at.timestamp() if course.event else 0.0
    return (statuses()[course.status].rank, course.status == "delivered", age)


def _visits(courses: Sequence[Course]) -> list[datetime]:
    """When the courier was at the recipient's door.

    Reports within a quarter of an hour of a visit's first one are that visit: several parcels, several scans,
    or a neighbour who took it in after all. A failed attempt counts even where it may not move the shipment.
    """
    moments = {moment for course in courses for moment in course.failed_visits}
    moments |= {course.delivered_at for course in courses if course.delivered_at}
    visits: list[datetime] = []
    for moment in sorted(moments):
        if not visits or moment - visits[-1] >= ONE_VISIT:
            visits.append(moment)
    return visits


def _delivered_at(courses: Sequence[Course]) -> datetime | None:
    moments = [course.delivered_at for course in courses if course.delivered_at]
    return max(moments) if len(moments) == len(courses) else None


def _by_piece(known: Sequence[str], courses: Sequence[Course]) -> Mapping[str, str]:
    return {piece: course.status for piece, course in zip(known, courses, strict=False)}
