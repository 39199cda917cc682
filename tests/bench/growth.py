"""B9: what look-up, list, search and ingestion cost when ten thousand, and a hundred thousand, shipments are stored.

One booked shipment is copied with all that hangs on it, by the database itself: 10^5 of them take a minute so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import psycopg
from sqlalchemy import make_url

from carriers.base import TrackingEvent, TrackingUpdate
from gateway.services.ids import new_id
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.quoting import SHIPMENT
from tests.bench.serving import post, shop_with_a_fleet
from tests.bench.stage import MODE, Merchant, Stage

SIZES = (10_000, 100_000)
ASKED = 400
"""Shipments that are asked for, and moved, at each size; drawn anew."""
NEW = "|| '-' || i"
COPIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "shipments": (
        "id",
        {
            "id": f"t.id {NEW}",
            "tender_id": f"t.tender_id {NEW}",
            "tracking_number": f"t.tracking_number {NEW}",
            "created_at": "t.created_at - i * interval '1 second'",
        },
    ),
    "shipment_terms": (
        "shipment_id",
        {"shipment_id": f"t.shipment_id {NEW}", "created_at": "t.created_at - i * interval '1 second'"},
    ),
    "tenders": (
        "shipment_id",
        {
            "id": f"t.id {NEW}",
            "shipment_id": f"t.shipment_id {NEW}",
            "carrier_reference": f"t.carrier_reference {NEW}",
        },
    ),
    "trackers": (
        "shipment_id",
        {
            "id": f"t.id {NEW}",
            "shipment_id": f"t.shipment_id {NEW}",
            "tender_id": f"t.tender_id {NEW}",
            "tracking_number": f"t.tracking_number {NEW}",
        },
    ),
    "tracker_numbers": ("tracker_id", {"tracker_id": f"t.tracker_id {NEW}", "number": f"t.number {NEW}"}),
    "tracking_events": ("tracker_id", {"tracker_id": f"t.tracker_id {NEW}"}),
    "status_history": ("tracker_id", {"tracker_id": f"t.tracker_id {NEW}"}),
    "delivery_records": ("shipment_id", {"shipment_id": f"t.shipment_id {NEW}"}),
    "outbox": ("subject_id", {"id": f"t.id {NEW}", "subject_id": f"t.subject_id {NEW}"}),
}
"""Per table: by which column the rows of the one shipment are found, and what is another in each copy."""


def growth(stage: Stage, seconds: float) -> Iterator[Figure]:
    """B9. On PostgreSQL only."""
    if not stage.environment["GATEWAY__DATABASE__URL"].startswith("postgresql"):
        return
    shop = shop_with_a_fleet(stage)
    shipment = post(stage, shop, "/v1/shipments", SHIPMENT)
    with stage.services.store.look() as uow:
        tracker = uow.trackers.of_tender(shop.id, shipment["tenders"][0]["id"])
    assert tracker is not None
    costs: list[dict[str, float]] = []
    stored, took_s = 0, 0.0
    for size in SIZES:
        started = time.perf_counter()
        _grow(stage, shop, {"shipment": shipment["id"], "tracker": tracker.id}, stored, size)
        took_s += time.perf_counter() - started
        stored = size
        costs.append(_costs(stage, shop, shipment, size, seconds))
    for case, small in costs[0].items():
        large = costs[-1][case]
        yield Figure(
            benchmark="B9",
            case=case,
            measured=large,
            unit="ms",
            beside=f"at {SIZES[0]:,}",
            yardstick=small,
            note=f"{ASKED} shipments drawn from {SIZES[-1]:,}, all stored in {took_s:.0f} s; 10^6 is not measured",
        )


def _grow(stage: Stage, shop: Merchant, ids: Mapping[str, str], first: int, last: int) -> None:
    url = make_url(stage.environment["GATEWAY__DATABASE__URL"]).set(drivername="postgresql")
    with closing(psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)) as connection:
        for table, (found_by, other) in COPIES.items():
            one = ids["tracker" if found_by == "tracker_id" else "shipment"]
            members = ", ".join(f"'{name}', {value}" for name, value in other.items())
            statement = (
                f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({members}))).* "  # noqa: S608  # made of our own names
                f"FROM {table} t, generate_series(%s::int, %s::int) i WHERE t.merchant_id = %s AND t.{found_by} = %s"
            )
            connection.execute(statement, [first + 1, last, shop.id, one])  # type: ignore[arg-type]  # likewise
        connection.execute("VACUUM ANALYZE")


def _costs(stage: Stage, shop: Merchant, shipment: Mapping[str, Any], size: int, seconds: float) -> dict[str, float]:
    dice = random.Random(size)  # noqa: S311  # no secret
    chosen = [dice.randrange(1, size + 1) for _ in range(ASKED)]
    number = shipment["tracking_number"]
    paths: dict[str, Callable[[int], str]] = {
        "look-up": lambda i: f"/v1/shipments/{shipment['id']}-{i}",
        "list": lambda i: "/v1/shipments?limit=20&status=booked",
        "search": lambda i: f"/v1/shipments?limit=20&q={number}-{i}",
    }
    found = {case: _asked_ms(stage, shop, [path(i) for i in chosen], seconds) for case, path in paths.items()}
    return {**found, "ingestion": _ingested_ms(stage, shop, [f"{number}-{i}" for i in set(chosen)])}


def _asked_ms(stage: Stage, shop: Merchant, paths: list[str], seconds: float) -> float:
    """Of requests one at a time, a tenth took less: what else the machine does falls upon the others."""
    asked = cycle([request("GET", path, authorization=f"Bearer {shop.key}") for path in paths])
    return stage.load(1, seconds, lambda: next(asked)).percentile(10)


def _ingested_ms(stage: Stage, shop: Merchant, numbers: list[str]) -> float:
    """Milliseconds an event, in one batch."""
    account = stage.services.accounts.named(shop.id, MODE, "fleet")
    now = datetime.now(UTC)
    events = (
        TrackingEvent(event_id=f"B9:{len(numbers)}:{now}", occurred_at=now + timedelta(minutes=1), status="picked_up")
        for _ in numbers
    )
    told = [TrackingUpdate(tracking_number=n, events=(e,)) for n, e in zip(numbers, events, strict=True)]
    started = time.perf_counter()
    new, _ = stage.services.ingest.apply(account, told, now, new_id("inb", now))
    assert new == len(numbers)
    return (time.perf_counter() - started) * 1000 / new
