"""What a recipient is shown: in whose name, how far the parcel has come, when it is expected; and what he answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from gateway.domain.distance import arc_m
from gateway.domain.tracking import Source, TrackingEvent, statuses
from gateway.domain.values import Address

StepState = Literal["done", "current", "ahead"]
NOT_RECEIVED = "not_received"
"""The kind of case that a recipient opens who has no parcel although it counts as delivered."""

ADDED, MOST_ADDED = ";\n", 5
"""In the reason of such a case, before each thing that he said of it later; more of them are for the shop to be told
by word of mouth. A recipient's words have no line breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """In whose name recipients are spoken to. `colour` is #rrggbb; `name` "" is the merchant's own.

    `language` is for those whose browser asks for none that we speak. `photo`: recipients may see the photo of the
    delivery; `wishes`: they may tell the courier where to leave it; `reschedule` and `redirect`: they may ask for
    another time, or for a service point. `proof_code`: they prove that it is they by a code sent to them, not by the
    end of their phone number.
    """

    name: str = ""
    colour: str = "#0b57b0"
    language: str = "en"
    help_email: str = ""
    help_phone: str = ""
    help_url: str = ""
    returns_url: str = ""
    privacy_url: str = ""
    photo: bool = False
    wishes: bool = False
    reschedule: bool = False
    redirect: bool = False
    proof_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRecord:
    """A merchant's brand as stored; version 0 was never put.

    `logo` is a PNG made by us, b"" where there is none or it was not read; `logo_sha256` names it, "" without one.
    """

    merchant_id: str
    brand: Brand = field(default_factory=Brand)
    logo: bytes = field(default=b"", repr=False)
    logo_sha256: str = ""
    version: int = 0
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What a recipient thinks of a delivery: 1 to 5 stars, and 0 to 10 for "would you recommend the shop"."""

    merchant_id: str
    shipment_id: str
    mode: Literal["test", "live"]
    stars: int
    recommends: int | None = None
    comment: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What became of "not received": since when the shop knows, until when it looked for it, what was added since."""

    told_at: datetime
    closed_at: datetime | None
    added: int

    @property
    def enough(self) -> bool:
        """Whether the shop, which still looks for it, has all that is taken in writing."""
        return self.closed_at is None and self.added >= MOST_ADDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One station of the way; `name` is a status, or `collected`."""

    name: str
    state: StepState


_HOME = ("created", "picked_up", "in_transit", "out_for_delivery", "delivered")
_COLLECTS = ("created", "picked_up", "in_transit", "available_for_pickup", "collected")
_BACK = ("created", "picked_up", "in_transit", "returning", "returned")


def steps(status: str, progress: str, *, collects: bool) -> tuple[Step, ...]:
    """The stations of the way and how far it has come.

    `progress` is how far it had come before a problem; `collects`: it is for a service point. What ended without a
    parcel handed over (cancelled, failed) ends with that word, after what it had come to.
    """
    names = _names(status, progress, collects=collects or status == "available_for_pickup")
    reached = status if statuses()[status].phase not in ("problem", "unknown") and status != "expired" else progress
    place = len(names) - 1 if status in ("delivered", "returned", "cancelled", "failed") else _place(names, reached)
    finished = status in ("delivered", "returned")
    return tuple(
        Step(name=name, state="done" if at < place or finished else "current" if at == place else "ahead")
        for at, name in enumerate(names)
    )


def _names(status: str, progress: str, *, collects: bool) -> tuple[str, ...]:
    if status in ("returning", "returned"):
        return _BACK
    forth = _COLLECTS if collects else _HOME
    if status in ("cancelled", "failed"):
        return (*forth[: min(_place(forth, progress) + 1, len(forth) - 1)], status)
    return forth


def _place(names: tuple[str, ...], reached: str) -> int:
    """The last station that is not further along than what was reached, by the ranks of the statuses."""
    ranks = {name: facts.rank for name, facts in statuses().items()} | {"collected": statuses()["delivered"].rank}
    found = [at for at, name in enumerate(names) if ranks[name] <= ranks.get(reached, 0)]
    return found[-1] if found else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """How far away the driver was, and when."""

    at: datetime
    apart_m: int


CLOSE_M, FRESH = 5_000, timedelta(minutes=30)
"""Farther away, or longer ago, it tells a recipient nothing about now, and of the driver more than he need know."""


def nearness(status: str, events: Iterable[TrackingEvent], destination: Address, now: datetime) -> Near | None:
    """Where the driver was last, in metres as the crow flies: while it is out for delivery, close, and just told."""
    latitude, longitude = destination.latitude, destination.longitude
    if status != "out_for_delivery" or latitude is None or longitude is None:
        return None
    for event in sorted(events, key=lambda each: each.occurred_at, reverse=True):
        place = event.place
        if event.source is not Source.SCAN or place is None or place.latitude is None or place.longitude is None:
            continue
        apart = round(arc_m(place.latitude, place.longitude, latitude, longitude))
        fresh = timedelta() <= now - event.occurred_at <= FRESH
        return Near(at=event.occurred_at, apart_m=apart) if fresh and apart <= CLOSE_M else None
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """When it is expected, both ends where both are known. `late`: after the day that was promised at first.

    `overdue`: the time is over and nothing newer is known. `agreed`: it is the time that was wished.
    """

    start: datetime | None = None
    end: datetime
    promised_by: datetime | None = None
    late: bool = False
    overdue: bool = False
    agreed: bool = False


LONGEST_WINDOW = timedelta(days=10)
"""A span that is longer tells a recipient nothing: only its end is shown."""


def expected(
    start: datetime | None, end: datetime | None, promised_by: datetime | None, now: datetime, zone: tzinfo
) -> Expected | None:
    """The estimate as a recipient is told; None where nobody has named a time."""
    if end is None:
        return None
    sound = start is not None and timedelta() < end - start <= LONGEST_WINDOW
    return Expected(
        start=start if sound else None,
        end=end,
        promised_by=promised_by,
        late=promised_by is not None and end.astimezone(zone).date() > promised_by.astimezone(zone).date(),
        overdue=now > end,
    )
