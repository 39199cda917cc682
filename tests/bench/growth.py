"""B9: what look-up, list, search and ingestion cost when ten thousand, a hundred thousand and a million are stored.

One booked shipment is copied with all that hangs on it, by the database itself. What is compared is what a tenth of the
requests took at most, in the calmest of a few rounds: what the work costs when nothing else is in the way. Medians are
told beside it: they are what one waits, and on a busy machine say more about the other work than about ours.

Events are of shipments in flight, and beside it of any age: the latter have to fetch a dozen blocks each from wherever
the database keeps what nobody has asked for lately.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import make_url

from carriers.base import TrackingEvent, TrackingUpdate
from gateway.services.ids import new_id
from gateway.storage.tables.base import Row
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.quoting import SHIPMENT
from tests.bench.serving import post, shop_with_a_fleet
from tests.bench.stage import MODE, Merchant, Stage

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 5
ASKED = 400
"""Shipments that are asked for in a round, and moved; drawn anew at each size."""
IN_FLIGHT = 10_000
"""What carriers speak of: the newest. A shipment that was stored long ago lies in blocks that have left the memory."""
NEW = "|| '-' || i"
COUNT = slice(14, 21)
"""Where an id counts the copies: the first of its random characters, so that two ids of one moment stay apart."""


def _id(column: str) -> str:
    return f"overlay(t.{column} placing lpad(i::text, 7, '0') from {COUNT.start + 1})"


COPIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "shipments": (
        "id",
        {
            "id": _id("id"),
            "tender_id": _id("tender_id"),
            "tracking_number": f"t.tracking_number {NEW}",
            "created_at": "t.created_at - i * interval '1 second'",
        },
    ),
    "shipment_terms": (
        "shipment_id",
        {"shipment_id": _id("shipment_id"), "created_at": "t.created_at - i * interval '1 second'"},
    ),
    "tenders": (
        "shipment_id",
        {
            "id": _id("id"),
            "shipment_id": _id("shipment_id"),
            "carrier_reference": f"t.carrier_reference {NEW}",
        },
    ),
    "trackers": (
        "shipment_id",
        {
            "id": _id("id"),
            "shipment_id": _id("shipment_id"),
            "tender_id": _id("tender_id"),
            "tracking_number": f"t.tracking_number {NEW}",
        },
    ),
    "tracker_numbers": ("tracker_id", {"tracker_id": _id("tracker_id"), "number": f"t.number {NEW}"}),
    "tracking_events": ("tracker_id", {"tracker_id": _id("tracker_id")}),
    "status_history": ("tracker_id", {"tracker_id": _id("tracker_id")}),
    "delivery_records": ("shipment_id", {"shipment_id": _id("shipment_id")}),
    "outbox": ("subject_id", {"id": _id("id"), "subject_id": _id("subject_id")}),
}
"""Per table: by which column the rows of the one shipment are found, and what is another in each copy."""


@dataclass(frozen=True, slots=True)
class Cost:
    """In ms: what half of the requests took at most, and a tenth of them."""

    median: float
    fast: float


def growth(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B9. On PostgreSQL only."""
    if not stage.environment["GATEWAY__DATABASE__URL"].startswith("postgresql"):
        return
    shop = shop_with_a_fleet(stage)
    shipment = post(stage, shop, "/v1/shipments", SHIPMENT)
    with stage.services.store.look() as uow:
        tracker = uow.trackers.of_tender(shop.id, shipment["tenders"][0]["id"])
    assert tracker is not None
    first: dict[str, Cost] = {}
    stored = 0
    for size in SIZES:
        started = time.perf_counter()
        _grow(stage, shop, {"shipment": shipment["id"], "tracker": tracker.id}, stored, size)
        took_s = time.perf_counter() - started
        stored = size
        costs = _costs(stage, shop, shipment, size, seconds)
        first = first or costs
        for case, cost in costs.items():
            if costs is not first:
                yield _figure(f"{case}, {size:,}", cost, first[case], took_s)


