"""A sight in one language: every word and number that the template puts on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gateway.domain.recipients import Expected
from gateway.domain.records import ShipmentRecord
from gateway.domain.sentences import delivered_of
from gateway.domain.tracking import Leg, TrackingEvent, reasons, statuses
from gateway.services.ports.recipients import Voice
from gateway.services.recipients.pages import Sight, recent

WEB = re.compile(r"https?://[^\s\"'<>]+")
LONGEST_TEXT = 500
METRES_PER_KM, NEAREST_KM = 1000, 0.1
INVISIBLE = re.compile("[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]+")
"""Control characters, and those that turn the direction of what follows. Source: Unicode 15, Bidi_Control."""

WAITING = ("unknown", "pre_transit", "in_transit", "problem")
"""Phases in which a time of delivery is to be expected."""

BACK = ("returning", "returned")
"""Statuses that say by themselves that it goes back."""

TONES = {"delivered": "good", "returned": "calm", "cancelled": "calm", "failed": "bad", "expired": "bad"}
ICONS = {
    "delivered": "check",
    "out_for_delivery": "van",
    "available_for_pickup": "shop",
    "returning": "back",
    "returned": "back",
    "cancelled": "cross",
    "failed": "cross",
}


def plain(text: str) -> str:
    """Text from outside as text: no invisible characters, not too long."""
    return " ".join(INVISIBLE.sub(" ", text[:LONGEST_TEXT]).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the history."""

    at: str
    clock: str
    told: str
    place: str
    words: str
    back: bool


def view(sight: Sight, voice: Voice) -> dict[str, Any]:
    """What the template needs."""
    shipment = sight.shipment
    destination = shipment.shipment.destination
    phase = statuses()[shipment.status].phase
    name = plain(destination.name or destination.company)
    return {
        "title": voice.say(f"title.{shipment.status}"),
        "sentence": _sentence(sight, voice),
        "tone": _tone(shipment, phase),
        "icon_name": ICONS.get(shipment.status, "alert" if phase == "problem" else "parcel"),
        "act": _act(sight, voice, phase),
        "conflict": voice.say("page.conflict") if shipment.status_conflict else "",
        "when": when(sight, voice, phase),
        "steps": [
            (voice.say(f"step.{step.name}"), step.state, voice.say(f"page.{step.state}")) for step in sight.steps
        ],
        "recipient": voice.say("page.recipient_in", initial=name[:1].upper(), city=plain(destination.city))
        if name and destination.city and not shipment.return_of
        else plain(destination.city),
        "carrier": sight.carrier,
        "number": plain(shipment.tracking_number),
        "carrier_url": shipment.carrier_tracking_url if WEB.fullmatch(shipment.carrier_tracking_url) else "",
        "needs_code": shipment.shipment.requirements.pin and phase in WAITING and bool(sight.carrier),
        "parcels": len(shipment.shipment.parcels),
        "attempts": shipment.attempts,
        "days": _days(sight, voice),
        "zone": str(sight.zone).replace("_", " "),
        "missed": _missed(sight, voice),
    }


def _sentence(sight: Sight, voice: Voice) -> str:
    """What has happened; before it how many parcels have arrived, where some have not."""
    shipment = sight.shipment
    told = voice.sentence(shipment.status, shipment.reason)
    delivered, parcels = delivered_of(shipment.status, shipment.pieces, len(shipment.shipment.parcels))
    return f"{voice.say('page.some_delivered', n=delivered, all=parcels)} {told}" if 0 < delivered < parcels else told


def _tone(shipment: ShipmentRecord, phase: str) -> str:
    """How it is coloured: what is contradicted is no good news yet."""
    tone = TONES.get(shipment.status, "bad" if phase == "problem" else "calm")
    return "calm" if tone == "good" and shipment.status_conflict else tone


def _missed(sight: Sight, voice: Voice) -> dict[str, Any]:
    """What became of the recipient's "not received": sentences, and which form follows; {} where he never said so."""
    missed = sight.missed
    if missed is None:
        return {}
    told = voice.day(missed.told_at)
    if missed.closed_at is not None:
        return {"closed": voice.say("missing.closed", told=told, closed=voice.day(missed.closed_at))}
    added = [voice.say("missing.added")] if missed.added else []
    enough = [voice.say("missing.enough")] if missed.enough else []
    return {"told": [voice.say("missing.told", day=told), *added, *enough], "enough": missed.enough}


def _act(sight: Sight, voice: Voice, phase: str) -> str:
    """Who must do something now; "" while nothing is wrong."""
    who = reasons()[sight.shipment.reason].action_required_by
    return voice.say(f"act.{who}") if phase == "problem" and who != "none" else ""


def when(sight: Sight, voice: Voice, phase: str) -> dict[str, str]:
    """The answer to "when": a label, the day, the time of day, and a note; {} where there is nothing to say."""
    shipment = sight.shipment
    if shipment.status == "delivered":
        at = shipment.delivered_at or shipment.status_at
        return {"label": voice.say("title.delivered"), "day": voice.day(at), "time": voice.clock(at)} if at else {}
    if phase not in WAITING or shipment.status == "available_for_pickup" or sight.over:
        return {}
    if sight.expected is None:
        told = voice.say("page.new_time" if phase == "problem" else "page.no_time")
        return {"calm": told, "near": _near(sight, voice)}
    return {**_expected(sight.expected, voice), "near": _near(sight, voice)}


def _near(sight: Sight, voice: Voice) -> str:
    """How far away the driver is, in words; the page has no map."""
    if sight.near is None:
        return ""
    km = max(sight.near.apart_m / METRES_PER_KM, NEAREST_KM)
    return voice.say("page.near", time=voice.clock(sight.near.at), km=voice.decimal(km))


def _expected(found: Expected, voice: Voice) -> dict[str, str]:
    told = {"label": voice.say("page.expected_then" if found.overdue else "page.expected"), "day": voice.day(found.end)}
    if found.start is not None and not voice.same_day(found.start, found.end):
        told["day"] = voice.say("page.days", start=voice.day(found.start), end=voice.day(found.end))
    elif found.start is not None:
        told["time"] = voice.say("page.between", start=voice.clock(found.start), end=voice.clock(found.end))
    elif not voice.ends_the_day(found.end):
        told["time"] = voice.say("page.by", time=voice.clock(found.end))
    if found.overdue:
        told["note"] = voice.say("page.overdue")
    elif found.agreed and found.promised_by is not None:
        told["calm"] = voice.say("page.as_wished", day=voice.day(found.promised_by))
    elif found.late and found.promised_by is not None:
        told["note"] = voice.say("page.late", day=voice.day(found.promised_by))
    return told


def _days(sight: Sight, voice: Voice) -> list[tuple[str, list[Line]]]:
    """The history by days, the newest first; the same news of the same minute once."""
    lines = [(voice.date(event.occurred_at), _line(event, voice)) for event in recent(sight.events)]
    return [(day, _once([line for _, line in found])) for day, found in groupby(lines, key=lambda each: each[0])]


def _once(lines: Sequence[Line]) -> list[Line]:
    seen: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        seen.setdefault((line.clock, line.told, line.place), line)
    return list(seen.values())


def _line(event: TrackingEvent, voice: Voice) -> Line:
    place = event.place
    return Line(
        at=event.occurred_at.isoformat(),
        clock=voice.clock(event.occurred_at),
        told=voice.sentence(event.status, event.reason),
        place=plain(place.city) if place else "",
        words=plain(event.description) if event.carrier_code else "",
        back=event.leg is Leg.RETURN and event.status not in BACK,
    )
