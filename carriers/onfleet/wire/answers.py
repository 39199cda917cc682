"""Onfleet's answers -> our words: pairs of tasks as bookings, refusals. Pure functions.

Source: docs.onfleet.com (errors, tasks); request.py of github.com/onfleet/pyonfleet@ae49be8 for the ranges of codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    Cancellation,
    CancellationState,
    CarrierError,
    RateLimited,
    Reading,
    Reply,
    ShipmentRejected,
    UnknownReference,
)

# Ranges of the number in an error. What is invalid or cannot be found while a task is made; credentials and rights;
# no room for automatic assignment; too many calls. 2500 and above is the server's own trouble.
INVALID, CREDENTIALS, NO_ROOM, THROTTLED = range(1000, 1100), range(1100, 1400), range(2218, 2219), range(2300, 2400)
ACTIVE = 2
# A moment in ms up to the end of the year 2199, as for any other time.
LAST_MS = 7_258_118_400_000


def moment(task: Reading, key: str) -> datetime | None:
    """A time in milliseconds since 1970, or None."""
    value = task.maybe_integer(key)
    return datetime.fromtimestamp(value / 1000, UTC) if value is not None and 0 < value < LAST_MS else None


def booking(dropoff: Reading, tender_reference: str) -> Booking:
    """A pair of tasks as a booking, by the dropoff: it is what the recipient waits for, and it names the pickup."""
    id_ = dropoff.text("id")
    return Booking(
        ref=BookingRef(carrier_reference=id_, tracking_number=id_, tender_reference=tender_reference),
        deliver_by=moment(dropoff, "completeBefore"),
        tracking_url=dropoff.maybe_link("trackingURL"),
    )


def pair(tasks: Sequence[Reading], tender_reference: str) -> Reading | None:
    """The dropoff of a whole pair among the tasks that carry our reference; None where there is no task.

    Copies (another attempt, a return) carry it too and are told by the task they were made from.

    Raises:
        UnknownReference: a half, or more than one pair: broken off, or not all in the search yet. It is asked again,
            and left to a person when it stays so; to an account's health it says nothing.
    """
    own = [task for task in tasks if not task.maybe_text("sourceTaskId")]
    if not tasks:
        return None
    pickups = [task for task in own if task.boolean("pickupTask", False)]
    dropoffs = [task for task in own if not task.boolean("pickupTask", False)]
    if len(pickups) != 1 or len(dropoffs) != 1:
        ids = ", ".join(task.maybe_text("id") for task in tasks)
        raise UnknownReference(
            f"Onfleet has {len(pickups)} pickup and {len(dropoffs)} dropoff tasks for {tender_reference}: {ids}"
        )
    return dropoffs[0]


def lone_pickup(tasks: Sequence[Reading]) -> str:
    """The pickup that is the only task of its reference; "" where there is none, or anything beside it."""
    alone = len(tasks) == 1 and tasks[0].boolean("pickupTask", False) and not tasks[0].maybe_text("sourceTaskId")
    return tasks[0].maybe_text("id") if alone else ""


def texts(task: Reading, key: str) -> list[str]:
    """The texts of an array, such as the ids of tasks that must be done before; [] where there is none."""
    listed = task.maybe(key)
    return [text for text in listed.raw if isinstance(text, str)] if listed and isinstance(listed.raw, list) else []


def begun(tasks: Sequence[Reading]) -> Cancellation | None:
    """Too late, when a courier is on the way for one of them or has done it."""
    states = [task.maybe_integer("state") for task in tasks]
    if any(state is not None and state >= ACTIVE for state in states):
        return Cancellation(state=CancellationState.TOO_LATE, why="a courier has begun a task of it")
    return None


def refusal(reply: Reply) -> CarrierError | None:
    """What an error body means, by the number in it; None leaves it to the HTTP status.

    `message` is an object with number, sentence and cause; sometimes only a sentence.
    """
    try:
        body = reply.reading()
    except BadCarrierResponse:
        return None
    detail = body.maybe("message") or Reading({})
    number, word = detail.maybe_integer("error"), body.maybe_text("code")
    sentences = (body.maybe_text("message"), detail.maybe_text("message"), detail.maybe_text("cause"))
    said = " ".join(sentence for sentence in sentences if sentence)
    if number is None or reply.status >= 500 or reply.status in (404, 429):
        return None
    code, sentence = str(number), f"Onfleet: {said or word}"
    if number in CREDENTIALS:
        return AuthenticationFailed(sentence, carrier_code=code, carrier_message=said)
    if number in THROTTLED:
        return RateLimited(sentence, carrier_code=code, carrier_message=said)
    if number in INVALID or number in NO_ROOM:
        return ShipmentRejected(sentence, reasons=[said] if said else [], carrier_code=code, carrier_message=said)
    return None
