"""The seeded world: merchants, the lanes of their accounts, and how a parcel fares on one. From `config/seed.toml`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.codec import from_json
from gateway.domain.quotes import Rate, ServiceLevel
from gateway.domain.records import Tender
from gateway.domain.shipments import Shipment
from gateway.domain.tracking import Source, TrackingEvent
from gateway.domain.values import Address, Money, Parcel

EARLY_H, LATE_H = 8, 20
SECOND_TRY_H = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One service of one account and its habits; hours count from ready.

    `slow_zones` and `slow_weekdays` (Monday first) are factors on its transit times, 1 where nothing is said.
    """

    account: str
    carrier: str
    service: ServiceLevel
    base_minor: int
    per_kg_minor: int
    promise_h: float
    median_h: float
    spread: float
    failed_first: float
    lost: float
    drift_per_year: float
    slow_zones: Mapping[str, float] = field(default_factory=dict)
    slow_weekdays: tuple[float, ...] = (1.0,) * 7

    def rate(self, shipment: Shipment, currency: str, ready_at: datetime, dice: Random) -> Rate:
        """What the carrier asks for it, give or take a few per cent."""
        kilograms = -(-shipment.weight_g // 1000)
        minor = round((self.base_minor + self.per_kg_minor * kilograms) * dice.uniform(0.96, 1.06))
        return Rate(
            service=self.service,
            carrier_service=self.service.value,
            price=Money.from_minor(minor, currency),
            deliver_by=ready_at + timedelta(hours=self.promise_h),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedMerchant:
    """A merchant, where it ships from and to, and the lanes it may choose among."""

    name: str
    currency: str
    country: str
    timezone: str
    origin: Mapping[str, Any]
    city: str
    streets: tuple[str, ...]
    postcodes: tuple[str, ...]
    lanes: tuple[Lane, ...]

    def shipment(self, number: int, dice: Random) -> Shipment:
        """A parcel (rarely two or three) to somebody in town."""
        parcels = tuple(
            Parcel(
                weight_g=max(100, round(dice.lognormvariate(math.log(1500), 0.6))),
                length_mm=dice.randrange(150, 500),
                width_mm=dice.randrange(100, 350),
                height_mm=dice.randrange(40, 250),
            )
            for _ in range(dice.choices((1, 2, 3), (90, 8, 2))[0])
        )
        person = f"Recipient {number}"
        return Shipment(
            origin=Address(country=self.country, **self.origin),
            destination=Address(
                country=self.country,
                name=person,
                street1=f"{dice.randrange(1, 400)} {dice.choice(self.streets)}",
                city=self.city,
                postal_code=dice.choice(self.postcodes),
                email=f"recipient{number}@example.com",
                residential=dice.random() < 0.8,
            ),
            parcels=parcels,
            reference=f"S-{number:07}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything the history is drawn from."""

    demand: tuple[float, ...]
    slowness: tuple[float, ...]
    weekdays: tuple[float, ...]
    days: int
    merchants: tuple[SeedMerchant, ...]

    def busyness(self, day: datetime) -> float:
        """How many shipments a day sees, relative to others."""
        return self.demand[day.month - 1] * self.weekdays[day.weekday()]


def read_world() -> World:
    """The world of `config/seed.toml`."""
    data = tomllib.loads(files("gateway.config").joinpath("seed.toml").read_text("utf-8"))
    return from_json(World, {**data["season"], "merchants": data["merchants"]})


def scans(
    lane: Lane, world: World, area: str | None, ready_at: datetime, ended: datetime, zone: ZoneInfo, dice: Random
) -> Sequence[TrackingEvent]:
    """What happens to a parcel: picked up, moved, at the door once or twice, delivered, lost or returned."""
    years = (ready_at - ended).total_seconds() / timedelta(days=365).total_seconds()
    factor = world.slowness[ready_at.month - 1] * (1 + lane.drift_per_year * (1 + years))
    factor *= lane.slow_zones.get(area or "", 1.0) * lane.slow_weekdays[ready_at.astimezone(zone).weekday()]
    hours = lane.median_h * factor * math.exp(dice.gauss(0, lane.spread))
    if dice.random() < lane.lost:
        told = [("picked_up", "origin_scan", 0.2), ("in_transit", "facility_arrival", 0.5), ("failed", "lost", 6.0)]
    elif dice.random() < lane.failed_first:
        told = [*ON_THE_WAY, ("attempt_failed", dice.choice(FAILURES), 1.0)]
        again = 1 + SECOND_TRY_H / hours
        last = [("returning", "unclaimed", again), ("returned", "return_completed", again + 2.0)]
        second = [("out_for_delivery", "courier_en_route_to_dropoff", again - 0.1), ("delivered", "none", again)]
        told += last if dice.random() < 0.05 else second
    else:
        told = [*ON_THE_WAY, ("delivered", dice.choice(HANDOVERS), 1.0)]
    return [
        _event(index, status, reason, _by_day(ready_at + timedelta(hours=hours * share), lane, zone))
        for index, (status, reason, share) in enumerate(told)
    ]


def accepted(tender: Tender) -> TrackingEvent:
    """The first event of a booking, our own."""
    return TrackingEvent(
        event_id=f"booked:{tender.id}",
        occurred_at=tender.created_at,
        status="booked",
        reason="label_created",
        source=Source.GATEWAY,
        received_at=tender.created_at,
    )


ON_THE_WAY = (
    ("picked_up", "origin_scan", 0.15),
    ("in_transit", "facility_departure", 0.4),
    ("out_for_delivery", "courier_en_route_to_dropoff", 0.85),
)
FAILURES = ("recipient_unavailable", "access_blocked", "business_closed", "recipient_requested_later")
HANDOVERS = ("delivered_to_recipient", "delivered_signed", "delivered_safe_place", "delivered_neighbour")


def _by_day(moment: datetime, lane: Lane, zone: ZoneInfo) -> datetime:
    """Parcel couriers ring by day; what would fall into the night waits until the morning."""
    local = moment.astimezone(zone)
    if lane.median_h < SECOND_TRY_H / 2 or EARLY_H <= local.hour < LATE_H:
        return moment
    days = 1 if local.hour >= LATE_H else 0
    return local.replace(hour=EARLY_H, minute=local.minute) + timedelta(days=days)


def _event(index: int, status: str, reason: str, at: datetime) -> TrackingEvent:
    return TrackingEvent(
        event_id=f"seed:{index}",
        occurred_at=at,
        status=status,
        reason=reason,
        carrier_code=status.upper(),
        source=Source.POLL,
        received_at=at + timedelta(minutes=1),
    )
