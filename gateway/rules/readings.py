"""How the fields of conditions are read off what is asked and off a candidate: in base units, None where not known."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.postcodes import normalised
from gateway.domain.quotes import ServiceLevel
from gateway.domain.values import Address
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context

Reading = Callable[[Context, Candidate], Any]
"""Readers of what is asked leave the candidate alone."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CAPABILITIES = (
    "signature",
    "age_check",
    "id_check",
    "photo",
    "pin",
    "cash_on_delivery",
    "temperature",
    "two_person",
    "service_points",
)
"""What a carrier's profile may say that it can do, by the names there."""

EARTH_M = 6_371_008.8
"""Mean radius. Source: IUGG, R1 of GRS 80."""


def seconds_up(span: timedelta) -> int:
    """Whole seconds, rounded up: what is late by anything is late by a second."""
    return -(-span // timedelta(seconds=1))


def parts(chance: float | None) -> int | None:
    """A probability in parts of 10,000, a half to the even one."""
    return None if chance is None else round(chance * 10_000)


def longest_side(context: Context, _: Candidate) -> int | None:
    """In mm; of the sides that are known."""
    return max(max(parcel.dimensions_mm) for parcel in context.shipment.parcels) or None


def girth(context: Context, _: Candidate) -> int | None:
    """Length and girth in mm: a parcel's longest side and twice the other two; of the largest parcel."""
    parcels = [sorted(parcel.dimensions_mm) for parcel in context.shipment.parcels]
    if any(not sides[0] for sides in parcels):
        return None
    return max(sides[2] + 2 * (sides[0] + sides[1]) for sides in parcels)


def volume(context: Context, _: Candidate) -> int | None:
    """In mm3, of all parcels; None when one's is not known."""
    volumes = [parcel.volume_mm3 for parcel in context.shipment.parcels]
    return sum(volumes) if all(volumes) else None


def chargeable(context: Context, candidate: Candidate) -> int:
    """In g, of all parcels, by the carrier's dimensional divisor."""
    divisor = candidate.limits.dimensional_divisor_cm3_per_kg
    return sum(parcel.chargeable_weight_g(divisor) for parcel in context.shipment.parcels)


def value(context: Context, _: Candidate) -> int | None:
    """Declared, in the policy's currency; None where it has no exchange rate."""
    declared = context.shipment.value
    return None if declared is None else context.market.minor(declared)


def tags(context: Context, _: Candidate) -> frozenset[str]:
    """The shipment's metadata `tags`, parted by commas."""
    return frozenset(tag.strip() for tag in context.shipment.metadata.get("tags", "").split(",") if tag.strip())


def needed(context: Context, _: Candidate) -> frozenset[str]:
    """What the handover must include, as capabilities."""
    needs = context.shipment.requirements
    wanted = (
        needs.signature,
        needs.min_age is not None,
        needs.id_check,
        needs.photo,
        needs.pin,
        needs.cash_on_delivery is not None,
        needs.temperature != "ambient",
        needs.two_person,
        bool(context.shipment.service_point),
    )
    return frozenset(name for name, asked in zip(CAPABILITIES, wanted, strict=True) if asked)


def abilities(_: Context, candidate: Candidate) -> frozenset[str]:
    """What the candidate's carrier can do."""
    return frozenset(name for name in CAPABILITIES if getattr(candidate.features, name))


def distance(context: Context, _: Candidate) -> int | None:
    """Great circle from origin to destination in m, by the haversine formula."""
    ends: list[float] = []
    for place in (context.shipment.origin, context.shipment.destination):
        if place.latitude is None or place.longitude is None:
            return None
        ends += (math.radians(place.latitude), math.radians(place.longitude))
    lat_a, lon_a, lat_b, lon_b = ends
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return round(2 * EARTH_M * math.asin(min(1.0, math.sqrt(half))))


def window_end(context: Context, _: Candidate) -> int | None:
    """Seconds from ready to the end of the window that was asked for."""
    return None if context.window is None else seconds_up(context.window.end - context.ready_at)


def promise(context: Context, candidate: Candidate) -> int | None:
    """Seconds from ready to the promise."""
    by = candidate.rate.deliver_by
    return None if by is None else seconds_up(by - context.ready_at)


def after_window(context: Context, candidate: Candidate) -> int | None:
    """Seconds from the end of the window that was asked for to the promise; at most 0 when it is in time."""
    by, window = candidate.rate.deliver_by, context.window
    return None if by is None or window is None else seconds_up(by - window.end)


def promise_days(context: Context, candidate: Candidate) -> int | None:
    """Calendar days of the origin's zone from ready to the promise: 0 is the same day."""
    by, zone = candidate.rate.deliver_by, context.timezone
    if by is None or zone is None:
        return None
    return (by.astimezone(zone).date() - context.ready_at.astimezone(zone).date()).days


def co2e(_: Context, candidate: Candidate) -> int | None:
    """In g: what the carrier states, else what a model says."""
    stated = candidate.rate.co2e_g
    return candidate.outlook.co2e_g if stated is None else stated


def transit(quantile: str) -> Reading:
    """A quantile of the time from ready to the door, in seconds, from our own history."""

    def read(_: Context, candidate: Candidate) -> int | None:
        hours: float | None = getattr(candidate.outlook, quantile)
        return None if hours is None else round(hours * 3600)

    return read


def local(moment: Callable[[Context], datetime], part: Callable[[datetime], Any]) -> Reading:
    """A part of a moment in the origin's zone; None where that zone is not known."""

    def read(context: Context, _: Candidate) -> Any:
        return None if context.timezone is None else part(moment(context).astimezone(context.timezone))

    return read


def address(side: str, part: str) -> Reading:
    """A part of the origin's or destination's address, "" being None; postcodes without blanks."""

    def read(context: Context, _: Candidate) -> Any:
        place: Address = getattr(context.shipment, side)
        found = getattr(place, part)
        if part == "postal_code":
            found = normalised(found)
        return None if found == "" else found

    return read


def facility(context: Context, _: Candidate) -> str | None:
    """Which store or warehouse it leaves: the code of the facility, else the origin's company, or else its name."""
    origin = context.shipment.origin
    return context.shipment.facility or origin.company or origin.name or None


def service_words() -> tuple[str, ...]:
    """Our service levels, fastest first."""
    return tuple(level.value for level in ServiceLevel)
