"""A soak: load and faults for so long, then peace, then the reckoning."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from gateway.storage.migrate import migrate
from tests.journeys.processes import LOOK_AGAIN_S, wait_until
from tests.postgres import own_server
from tests.rabbitmq import running_rabbit
from tests.soak.clients import Client, Shop
from tests.soak.nemesis import Nemesis
from tests.soak.rig import Rig, rigged

SHOPS = 2
PATIENT_S = 180.0
"""How long nothing may move before it is said to be stuck. A slow machine moves slowly."""
CLIENTS = ("buy", "buy", "push", "push", "bring_history", "stall")
AT_REST = {
    "inbox": "SELECT count(*) FROM inbox WHERE state = 'new'",
    "shipments": "SELECT count(*) FROM shipments WHERE state IN ('booking', 'uncertain', 'cancelling')",
    "recalls": "SELECT count(*) FROM recalls WHERE state = 'due'",
    "deliveries": "SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'",
    "messages": "SELECT count(*) FROM outbox WHERE NOT fanned",
}
"""What there must be none of before accounts are settled."""
WAITING = "SELECT " + ", ".join(f'({asked}) AS "{name}"' for name, asked in AT_REST.items())
TOLD = """
    SELECT id, type FROM outbox
    WHERE mode = 'test' AND NOT EXISTS (SELECT 1 FROM webhook_endpoints AS e WHERE e.id = outbox.subject_id)
"""
"""What the merchant's only endpoint must have heard: all but its own troubles, which others are told of."""


@dataclass(frozen=True)
class Verdict:
    """What happened, and what of it is wrong."""

    faults: Mapping[str, int]
    counts: Mapping[str, int]
    wrong: list[str]


def soak(
    seed: int, folder: Path, *, seconds: float | None = None, faults: Sequence[str] = (), distributed: bool = False
) -> Verdict:
    """For so many seconds with faults that are drawn, or as long as these faults take."""
    with ExitStack() as opened:
        database = opened.enter_context(own_server(durable=True))
        broker = opened.enter_context(running_rabbit()) if distributed else None
        url = database.database("soak")
        migrate(url)
        rig = opened.enter_context(rigged(url, database, broker, folder))
        shops = [_shop(rig, number) for number in range(SHOPS)]
        done, wrong = _load(rig, shops, seed, seconds, faults)
        engine = create_engine(url, isolation_level="REPEATABLE READ")
        opened.callback(engine.dispose)
        wait_until(rig.ready, "the web process did not come back", PATIENT_S)
        waiting, told = _at_rest(engine)
        restless = [f"did not come to rest: {number} {name}" for name, number in waiting.items()]
        return Verdict(done, _counts(shops, told), [*wrong, *(restless or _reckoning(rig, shops, engine, told))])


def _shop(rig: Rig, number: int) -> Shop:
    merchant = rig.site.merchant(f"Shop {number}")
    running = rig.site.carrier("sandbox", ledger=f"sandbox-{number}")
    account_id = merchant.account("sandbox", running)
    rig.site.services.webhooks.add_endpoint(merchant.id, "test", rig.receiver.url, ())
    return Shop(merchant, account_id, running)


def _load(
    rig: Rig, shops: list[Shop], seed: int, seconds: float | None, faults: Sequence[str]
) -> tuple[Mapping[str, int], list[str]]:
    """Clients and faults; how often each fault was, and what clients were answered that they should not be."""
    over = threading.Event()
    nemesis = Nemesis(rig, seed, over)
    with ThreadPoolExecutor(SHOPS * len(CLIENTS) + 1) as threads:
        faulty = threads.submit(nemesis.each, faults) if faults else threads.submit(nemesis.run)
        clients: dict[str, Future[None]] = {}
        for (number, shop), (place, task) in product(enumerate(shops), enumerate(CLIENTS)):
            client = Client(rig, shop, f"S{seed}-{number}-{place}", over)
            clients[f"client {place} of shop {number} ({task})"] = threads.submit(getattr(client, task))
        try:
            over.wait(seconds)
        finally:
            over.set()
    faulty.result()
    failed = {name: client.exception() for name, client in clients.items()}
    return nemesis.done, [f"{name} gave up: {error!r}" for name, error in failed.items() if error is not None]


def _at_rest(engine: Engine) -> tuple[Mapping[str, int], Mapping[str, str]]:
    """Wait as long as anything moves; what waits still, and at that very moment the messages that were told, with
    their types.
    """
    fewest, until = math.inf, time.monotonic() + PATIENT_S
    while True:
        with engine.connect() as connection:
            found = connection.execute(text(WAITING)).one()._asdict()
            told = {row.id: row.type for row in connection.execute(text(TOLD))}
        waiting = {name: number for name, number in found.items() if number}
        if sum(waiting.values()) < fewest:
            fewest, until = sum(waiting.values()), time.monotonic() + PATIENT_S
        if not waiting or time.monotonic() > until:
            return waiting, told
        time.sleep(LOOK_AGAIN_S)


def _counts(shops: list[Shop], told: Mapping[str, str]) -> Mapping[str, int]:
    return {
        "bookings acknowledged": sum(len(shop.shipments) for shop in shops),
        "bookings refused": sum(shop.refused for shop in shops),
        "webhooks acknowledged": sum(len(shop.pushed) for shop in shops),
        "events taken in bulk": sum(len(shop.imported) for shop in shops),
        "messages told to merchants": len(told),
        "requests repeated": sum(shop.repeats for shop in shops),
    }


def _reckoning(rig: Rig, shops: list[Shop], engine: Engine, told: Mapping[str, str]) -> Iterator[str]:
    """What was acknowledged and is not there, and what the audit says."""
    with engine.connect() as connection:
        stored = {
            bytes(body) for (body,) in connection.execute(text("SELECT body FROM inbox WHERE source = 'webhook'"))
        }
        shipments = {row.id: row.state for row in connection.execute(text("SELECT id, state FROM shipments"))}
        numbers = set(connection.execute(text("SELECT tracking_number FROM trackers")).scalars())
    for shop in shops:
        yield from (f"a webhook that was acknowledged is lost: {body!r}" for body in shop.pushed - stored)
        yield from (f"a booking is lost: {name}" for name, id in shop.shipments.items() if id not in shipments)
        yield from (f"an event taken in bulk is lost: {name}" for name in shop.imported - numbers)
    unheard = told.keys() - rig.receiver.heard
    yield from (f"the merchant was never told: {told[message]} {message}" for message in sorted(unheard))
    yield from (f"audit: {violation}" for violation in rig.site.violations())
