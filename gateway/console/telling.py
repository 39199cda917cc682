"""A shipment in words: where it is, what that means, and how it stands against its promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.diversions import Diversion
from gateway.domain.handover import ServicePoint
from gateway.domain.records import ShipmentRecord
from gateway.domain.sentences import recipient_sentence
from gateway.domain.shipments import ShipmentState
from gateway.domain.timezones import recipient_zone
from gateway.domain.tracking import reasons, statuses
from gateway.services.diversions.holding import holding

TONES = {
    "pre_transit": "calm",
    "in_transit": "move",
    "problem": "warn",
    "return": "warn",
    "final": "off",
    "unknown": "calm",
}
"""By phase; some statuses have their own."""
OWN_TONES = {"delivered": "good", "exception": "bad", "failed": "bad", "expired": "bad"}
STATE_TONES = {
    ShipmentState.BOOKING: "calm",
    ShipmentState.UNCERTAIN: "bad",
    ShipmentState.NEEDS_REVIEW: "bad",
    ShipmentState.FAILED: "bad",
    ShipmentState.CANCELLING: "warn",
    ShipmentState.CANCELLED: "off",
}
STATE_WORDS = {
    ShipmentState.BOOKING: "Being booked",
    ShipmentState.UNCERTAIN: "Booking unknown",
    ShipmentState.NEEDS_REVIEW: "Needs a person",
    ShipmentState.FAILED: "No carrier took it",
    ShipmentState.CANCELLING: "Being cancelled",
    ShipmentState.CANCELLED: "Cancelled",
}
STATE_SENTENCES = {
    ShipmentState.BOOKING: "We are asking carriers to take it. That takes a few seconds.",
    ShipmentState.UNCERTAIN: "The carrier's answer was lost. We are finding out whether it took it; nobody else is "
    "asked meanwhile, so that nothing is paid twice.",
    ShipmentState.NEEDS_REVIEW: "Nobody could find out whether the carrier took it. Ask the carrier, then say here "
    "what is true.",
    ShipmentState.FAILED: "Every carrier that was asked refused or did not serve it. Nothing is charged; it can be "
    "booked again.",
    ShipmentState.CANCELLING: "The carrier was asked to take the booking back and has not answered yet.",
    ShipmentState.CANCELLED: "It was called off before it was delivered.",
}
NEXT = {
    "none": "",
    "recipient": "The recipient must act.",
    "shipper": "Your shop must act.",
    "carrier": "The carrier must act.",
    "support": "Support must act.",
}
HANDED = {
    "delivered_to_recipient": "given to the recipient",
    "delivered_signed": "signed for",
    "delivered_cod_paid": "given to the recipient, who paid",
    "delivered_neighbour": "handed to a neighbour",
    "delivered_safe_place": "left at a safe place",
    "delivered_mailbox": "put in the mailbox",
    "delivered_reception": "given to the reception",
    "delivered_alternative_location": "at another place than the address",
    "delivered_collected_by_recipient": "collected by the recipient",
    "delivered_partial": "only a part of it",
    "delivered_damaged": "with damage",
}
"""How it was handed over, by reason."""

SOON = timedelta(hours=2)
SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A status in words. `say` is a sentence for the caller, `meaning` and `then` are for us."""

    tone: str
    title: str
    meaning: str
    say: str
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The promise against what is expected now, in a word that does not need its colour."""

    tone: str
    word: str
    detail: str


def standing(shipment: ShipmentRecord) -> Standing:
    """Where a shipment stands: its booking's progress while that is open, else where the parcel is."""
    if shipment.state in STATE_TONES:
        return Standing(
            tone=STATE_TONES[shipment.state],
            title=STATE_WORDS[shipment.state],
            meaning=STATE_SENTENCES[shipment.state],
            say=_say(shipment.state),
            then=shipment.why,
        )
    status, reason = statuses()[shipment.status], reasons()[shipment.reason]
    told = handed_over(shipment) or (reason.meaning if shipment.reason != "none" else status.meaning)
    return Standing(
        tone=OWN_TONES.get(status.name, TONES[status.phase]),
        title=status.name.replace("_", " ").capitalize(),
        meaning=told,
        say=recipient_sentence(shipment.status, shipment.reason, shipment.pieces, len(shipment.shipment.parcels)),
        then=NEXT.get(reason.action_required_by, ""),
    )


