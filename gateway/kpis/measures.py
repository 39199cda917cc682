"""What one shipment adds to each figure. The words for it are in `definitions.toml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.kpis.facts import Delivery

MINUTE = timedelta(minutes=1)
DENIED_WITHIN = timedelta(days=14)
ENDED = frozenset({"delivered", "returned", "failed"})
SATISFIED = 4
CLOSE = 100
"""Within one part in so many of what was quoted."""

NEAR_M = 100
"""Of the address: a proof made there was made at the door, as far as the satellites of a phone can tell."""

PROMOTERS, DETRACTORS = range(9, 11), range(7)
"""Answers to "would you recommend us", of 0 to 10. Source: Reichheld, The One Number You Need to Grow (2003)."""

RECOVERY = "recovery"


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
    return Part(_in_time(of), 1)


def late_by_wish(of: Delivery) -> Part | None:
    """Of those that were due."""
    if of.due_by is None:
        return None
    late = of.arrived is not None and of.arrived > of.due_by
    in_good_time = of.wished_at is not None and of.wished_at <= of.due_by
    return Part(late and in_good_time and _as_wished(of), 1)


def wish_kept(of: Delivery) -> Part | None:
    """Of those for which a time was agreed."""
    return None if of.wished_by is None else Part(_as_wished(of), 1)


def otif(of: Delivery) -> Part | None:
    """Of those that were due."""
    return None if of.due_by is None else Part(_in_time(of) and _in_full(of), 1)


def perfect(of: Delivery) -> Part | None:
    """Of those that were due and whose claims are known."""
    if of.due_by is None or of.claims is None:
        return None
    undisputed = not of.claims and not _denied(of)
    return Part(_in_time(of) and undisputed and (of.proof_shown or not of.proof_wanted), 1)


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


def cost_per_kg(of: Delivery) -> Part | None:
    """In each currency apart, over grams."""
    return Part(of.price, of.weight_g, 1, of.currency) if of.price is not None and of.weight_g else None


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
    return None if of.arrived is None else Part(not _denied(of), 1)


def near(of: Delivery) -> Part | None:
    """Of deliveries whose proof says where it was made."""
    return None if of.arrived is None or of.apart_m is None else Part(of.apart_m <= NEAR_M, 1)


def claims(of: Delivery) -> Part | None:
    """Of deliveries and losses whose claims are known."""
    return None if of.claims is None or not (of.lost or of.arrived) else Part(bool(of.claims), 1)


def damage(of: Delivery) -> Part | None:
    """Of deliveries whose claims are known."""
    if of.claims is None or of.arrived is None:
        return None
    return Part("damage" in of.claims and of.damage_confirmed, 1)


def claim_value(of: Delivery) -> Part | None:
    """Of the declared value of deliveries and losses, in each currency apart."""
    if of.claims is None or not of.declared or not (of.lost or of.arrived):
        return None
    asked = sum(each.asked for each in of.claimed if each.currency == of.declared_currency)
    return Part(asked, of.declared, 1, of.declared_currency)


def stalled(of: Delivery) -> Part | None:
    """Of those picked up."""
    return None if of.picked_up_at is None else Part(of.stalled, 1)


def enquiries(of: Delivery) -> Part | None:
    """Of all whose enquiries are known; there may be several of one."""
    return None if of.enquiries is None else Part(of.enquiries, 1)


def notified(of: Delivery) -> Part | None:
    """Of messages, not of shipments."""
    return Part(of.receipts, of.told) if of.told else None


def promoters(of: Delivery) -> Part | None:
    """Of those who said whether they would recommend the shop."""
    return None if of.recommends is None else Part(of.recommends in PROMOTERS, 1)


def detractors(of: Delivery) -> Part | None:
    """Likewise."""
    return None if of.recommends is None else Part(of.recommends in DETRACTORS, 1)


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


def order_time(of: Delivery) -> int | None:
    """From the order in the shop, where it is known."""
    return _minutes(of.ordered_at, of.arrived)


def eta_error(of: Delivery) -> int | None:
    """Whichever way."""
    between = _minutes(of.out_estimate, of.arrived)
    return None if between is None else abs(between)


SUMS: Mapping[str, Callable[[Delivery], Part | None]] = {
    each.__name__: each
    for each in (
        on_time, early, late_by_wish, wish_kept, otif, perfect, first_attempt, delivered, cost_per_delivery,
        cost_per_attempt, cost_per_kg, quote_error, quote_kept, accuracy, near, claims, claim_value, damage, stalled,
        enquiries, notified, promoters, detractors, csat, rated, proof, co2e,
    )
}  # fmt: skip
MINUTES: Mapping[str, Callable[[Delivery], int | None]] = {
    each.__name__: each for each in (lead_time, door_time, order_time, eta_error)
}


def parts(of: Delivery) -> Iterator[tuple[str, Part]]:
    """All that a shipment adds to sums, by measure."""
    for name, measure in SUMS.items():
        part = measure(of)
        if part is not None:
            yield name, part
    for part in recovered(of):
        yield RECOVERY, part


def recovered(of: Delivery) -> Iterator[Part]:
    """What was paid of what was claimed: claims for one shipment may be in several currencies."""
    asked, paid = Counter[str](), Counter[str]()
    for each in of.claimed:
        asked[each.currency] += each.asked
        paid[each.currency] += each.paid
    for currency in asked:
        yield Part(paid[currency], asked[currency], 1, currency)


def sides(measure: str, of: Delivery, currency: str = "") -> tuple[bool, bool]:
    """Whether a shipment is above the line of a measure, and below it: of those lengths are counted of, below."""
    if not of.counts:
        return False, False
    if measure in MINUTES:
        return False, MINUTES[measure](of) is not None
    found = recovered(of) if measure == RECOVERY else (SUMS[measure](of),)
    mine = [part for part in found if part is not None and part.currency == currency]
    return any(part.above > 0 for part in mine), any(part.below > 0 for part in mine)


def _in_time(of: Delivery) -> bool:
    came = of.arrived
    return came is not None and of.due_by is not None and came <= of.due_by and not _before_window(of)


def _as_wished(of: Delivery) -> bool:
    came = of.arrived
    if came is None or of.wished_by is None:
        return False
    return (of.wished_from or came) <= came <= of.wished_by


def _in_full(of: Delivery) -> bool:
    """It is delivered with its last parcel and not before (`gateway.domain.fold`): what may be missing is content."""
    return of.arrived is not None and "missing" not in (of.claims or ())


def _denied(of: Delivery) -> bool:
    return of.arrived is not None and of.denied_at is not None and of.denied_at <= of.arrived + DENIED_WITHIN


def _before_window(of: Delivery) -> bool:
    return of.arrived is not None and of.due_from is not None and of.arrived < of.due_from


def _minutes(since: datetime | None, until: datetime | None) -> int | None:
    """Whole minutes, rounded to the nearest (a half to the even one)."""
    return None if since is None or until is None else round((until - since) / MINUTE)
