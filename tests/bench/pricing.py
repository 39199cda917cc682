"""B3b: what a carrier without a rating API adds to a quote: its rate card is asked, in-process."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median

from carriers.base import Account, Address, Parcel, QuoteRequest, RateCard, Shipment, card_rates
from carriers.base.registry import carrier
from tests.bench.figures import Figure
from tests.bench.load import Failed
from tests.bench.stage import Stage

ZONES, STEPS = 1000, 50
SERVICES = ("standard", "next_day")
SURCHARGES = """\
[surcharges]
code,when,percent,price_minor,currency,country,postcodes
remote,remote,,9000,NOK,NO,9*|8063-8064
residential,residential,,900,NOK,,
fuel,always,12.5,,,,
"""


def rate_card(stage: Stage, seconds: float) -> Iterator[Figure]:
    """The median over shipments to random postcodes: two rates with surcharges, tax and a promise each."""
    large, loaded_s = _card(ZONES)
    small, _ = _card(1)
    measured_ms, asked = _median_ms(large, seconds)
    yield Figure(
        benchmark="B3b",
        measured=measured_ms,
        unit="ms",
        beside="a card of 100 rows",
        yardstick=_median_ms(small, seconds)[0],
        note=f"{asked} shipments, {len(SERVICES)} rates each; the 100,000 rows are read in {loaded_s:.1f} s, once",
    )


def _card(zones: int) -> tuple[RateCard, float]:
    """A card whose zones cover all four-digit postcodes, and how long reading it took."""
    size = 10_000 // zones
    lines = ["[zones]", "zone,country,postcodes"]
    lines += [f"z{zone},NO,{zone * size:04}-{zone * size + size - 1:04}" for zone in range(zones)]
    lines += ["[prices]", "zone,service,max_weight_g,price_minor,currency,transit_days"]
    lines += [
        f"z{zone},{service},{step * 500},{1000 + step * 100},NOK,2"
        for zone in range(zones)
        for service in SERVICES
        for step in range(1, STEPS + 1)
    ]
    started = time.perf_counter()
    card = RateCard.load("\n".join(lines) + "\n" + SURCHARGES)
    return card, time.perf_counter() - started


def _median_ms(card: RateCard, seconds: float) -> tuple[float, int]:
    options = {"prices_include_tax": False, "tax_percent": "25", "timezone": "Europe/Oslo"}
    account = Account(id="acc_bench", name="bench", mode="live", urls={}, options=options, rate_card=card)
    profile, now, chance = carrier("own_fleet").profile, datetime.now(UTC), random.Random(3)  # noqa: S311  # no secret
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        shipment = Shipment(
            origin=Address(country="NO", postal_code="0152"),
            destination=Address(country="NO", postal_code=f"{chance.randrange(10_000):04}"),
            parcels=(Parcel(weight_g=chance.randrange(1, 20_000)),),
        )
        request = QuoteRequest(shipment=shipment, ready_at=now)
        started = time.perf_counter()
        rates = card_rates(request, account, profile, now)
        taken.append((time.perf_counter() - started) * 1000)
        if len(rates) != len(SERVICES):
            raise Failed(f"{len(rates)} rates instead of {len(SERVICES)}")
    return median(taken), len(taken)
