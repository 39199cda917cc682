"""The score: money and promises added up in one currency. The lowest sum wins.

    score = price x price_percent / 100
          + value_per_hour_minor x hours to the promise     (without_promise_minor where nothing is promised)
          + late_minor x P(late)
          + redelivery_minor x P(first attempt fails)
          + co2e_per_kg_minor x kg of CO2e
          + what the rules add or take off

Each line is a part with a sentence; a part whose weight is 0 is left out. All weights are minor units of the policy's
currency and none is negative, so the score is monotone: a lower price, an earlier promise, better chances or less CO2e
never make it larger. Each part is a whole number: time is rounded up, the others half up.

Hours count from when the shipment is ready, or from the start of the window that was asked for; a promise before that
counts 0. Chances and CO2e come from the candidate's `Outlook`. Where they are not known, the `assumed_` ones count, and
the sentence says so: a carrier without history is neither punished nor preferred to one of that reputation. CO2e is the
well-to-wheel mass of one delivery as ISO 14083 defines it.

Source of the form: the generalised cost of transport economics (price + value of time x time + expected cost of
unreliability), as in Ortúzar and Willumsen, Modelling Transport.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Verdict
from gateway.rules.fields import Facts
from gateway.rules.market import per
from gateway.rules.quantities import KINDS
from gateway.rules.verdicts import passes, ranks

ORDINALS = ("", "second ", "third ", "fourth ", "fifth ", "sixth ", "seventh ", "eighth ", "ninth ", "tenth ")
MAX_MINOR = 10**12
MOST: Mapping[str, int] = {
    "price_percent": 10_000,
    "assumed_on_time_percent": 100,
    "assumed_first_attempt_percent": 100,
    "assumed_co2e_g": 10**9,
}
"""What a weight may be at most, where that is not `MAX_MINOR`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The weights. The defaults rank by price alone; the assumptions are ours, for want of any data."""

    price_percent: int = 100
    value_per_hour_minor: int = 0
    without_promise_minor: int = 0
    late_minor: int = 0
    redelivery_minor: int = 0
    co2e_per_kg_minor: int = 0
    assumed_on_time_percent: int = 90
    assumed_first_attempt_percent: int = 90
    assumed_co2e_g: int = 300

    def __post_init__(self) -> None:
        for each in fields(self):
            most = MOST.get(each.name, MAX_MINOR)
            if not 0 <= getattr(self, each.name) <= most:
                raise Unprocessable(f"/{each.name}", f"{each.name} is from 0 to {most}", "out_of_range")

    def parts(self) -> tuple[Callable[[Facts], Verdict], ...]:
        """The parts that count."""
        on = (
            (self.price_percent, self.price),
            (self.value_per_hour_minor or self.without_promise_minor, self.time),
            (self.late_minor, self.lateness),
            (self.redelivery_minor, self.redelivery),
            (self.co2e_per_kg_minor, self.co2e),
        )
        return tuple(part for weight, part in on if weight)

    def price(self, facts: Facts) -> Verdict:
        """The price, beside the lowest one."""
        price, market = facts["rate.price"], facts.context.market
        if price is None:
            return passes("price", f"{facts.candidate.rate.price} is not compared")
        penalty = price if self.price_percent == 100 else per(self.price_percent, price, 100)
        counted = "" if self.price_percent == 100 else f", counts {self.price_percent} %: {market.text(penalty)}"
        prices = market.prices
        if len(prices) == 1:
            return ranks("price", penalty, f"the only price: {market.text(price)}{counted}")
        cheaper = bisect_left(prices, price)
        place = f"{ORDINALS[cheaper]}cheapest" if cheaper < len(ORDINALS) else f"number {cheaper + 1} by price"
        beside = f" against {market.text(prices[0])}" if cheaper else ""
        return ranks("price", penalty, f"{place} of {len(prices)}: {market.text(price)}{beside}{counted}")

    def time(self, facts: Facts) -> Verdict:
        """So much for every hour until the promise."""
        promise, text = facts.candidate.rate.deliver_by, facts.context.market.text
        if promise is None:
            penalty = self.without_promise_minor
            return ranks("time", penalty, f"no promise: counts as {text(penalty)}")
        wait = max(promise - facts.context.starts_at, timedelta())
        zone = facts.context.timezone
        told = clock(promise if zone is None else promise.astimezone(zone))
        penalty = -(-self.value_per_hour_minor * int(wait.total_seconds()) // 3600)
        return ranks("time", penalty, f"promised by {told}, a wait of {span(wait)}: counts as {text(penalty)}")

    def lateness(self, facts: Facts) -> Verdict:
        """What being late costs, times how likely it is."""
        chance, known = _chance(facts["rate.on_time"], self.assumed_on_time_percent, facts)
        penalty = per(self.late_minor, 10_000 - chance, 10_000)
        cost = facts.context.market.text(penalty)
        return ranks(
            "lateness", penalty, f"on time in {KINDS['share'].show(chance)} of deliveries {known}: counts {cost}"
        )

    def redelivery(self, facts: Facts) -> Verdict:
        """What another attempt costs, times how likely it is needed."""
        chance, known = _chance(facts["rate.first_attempt"], self.assumed_first_attempt_percent, facts)
        penalty = per(self.redelivery_minor, 10_000 - chance, 10_000)
        cost = facts.context.market.text(penalty)
        why = f"the first attempt succeeds in {KINDS['share'].show(chance)} of deliveries {known}: counts {cost}"
        return ranks("redelivery", penalty, why)

    def co2e(self, facts: Facts) -> Verdict:
        """What its greenhouse gases cost."""
        grams = facts["rate.co2e"]
        known = "" if grams is not None else " (not known, assumed)"
        grams = self.assumed_co2e_g if grams is None else grams
        penalty = per(self.co2e_per_kg_minor, grams, 1000)
        return ranks("co2e", penalty, f"{grams} g CO2e{known}: counts {facts.context.market.text(penalty)}")


PARTS = ("price", "time", "lateness", "redelivery", "co2e")
"""The names of the parts in verdicts, in their order; no rule may have one of them."""


def _chance(known: int | None, assumed_percent: int, facts: Facts) -> tuple[int, str]:
    """In parts of 10,000, and on what it rests."""
    if known is None:
        return assumed_percent * 100, "(no history, assumed)"
    outlook = facts.candidate.outlook
    between = f", {outlook.since} to {outlook.until}" if outlook.since and outlook.until else ""
    return known, f"({outlook.deliveries} deliveries{between})"


def clock(moment: datetime) -> str:
    """A moment to the minute."""
    return moment.isoformat(sep=" ", timespec="minutes")


def span(wait: timedelta) -> str:
    """Hours and minutes."""
    minutes = int(wait.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min"
