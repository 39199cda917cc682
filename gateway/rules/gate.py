"""What every candidate of every policy must pass: a price that can be compared, and a carrier that can do it at all."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.domain.quotes import ServiceLevel, Verdict
from gateway.rules.fields import Facts
from gateway.rules.verdicts import drops, passes


def one_currency(facts: Facts) -> Verdict:
    """Prices are compared in the policy's currency, by its exchange rates, or not at all."""
    price, market = facts.candidate.rate.price, facts.context.market
    worth = facts["rate.price"]
    if worth is None:
        return drops(
            "one_currency",
            f"priced in {price.currency}: the policy compares {market.currency} and has no exchange.{price.currency}",
        )
    if price.currency == market.currency:
        return passes("one_currency", f"priced in {market.currency}")
    exchange = market.exchange[price.currency]
    return passes("one_currency", f"{price} is {market.text(worth)} at {exchange.rate} ({exchange.source})")


def requirements(facts: Facts) -> Verdict:
    """The carrier can do what the handover must include; all that it lacks is named."""
    needs, able = facts.context.shipment.requirements, facts["rate.can"]
    needed = set(facts["shipment.needs"])
    if facts.candidate.rate.service is ServiceLevel.SERVICE_POINT:
        needed.add("service_points")
    names: Mapping[str, str] = {
        "signature": "a signature",
        "age_check": f"an age check ({needs.min_age})",
        "id_check": "an identity check",
        "photo": "a photo",
        "pin": "a code at the door",
        "cash_on_delivery": f"cash on delivery ({needs.cash_on_delivery})",
        "temperature": f"{needs.temperature} transport",
        "two_person": "two people",
        "service_points": "a service point",
    }
    lacking = [name for need, name in names.items() if need in needed and need not in able]
    if lacking:
        return drops("requirements", f"cannot do {', '.join(lacking)}")
    asked = [name for need, name in names.items() if need in needed]
    return passes("requirements", f"can do {', '.join(asked)}" if asked else "nothing special is needed")


def door_or_point(facts: Facts) -> Verdict:
    """The parcel goes to the door, unless a service point was asked for; and to that one if one was chosen."""
    point, services = facts.context.shipment.service_point, facts.context.services
    to_point = facts.candidate.rate.service is ServiceLevel.SERVICE_POINT
    if point and not to_point:
        return drops("door_or_point", f"goes to the door, but service point {point} was chosen")
    if to_point and not point and ServiceLevel.SERVICE_POINT not in services:
        return drops("door_or_point", "goes to a service point, which was not asked for")
    return passes("door_or_point", "goes to a service point, as asked" if to_point else "goes to the door")


def limits(facts: Facts) -> Verdict:
    """The carrier takes parcels of this weight and length, and this many."""
    takes = facts.candidate.limits
    measured = (
        ("heaviest parcel", facts["shipment.heaviest"], takes.max_weight_g, " g"),
        ("longest side", facts["shipment.longest_side"] or 0, takes.max_length_mm, " mm"),
        ("number of parcels", facts["shipment.parcels"], takes.max_parcels, ""),
    )
    over = [
        f"{name} is {value}{unit}, limit {limit}{unit}"
        for name, value, limit, unit in measured
        if limit is not None and value > limit
    ]
    return drops("limits", "; ".join(over)) if over else passes("limits", "within the carrier's limits")


ACCOUNT_GATE = (requirements, door_or_point, limits)
"""What is the same for all rates of an account, to a service point or not; each verdict bears its function's name."""

GATE = ("one_currency", "requirements", "door_or_point", "limits")
"""The names of the verdicts of the gate, in their order; no rule may have one of them."""
