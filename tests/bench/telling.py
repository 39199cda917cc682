"""B7b: how fast one worker delivers webhooks to one endpoint, beside what the bare calls take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from gateway.bootstrap import build
from gateway.domain.messages import OutboxMessage
from gateway.services.bound import Services
from gateway.services.deliveries import body_of
from gateway.services.ids import new_id
from gateway.services.public_http import post
from gateway.settings import load_settings
from tests.bench.figures import Figure
from tests.bench.load import Failed
from tests.bench.stage import Stage, others

EXPECTED_PER_S = 400
"""About what there is to deliver for each second of the benchmark."""
FLAT_S = 15.0


def webhooks(stage: Stage, seconds: float) -> Iterator[Figure]:
    """From rows in the outbox to rows in the delivery log: fan-out, signing, sending, recording."""
    private = {"GATEWAY__WEBHOOKS__ALLOW_PRIVATE": "true"}
    services = build(load_settings({**stage.environment, **private}))
    count = round(EXPECTED_PER_S * seconds)
    with others("merchant") as urls:
        messages = _told(services, urls["hook"], count)
        at_once = services.settings.webhooks.concurrency
        raw_s = _raw(urls["hook"], messages, at_once)
        begun = time.perf_counter()
        _deliver(services)
        took_s = time.perf_counter() - begun
        raw_s = min(raw_s, _raw(urls["hook"], messages, at_once))
    waiting = services.store.counts()["webhooks_undelivered"]
    if waiting:
        raise Failed(f"{waiting} of {count} webhooks were not delivered")
    yield Figure(
        benchmark="B7b",
        measured=count / took_s,
        unit="webhooks/s",
        beside="bare POSTs/s",
        yardstick=count / raw_s,
        note=f"{count} messages, {at_once} at a time, a new connection each as for any stranger's URL; one worker; the "
        "bare calls send the same bodies, unsigned, through the same client; the better of a run before and one after",
    )


def _told(services: Services, url: str, count: int) -> list[OutboxMessage]:
    merchant_id = services.keys.add_merchant("bench webhooks")
    services.webhooks.add_endpoint(merchant_id, "test", url, ())
    now = services.clock()
    messages = [
        OutboxMessage(
            id=new_id("msg", now),
            merchant_id=merchant_id,
            mode="test",
            subject_id=f"shp_{number}",
            sequence=1,
            type="shipment.status_changed",
            payload={"mode": "test", "shipment_id": f"shp_{number}", "status": "in_transit", "reason": "none"},
            created_at=now,
        )
        for number in range(count)
    ]
    with services.store.work() as uow:
        for message in messages:
            uow.outbox.add(message)
        uow.commit()
    return messages


def _deliver(services: Services) -> None:
    """As a worker does, until nothing is left."""
    while lanes := services.lanes.claim():
        for lane in lanes:
            services.lanes.work(lane)


def _raw(url: str, messages: list[OutboxMessage], at_once: int) -> float:
    """Seconds for the bare calls."""
    bodies = [body_of(message) for message in messages]
    headers = {"content-type": "application/json"}
    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as senders:
        answers = list(
            senders.map(lambda body: post(url, body, headers, timeout_s=FLAT_S, allow_private=True).status, bodies)
        )
    if set(answers) != {200}:
        raise Failed(f"the receiver answered {set(answers)}")
    return time.perf_counter() - begun
