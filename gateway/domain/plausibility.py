"""Whether a shipment's story can be believed: stuck, faster than can be, delivered far from its address, late.

Pure: events, addresses and a moment; the limits are in `plausibility.toml` beside this file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.domain.distance import arc_m
from gateway.domain.stages import Stage
from gateway.domain.tracking import Leg, ProofOfDelivery, TrackingEvent
from gateway.domain.values import Address

STUCK, TOO_FAST, FAR, AT_RISK = "stuck", "too_fast", "delivered_far", "promise_at_risk"
UNPROVEN = "unproven"
KINDS = (STUCK, TOO_FAST, FAR, AT_RISK, UNPROVEN)
"""The kinds of cases."""

ALPHA_2 = 2
"""Letters of a country's code. Whoever writes its name says the same in another way."""
IN_CUSTODY = frozenset({"picked_up", "in_transit", "out_for_delivery"})


@cache
def _limits() -> Mapping[str, Any]:
    return tomllib.loads(files("gateway.domain").joinpath("plausibility.toml").read_text("utf-8"))


def longest_silence(stage: str, learnt_h: float | None) -> timedelta:
    """How long it may be silent in a stage: what was learnt there, within limits, else what is usual."""
    silence = _limits()["silence"]
    usual = silence[stage]
    if learnt_h is None:
        return timedelta(hours=usual)
    return timedelta(hours=min(max(learnt_h, usual * silence["least_share"]), usual * silence["most_share"]))


def stuck(stage: Stage, longest: timedelta, now: datetime) -> str:
    """Why it is stuck; "" while it is not."""
    silent = now - stage.heard
    if silent < longest:
        return ""
    return f"no event for {_hours(silent)}; 19 of 20 are heard of within {_hours(longest)} in this stage ({stage.name})"


def too_fast(events: Iterable[TrackingEvent], apart_m: float | None, shortest_h: float | None = None) -> str:
    """Why it was delivered faster than can be; "" where it was not. `shortest_h`: one in a hundred is that fast.

    `apart_m`: between its origin and destination, where both are known.
    """
    told = [event for event in events if event.leg is Leg.OUTBOUND and not event.correction]
    held = min((event.occurred_at for event in told if event.status in IN_CUSTODY), default=None)
    delivered = max((event.occurred_at for event in told if event.status == "delivered"), default=None)
    if held is None or delivered is None:
        return ""
    limits, took = _limits()["speed"], delivered - held
    distance_km = (apart_m or 0) / 1000
    if distance_km >= limits["least_km"] and distance_km > limits["most_km_h"] * max(took / timedelta(hours=1), 0.0):
        return f"delivered {_since(took)} the carrier's first scan, {distance_km:.0f} km away"
    if took < timedelta(minutes=limits["least_min"]):
        return f"delivered {_since(took)} the carrier's first scan"
    if shortest_h is not None and took < timedelta(hours=shortest_h / 4):
        return f"delivered {_since(took)} the carrier's first scan; 99 of 100 take longer than {shortest_h:.1f} h"
    return ""


def delivered_far(events: Iterable[TrackingEvent], destination: Address, proof: ProofOfDelivery | None = None) -> str:
    """Why the place of the delivery is not the recipient's; "" where it is, or nobody knows.

    The place of the proof counts before that of the scan, which may be a depot's.
    """
    proven = _apart(proof.latitude, proof.longitude, destination) if proof else None
    if proven is not None:
        return _too_far(proven)
    for event in events:
        place = event.place
        if event.status != "delivered" or event.leg is not Leg.OUTBOUND or event.correction or place is None:
            continue
        if len(place.country) == ALPHA_2 and place.country.upper() != destination.country:
            return f"delivered in {place.country.upper()}, addressed to {destination.country}"
        apart = _apart(place.latitude, place.longitude, destination)
        if apart is not None and _too_far(apart):
            return _too_far(apart)
    return ""


def apart_m(proof: ProofOfDelivery | None, destination: Address) -> int | None:
    """Metres from the address to where the proof was made; None where one of the two is not known."""
    apart = None if proof is None else _apart(proof.latitude, proof.longitude, destination)
    return None if apart is None else round(apart)


def _too_far(metres: float) -> str:
    return f"delivered {metres:.0f} m from the address" if metres > _limits()["place"]["far_m"] else ""


def proof_within() -> timedelta:
    """How long what a delivery had to prove may be on its way."""
    return timedelta(hours=_limits()["proof"]["within_h"])


def proof_due(delivered_at: datetime) -> datetime:
    """Until when that is."""
    return delivered_at + proof_within()


def unproven(missing: Iterable[str], delivered_at: datetime, now: datetime) -> str:
    """Why it is not proven as it was booked; "" where it is, or may still be."""
    kinds = ", ".join(kind.replace("_", " ") for kind in missing)
    return f"delivered without {kinds}, which it was booked with" if kinds and now >= proof_due(delivered_at) else ""


def _apart(latitude: float | None, longitude: float | None, to: Address) -> float | None:
    if latitude is None or longitude is None or to.latitude is None or to.longitude is None:
        return None
    return arc_m(latitude, longitude, to.latitude, to.longitude)


def _since(took: timedelta) -> str:
    return f"{_hours(abs(took))} {'before' if took < timedelta() else 'after'}"


def _hours(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours:.0f} h" if hours >= 3 else f"{span / timedelta(minutes=1):.0f} min"