def _figure(case: str, cost: Cost, small: Cost, took_s: float) -> Figure:
    return Figure(
        benchmark="B9",
        case=case,
        measured=cost.fast,
        unit="ms",
        beside=f"at {SIZES[0]:,}",
        yardstick=small.fast,
        note=f"of a tenth; medians {cost.median:.3g} ÷ {small.median:.3g} ms = {cost.median / small.median:.2f}; "
        f"{ASKED} shipments drawn; stored in {took_s:.0f} s",
    )


def _grow(stage: Stage, shop: Merchant, ids: Mapping[str, str], first: int, last: int) -> None:
    """The copies point at what is copied with them: foreign keys need not look (`replica`; the bench's own server)."""
    url = make_url(stage.environment["GATEWAY__DATABASE__URL"]).set(drivername="postgresql")
    with closing(psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, (found_by, other) in COPIES.items():
            one = ids["tracker" if found_by == "tracker_id" else "shipment"]
            names = [column.name for column in Row.metadata.tables[table].columns]
            columns = ", ".join(f'"{name}"' for name in names)
            cells = ", ".join(other.get(name, f't."{name}"') for name in names)
            statement = (
                f"INSERT INTO {table} ({columns}) SELECT {cells} "  # noqa: S608  # made of our own names
                f"FROM {table} t, generate_series(%s::int, %s::int) i WHERE t.merchant_id = %s AND t.{found_by} = %s"
            )
            connection.execute(statement, [first + 1, last, shop.id, one])  # type: ignore[arg-type]  # likewise
        connection.execute("VACUUM ANALYZE")


def _costs(stage: Stage, shop: Merchant, shipment: Mapping[str, Any], size: int, seconds: float) -> dict[str, Cost]:
    dice = random.Random(size)  # noqa: S311  # no secret
    number = shipment["tracking_number"]
    named = shipment["id"]
    paths: dict[str, Callable[[int], str]] = {
        "look-up": lambda i: f"/v1/shipments/{named[: COUNT.start]}{i:07}{named[COUNT.stop :]}",
        "list": lambda i: "/v1/shipments?limit=20&status=booked",
        "search": lambda i: f"/v1/shipments?limit=20&q={number}-{i}",
    }
    chosen = [[dice.randrange(1, size + 1) for _ in range(ASKED)] for _ in range(ROUNDS)]
    found = {
        case: _calmest(_asked(stage, shop, map(path, numbers), seconds / ROUNDS) for numbers in chosen)
        for case, path in paths.items()
    }
    for first in range(0, IN_FLIGHT, ASKED):  # each has been heard of before, as most have been of which one hears
        _ingested_ms(stage, shop, [f"{number}-{size - i}" for i in range(first, first + ASKED)])
    newest = [[size - dice.randrange(IN_FLIGHT) for _ in range(ASKED)] for _ in range(ROUNDS)]
    for case, drawn in {"ingestion": newest, "ingestion, of any age": chosen}.items():
        told = [_ingested_ms(stage, shop, [f"{number}-{i}" for i in set(numbers)]) for numbers in drawn]
        found[case] = Cost(median(told), min(told))
    return found


def _calmest(rounds: Iterable[Cost]) -> Cost:
    return min(rounds, key=lambda cost: cost.fast)


def _asked(stage: Stage, shop: Merchant, paths: Iterable[str], seconds: float) -> Cost:
    """Requests one at a time."""
    asked = cycle([request("GET", path, authorization=f"Bearer {shop.key}") for path in paths])
    run = stage.load(1, seconds, lambda: next(asked))
    return Cost(run.percentile(50), run.percentile(10))


def _ingested_ms(stage: Stage, shop: Merchant, numbers: list[str]) -> float:
    """Milliseconds an event, in one batch."""
    account = stage.services.accounts.named(shop.id, MODE, "fleet")
    now = datetime.now(UTC)
    events = (
        TrackingEvent(event_id=f"B9:{now}", occurred_at=now + timedelta(minutes=1), status="picked_up") for _ in numbers
    )
    told = [TrackingUpdate(tracking_number=n, events=(e,)) for n, e in zip(numbers, events, strict=True)]
    started = time.perf_counter()
    new, _ = stage.services.ingest.apply(account, told, now, new_id("inb", now))
    assert new == len(numbers)
    return (time.perf_counter() - started) * 1000 / new
