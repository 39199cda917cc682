"""B18: what zones and calendars add to a quote: the destination's zone, the hour and the holidays of the origin."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from statistics import median

from gateway.bootstrap import shipped_zones
from gateway.domain.facilities import Facility, Handover
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address
from gateway.domain.zone_files import from_table
from gateway.domain.zones import Area, Circle, ZoneMap
from gateway.engines.geometry import ShapelyGeometry
from gateway.engines.holidays import PublicHolidays
from gateway.services.facilities import Hours
from tests.bench.figures import Figure
from tests.bench.load import Failed
from tests.bench.stage import Stage

AREAS, BATCH = 1000, 200


def zone_look_up(stage: Stage, seconds: float) -> Iterator[Figure]:
    """The median of one look-up, over random addresses of which many lie in no zone."""
    shipped = from_table(shipped_zones(), _fail)
    chance = random.Random(16)  # noqa: S311  # no secret
    cases = {
        "postcodes": [
            Area(zone=f"z{at}", row=at, countries=("NO",), postcodes=f"{at * 10:04}-{at * 10 + 8:04}")
            for at in range(AREAS)
        ],
        "circles": [
            Area(zone=f"c{at}", row=at, circle=Circle(chance.uniform(5, 15), chance.uniform(58, 65), 3000))
            for at in range(AREAS)
        ],
        "polygons": [_square(at, chance.uniform(5, 15), chance.uniform(58, 65)) for at in range(AREAS)],
    }
    yardstick_us = _median_us(_looking(ZoneMap(shipped, ShapelyGeometry().index, _fail), chance), seconds / 5)
    for case, areas in cases.items():
        look = _looking(ZoneMap(areas, ShapelyGeometry().index, _fail), chance)
        yield Figure(
            benchmark="B18",
            case=case,
            measured=_median_us(look, seconds / 5),
            unit="us",
            beside="the shipped zones",
            yardstick=yardstick_us,
            note=f"{AREAS} zones",
        )


def origin_hours(stage: Stage, seconds: float) -> Iterator[Figure]:
    """The median of what a quote asks of its origin: time zone, holiday, and the handover of ten accounts."""
    calendar, place = PublicHolidays(), Address(country="NO", postal_code="0150")
    facility = Facility(code="bench", address=place, timezone="Europe/Oslo", handover=Handover(cut_off=clock_time(16)))
    hours = Hours(Shipment(origin=place, destination=place, parcels=(), facility="bench"), facility, calendar)
    bare = Hours(Shipment(origin=place, destination=place, parcels=()), None, calendar)
    begin = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def asking(of: Hours) -> Callable[[int], object]:
        def ask(turn: int) -> object:
            moment = begin + timedelta(hours=turn % 2000)
            return of.timezone, of.holiday(moment), [of.handed_over(moment, "any") for _ in range(10)]

        return ask

    yield Figure(
        benchmark="B18b",
        measured=_median_us(asking(hours), seconds / 2),
        unit="us",
        beside="an origin that is no facility",
        yardstick=_median_us(asking(bare), seconds / 2),
        note="over 2,000 hours of a year, a third of them outside of the facility's days and hours",
    )


def _square(at: int, west: float, south: float) -> Area:
    ring = ((west, south), (west + 0.1, south), (west + 0.1, south + 0.1), (west, south + 0.1), (west, south))
    return Area(zone=f"p{at}", row=at, polygons=((ring,),))


def _looking(zones: ZoneMap, chance: random.Random) -> Callable[[int], object]:
    addresses = [
        Address(
            country="NO",
            postal_code=f"{chance.randrange(10_000):04}",
            latitude=chance.uniform(58, 65),
            longitude=chance.uniform(5, 15),
        )
        for _ in range(1000)
    ]
    return lambda turn: zones.zone(addresses[turn % 1000])


def _median_us(call: Callable[[int], object], seconds: float) -> float:
    taken, until, turn = list[float](), time.perf_counter() + seconds, 0
    while time.perf_counter() < until or not taken:
        began = time.perf_counter()
        for ahead in range(BATCH):
            call(turn + ahead)
        turn += BATCH
        taken.append((time.perf_counter() - began) / BATCH * 1e6)
    return median(taken)


def _fail(where: object, why: str) -> None:
    raise Failed(f"{where}: {why}")