def _say(state: ShipmentState) -> str:
    if state is ShipmentState.CANCELLING:
        return reasons()["cancellation_requested"].recipient_sentence
    return statuses()["cancelled" if state is ShipmentState.CANCELLED else "created"].recipient_sentence


def agreed(shipment: ShipmentRecord, wishes: Sequence[Diversion], now: datetime) -> str:
    """What the carrier has agreed to, in a sentence for the caller, times as at his door; "" where nothing holds."""
    wish = holding(shipment, wishes, now)
    if wish is None:
        return ""
    goal = wish.goal
    if isinstance(goal, ServicePoint):
        place = ", ".join(filter(None, (goal.name, goal.address.street1, goal.address.city)))
        return f"The carrier has agreed to take it to {place}; you collect it there."
    zone = recipient_zone(shipment.shipment)
    start, end = (at.astimezone(ZoneInfo(zone) if zone else UTC) for at in (goal.window.start, goal.window.end))
    until = f"{end:%H:%M}" if start.date() == end.date() else _at(end)
    return f"The carrier has agreed to bring it on {_at(start)} to {until}{'' if zone else ' UTC'}."


def _at(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B}, {at:%H:%M}"


def handed_over(shipment: ShipmentRecord) -> str:
    """When a delivered shipment was handed over, and how; "" for any other."""
    if shipment.status != "delivered" or shipment.delivered_at is None:
        return ""
    how = HANDED.get(shipment.reason, "")
    point = " at the service point" if shipment.shipment.service_point and not how else ""
    at = shipment.delivered_at.astimezone(UTC).isoformat(timespec="seconds")
    return f"Delivered at {at}{point}{', ' if how else ''}{how}."


def promise(shipment: ShipmentRecord, now: datetime) -> Promise | None:
    """On time, late, at risk, missed; None where nothing was promised or nothing will come."""
    due = shipment.deliver_by
    if due is None:
        return None
    if shipment.delivered_at is not None:
        return _kept(shipment.delivered_at - due)
    status = statuses()[shipment.status]
    if status.terminal or shipment.state in (ShipmentState.CANCELLING, ShipmentState.CANCELLED):
        return None
    if status.phase == "return":
        return Promise(tone="warn", word="Not delivered", detail="it goes back to your shop")
    if due < now:
        return Promise(tone="bad", word="Promise missed", detail=f"{span(now - due)} ago")
    over = shipment.eta.latest - due if shipment.eta else None
    return _outstanding(due - now, over, troubled=status.phase == "problem")


def _kept(late: timedelta) -> Promise:
    if late > timedelta(0):
        return Promise(tone="bad", word="Late", detail=f"{span(late)} after the promise")
    return Promise(tone="good", word="On time", detail=f"{span(-late)} before the promised end")


def _outstanding(left: timedelta, over: timedelta | None, *, troubled: bool) -> Promise:
    """A promise that can still be kept; `over` is by how much it may be missed, as things stand."""
    if over is not None and over >= SLACK:
        return Promise(tone="warn", word="At risk", detail=f"may come {span(over)} after the promise")
    if troubled:
        return Promise(tone="warn", word="At risk", detail=f"{span(left)} left")
    return Promise(
        tone="warn" if left < SOON else "good",
        word="Due soon" if left < SOON else "On time so far",
        detail=f"{span(left)} left",
    )


def summary(shipment: ShipmentRecord, now: datetime) -> str:
    """A shipment for a ticket: what is true of it, and nothing that names its recipient."""
    told, against = standing(shipment), promise(shipment, now)
    number = f", number {shipment.tracking_number}" if shipment.tracking_number else ""
    lines = [
        f"Shipment {shipment.reference or shipment.id} ({shipment.id})",
        f"Status: {told.title}. {told.meaning}",
        f"Carrier: {shipment.account}{number}" if shipment.account else "Carrier: none yet",
        f"Promised: {_utc(shipment.deliver_by)}" if shipment.deliver_by else "Promised: nothing",
    ]
    if shipment.delivered_at:
        lines.append(f"Delivered: {_utc(shipment.delivered_at)}")
    elif shipment.eta:
        lines.append(f"Expected: {_utc(shipment.eta.earliest)} to {_utc(shipment.eta.latest)}")
    return "\n".join([*lines, *([f"{against.word}, {against.detail}"] if against else ())])


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span(length: timedelta) -> str:
    """A length of time, roughly: `3 d 4 h`, `2 h 10 min`, `5 min`."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes else "less than a minute"
