"""A service point in one language: name, address and hours, the days with the same hours together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from gateway.api.recipients.view import plain
from gateway.domain.handover import WEEK_DAYS, OpeningHours, ServicePoint
from gateway.services.ports.recipients import Voice

METRES_PER_KM = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PointShown:
    """What recipients are told of a service point; `hours` by days, () where they are not known."""

    id: str
    name: str
    address: str
    away: str
    hours: Sequence[tuple[str, str]]


def shown(point: ServicePoint, voice: Voice) -> PointShown:
    """The point as it is told."""
    at = point.address
    lines = (at.street1, at.street2, f"{at.postal_code} {at.city}".strip())
    return PointShown(
        id=point.id,
        name=plain(point.name),
        address=", ".join(plain(line) for line in lines if line),
        away=""
        if point.distance_m is None
        else voice.say("divert.away", km=voice.decimal(point.distance_m / METRES_PER_KM)),
        hours=_hours(point.opening_hours, voice),
    )


def _away(metres: int | None, voice: Voice) -> str:
    return "" if metres is None else voice.say("divert.away", km=voice.decimal(metres / METRES_PER_KM))


def _hours(spans: Sequence[OpeningHours], voice: Voice) -> Sequence[tuple[str, str]]:
    """("Monday – Friday", "08:00–22:00"), closed days too."""
    if not spans:
        return ()
    by_day = [(day, _of_day(spans, day, voice)) for day in range(WEEK_DAYS)]
    told = []
    for hours, days in groupby(by_day, key=lambda each: each[1]):
        names = [voice.weekday(day) for day, _ in days]
        told.append((names[0] if len(names) == 1 else f"{names[0]} – {names[-1]}", hours))
    return told


def _of_day(spans: Sequence[OpeningHours], day: int, voice: Voice) -> str:
    mine = [span for span in spans if span.weekday == day]
    told = [f"{voice.wall(span.opens_min)}–{voice.wall(span.closes_min)}" for span in mine]
    return ", ".join(told) or voice.say("divert.closed")
