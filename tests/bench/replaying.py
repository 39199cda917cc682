"""B10: shipments backtested per second, beside the live engine deciding one after the other."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson
import polars as pl

from carriers.base import Profile
from carriers.base.registry import carrier
from gateway.domain.codec import from_json, to_json
from gateway.domain.quotes import Offer, Outlook, Rate, ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.timezones import timezone_of
from gateway.domain.values import Address, Money, Parcel
from gateway.engines.replay.extract import Extractor, context_of
from gateway.engines.replay.running import SLICE, Replayer
from gateway.engines.replay.shelf import DONE
from gateway.engines.replay.tables import Slice
from gateway.rules.policy import Context, Policy
from gateway.services.offers import offer, recalled
from gateway.services.ports.backtests import Replay
from gateway.services.ports.history import Extent, Kept, PastShipment, Period
from tests.bench.deciding import WHEN
from tests.bench.figures import Figure
from tests.bench.stage import Stage

ACCOUNTS = 8
START = datetime(2025, 11, 1, tzinfo=UTC)
DATA: Mapping[str, Any] = {
    "currency": "USD",
    "timezone": "America/New_York",
    "score": {"price_percent": 100, "value_per_hour_minor": 20, "late_minor": 400, "co2e_per_kg_minor": 15},
    "rules": [
        {"name": "all of it", "when": WHEN, "then": {"do": "prefer", "minor": 50}},
        {"kind": "max_price", "limit_minor": 4000},
        {"kind": "deliver_by", "within_hours": 96},
        {
            "name": "evenings",
            "when": {"field": "ready.hour", "op": "at_least", "value": 18},
            "then": {"do": "penalise", "minor": 30},
        },
    ],
}
SHARE = {
    "name": "share",
    "when": {"field": "rate.account", "op": "is", "value": "account 0"},
    "then": {"do": "cap_share", "percent": 30},
}


class Past:
    """A history that is read from nowhere: its slices are on the shelf already."""

    def __init__(self, shipments: int) -> None:
        self._shipments = shipments

    def extent(self, period: Period) -> Extent:
        return Extent(self._shipments, START)

    def shipments(self, period: Period, after: tuple[datetime, str] | None = None) -> Iterator[PastShipment]:
        raise AssertionError("it was read before")

    def kept(self, period: Period) -> Mapping[tuple[str, str], Kept]:
        return {}


def backtests(_: Stage, seconds: float) -> Iterator[Figure]:
    """From columns on disk to totals with intervals, a process of this one; and what came before: reading quotes."""
    policy = Policy.parse("bench", 1, DATA)
    past = [shipment(policy, number) for number in range(SLICE)]
    begun = perf_counter()
    part = Extractor(profile, placed).slice(past)
    reading = SLICE / (perf_counter() - begun)
    alone = _one_by_one(policy, past, seconds / 2)
    for case, rules in (("backtest", DATA["rules"]), ("with a share", [*DATA["rules"], SHARE])):
        took, peak = replayed(part, max(round(seconds * 6), 2), {**DATA, "rules": rules})
        yield Figure(
            benchmark="B10",
            case=case,
            measured=took,
            unit="/s",
            beside="one by one",
            yardstick=alone,
            note=f"{ACCOUNTS} offers each, polars and numpy on all cores, peak {peak:.0f} MB of this process; "
            f"reading quotes into columns, once for a period: {reading:,.0f}/s",
        )


def replayed(part: Slice, slices: int, data: Mapping[str, Any]) -> tuple[float, float]:
    """Shipments per second, and the peak of memory in MB."""
    shipments = slices * SLICE
    period = Period(merchant_id="mer_x", mode="live", since=START, until=START + timedelta(days=400))
    replay = Replay(period=period, policy=Policy.parse("bench", 1, data), data=data)
    with TemporaryDirectory() as folder:
        replayer = Replayer(
            Past(shipments), profile, lambda period: "bench", lambda merchant: placed, lambda *_: _never(), Path(folder)
        )
        shelf = replayer.folder(replay)
        step = timedelta(days=360) / slices // timedelta(microseconds=1)
        for number in range(slices):
            later = part.asked.with_columns(
                *(pl.col(name) + number * step for name in ("booked_at", "now", "ready_at")),
                shipment_id=pl.lit(f"{number:06}") + pl.col("shipment_id"),
            )
            later_offers = part.offers.with_columns(pl.col("deliver_by") + number * step)
            shelf.write_slice(number, Slice(later, later_offers, part.lanes))
        shelf.note(DONE, {"slices": slices, "shipments": shipments})
        begun = perf_counter()
        found = replayer.run(replay, lambda done, total: None)
        took = perf_counter() - begun
    assert found["shipments"] == shipments
    assert 0 < found["changed"] < shipments
    return shipments / took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _never() -> Any:
    raise AssertionError("no card is tried")


def _one_by_one(policy: Policy, past: Sequence[PastShipment], seconds: float) -> float:
    """Decisions a second by the live engine, its candidates and contexts made before."""
    made = [(placed(context_of(each)), _candidates(each)) for each in past[:200]]
    done, begun = 0, perf_counter()
    while perf_counter() - begun < seconds:
        for context, candidates in made:
            policy.decide(candidates, context)
        done += len(made)
    return done / (perf_counter() - begun)


def _candidates(past: PastShipment) -> list[Any]:
    found = from_json(tuple[Offer, ...], orjson.loads(past.offers))
    return [recalled(each) for each in found]


def placed(context: Context) -> Context:
    return replace(context, timezone=timezone_of(context.shipment.origin), holiday=False)


def profile(code: str) -> Profile:
    return carrier(code).profile


def shipment(policy: Policy, number: int) -> PastShipment:
    """A shipment as it lies in the database, its offers judged, with all their sentences."""
    at = START + timedelta(seconds=3 * number)
    address = Address(country="US", postal_code=f"{10000 + number % 900:05}", subdivision="NY", name="A Shop")
    parcel = Parcel(weight_g=600 + number % 5000, length_mm=300, width_mm=200, height_mm=100)
    asked = Shipment(origin=address, destination=address, parcels=(parcel,), metadata={"tags": "fragile"})
    bare = PastShipment(
        shipment_id=f"shp_{number:06}",
        booked_at=at,
        quote_id=f"qte_{number:06}",
        offer_id=f"off_{number % ACCOUNTS}",
        paid_minor=900,
        paid_currency="USD",
        shipment=orjson.dumps(to_json(asked)).decode(),
        quoted_at=at,
        ready_at=at,
        window=None,
        services="[]",
        zone=f"zone {number % 12}",
        offers="[]",
    )
    offers = [_offer(number, place, at) for place in range(ACCOUNTS)]
    judged = policy.decide([recalled(each) for each in offers], context_of(bare))
    ids = {id(each.rate): each.id for each in offers}
    told = [offer(ids[id(each.candidate.rate)], each) for each in judged]
    return bare._replace(offers=orjson.dumps(to_json(told)).decode())


def _offer(number: int, place: int, at: datetime) -> Offer:
    return Offer(
        id=f"off_{place}",
        account_id=f"acc_{place}",
        account=f"account {place}",
        carrier="sandbox",
        rate=Rate(
            service=ServiceLevel.NEXT_DAY,
            carrier_service="x",
            price=Money.from_minor(700 + (number * 7919 + place * 104_729) % 900, "USD"),
            deliver_by=at + timedelta(hours=5 + (number + place * 11) % 60),
            co2e_g=100 + place * 40,
        ),
        rank=None,
        score=None,
        verdicts=(),
        outlook=Outlook(p_on_time=0.8 + (number + place) % 19 / 100, deliveries=50),
    )
