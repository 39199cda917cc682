"""What one shipment adds to each figure. The words for it are in `definitions.toml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.kpis.facts import Asked, Delivery

MINUTE = timedelta(minutes=1)
DENIED_WITHIN = timedelta(days=14)
ENDED = frozenset({"delivered", "returned", "failed"})
SATISFIED = 4
CLOSE = 100
"""Within one part in so many of what was quoted."""

ASKED = frozenset({"accepted", "refused", "unavailable", "uncertain", "cancelled"})
"""Answers to a booking; `offered` waits for one. What was cancelled had been taken before."""

TAKEN = frozenset({"accepted", "cancelled"})


class Part(NamedTuple):
    """Above the line, below it, of how many (as many as are below, unless said), and in which currency."""

    above: int
    below: int
    n: int = -1
    currency: str = ""


def on_time(of: Delivery) -> Part | None:
    """Of those that were due."""
    if of.due_by is None:
        return None
    came = of.arrived
    return Part(came is not None and came <= of.due_by and not _before_window(of), 1)


def early(of: Delivery) -> Part | None:
    """Of those due in a window."""
    return None if of.due_by is None or of.due_from is None else Part(_before_window(of), 1)


def first_attempt(of: Delivery) -> Part | None:
    """Of those visited. A delivery counts as a visit where the carrier tells of none."""
    if of.service == "service_point" or (not of.attempts and of.arrived is None):
        return None
    return Part(of.arrived is not None and of.attempts <= 1, 1)


def delivered(of: Delivery) -> Part | None:
    """Of those that have ended."""
    return Part(of.outcome == "delivered", 1) if of.outcome in ENDED else None


def cost_per_delivery(of: Delivery) -> Part | None:
    """In each currency apart."""
    return None if of.price is None else Part(of.price, of.arrived is not None, currency=of.currency)


def cost_per_attempt(of: Delivery) -> Part | None:
    """In each currency apart."""
    visits = max(of.attempts, of.arrived is not None)
    return None if of.price is None else Part(of.price, visits, currency=of.currency)


def quote_error(of: Delivery) -> Part | None:
    """In each currency apart."""
    if of.quoted is None or of.price is None:
        return None
    return Part(abs(of.price - of.quoted), of.quoted, 1, of.currency)


def quote_kept(of: Delivery) -> Part | None:
    """Of those with both prices."""
    if of.quoted is None or of.price is None:
        return None
    return Part(abs(of.price - of.quoted) * CLOSE <= of.quoted, 1)


def accuracy(of: Delivery) -> Part | None:
    """Of deliveries."""
    if of.arrived is None:
        return None
    return Part(of.denied_at is None or of.denied_at > of.arrived + DENIED_WITHIN, 1)


def claims(of: Delivery) -> Part | None:
    """Of deliveries and losses whose claims are known."""
    return None if of.claims is None or not (of.lost or of.arrived) else Part(bool(of.claims), 1)


def damage(of: Delivery) -> Part | None:
    """Of deliveries whose claims are known."""
    if of.claims is None or of.arrived is None:
        return None
    return Part("damage" in of.claims and of.damage_confirmed, 1)


def csat(of: Delivery) -> Part | None:
    """Of ratings."""
    return None if of.stars is None else Part(of.stars >= SATISFIED, 1)


def rated(of: Delivery) -> Part | None:
    """Of deliveries."""
    return None if of.arrived is None else Part(of.stars is not None, 1)


def proof(of: Delivery) -> Part | None:
    """Of deliveries that were to be proven."""
    return Part(of.proof_shown, 1) if of.arrived is not None and of.proof_wanted else None


def co2e(of: Delivery) -> Part | None:
    """Of those for which it is known."""
    return None if of.co2e_g is None else Part(of.co2e_g, of.arrived is not None)


def lead_time(of: Delivery) -> int | None:
    """From the carrier's first scan."""
    return _minutes(of.picked_up_at, of.arrived)


def door_time(of: Delivery) -> int | None:
    """From the booking."""
    return _minutes(of.booked_at, of.arrived)


def eta_error(of: Delivery) -> int | None:
    """Whichever way."""
    between = _minutes(of.out_estimate, of.arrived)
    return None if between is None else abs(between)


SUMS: Mapping[str, Callable[[Delivery], Part | None]] = {
    each.__name__: each
    for each in (
        on_time,
        early,
        first_attempt,
        delivered,
        cost_per_delivery,
        cost_per_attempt,
        quote_error,
        quote_kept,
        accuracy,
        claims,
        damage,
        csat,
        rated,
        proof,
        co2e,
    )
}
MINUTES: Mapping[str, Callable[[Delivery], int | None]] = {
    each.__name__: each for each in (lead_time, door_time, eta_error)
}


def answers(of: Asked) -> Mapping[str, Part]:
    """What bookings asked for add; nothing while they wait for an answer."""
    if of.answer not in ASKED:
        return {}
    return {
        "api_health": Part(of.times if of.answer in TAKEN else 0, of.times),
        "api_unknown": Part(of.times if of.answer == "uncertain" else 0, of.times),
    }


def sides(measure: str, of: Delivery, currency: str = "") -> tuple[bool, bool]:
    """Whether a shipment is above the line of a measure, and below it: of those minutes are counted of, below."""
    if not of.counts:
        return False, False
    if measure in MINUTES:
        return False, MINUTES[measure](of) is not None
    part = SUMS[measure](of)
    if part is None or part.currency != currency:
        return False, False
    return part.above > 0, part.below > 0


def _before_window(of: Delivery) -> bool:
    return of.arrived is not None and of.due_from is not None and of.arrived < of.due_from


def _minutes(since: datetime | None, until: datetime | None) -> int | None:
    """Whole minutes, rounded to the nearest (a half to the even one)."""
    return None if since is None or until is None else round((until - since) / MINUTE)
