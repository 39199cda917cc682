"""Many requests at once for one thing: it happens once, and everybody is told the same."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from tests.journeys.site import Merchant, Site

THREADS = 30
PATIENT_S = 60
SLOW_S = 3
PATIENT: Mapping[str, Any] = {"deadline_ms": 10_000}
"""A request that waits for the slow quote."""


@pytest.fixture
def sandbox(site: Site, shop: Merchant) -> RunningSimulator:
    """A carrier that would book twice when asked twice."""
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running, without=["idempotency"])
    return running


def at_once(post: Callable[[int], TestResponse], times: int = THREADS) -> list[TestResponse]:
    """Post from many threads that all start together."""
    start = threading.Barrier(times)

    def one(number: int) -> TestResponse:
        start.wait(PATIENT_S)
        return post(number)

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_one_key_in_thirty_threads_books_once(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    answers = at_once(lambda _: shop.book(key="one-key", reference="order-1"))
    told = Counter(answer.status_code for answer in answers)
    assert set(told) <= {201, 409}, told
    assert {(answer.json or {})["code"] for answer in answers if answer.status_code == 409} <= {"still_running"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status_code == 409)
    booked = {answer.data for answer in answers if answer.status_code == 201}
    assert len(booked) == 1
    replays = [answer for answer in answers if answer.headers.get("Idempotent-Replayed") == "true"]
    assert len(replays) == told[201] - 1
    assert len(site.all_active()) == 1
    assert {shop.book(key="one-key", reference="order-1").data} == booked


def test_one_reference_under_thirty_keys_books_once(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    """A client that invents a new key for every retry."""
    answers = at_once(lambda number: shop.book(key=f"key-{number}", reference="order-1"))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: THREADS - 1}
    (booked,) = (answer.json or {} for answer in answers if answer.status_code == 201)
    refused = [answer.json or {} for answer in answers if answer.status_code == 409]
    assert {problem["code"] for problem in refused} == {"duplicate_reference"}
    assert {problem["shipment_id"] for problem in refused} == {booked["id"]}
    assert len(site.all_active()) == 1


def test_a_failed_reference_is_tried_again_as_the_same_shipment_once(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="book", times=-1))
    failed = shop.book(reference="order-1")
    assert failed.status_code == 422
    shipment_id = (failed.json or {})["shipment_id"]
    sandbox.simulator.faults.clear()
    site.clock.advance(minutes=11)  # the account rested
    answers = at_once(lambda number: shop.book(key=f"again-{number}", reference="order-1"), 10)
    booked = [answer.json or {} for answer in answers if answer.status_code == 201]
    assert [shipment["id"] for shipment in booked] == [shipment_id]
    assert {answer.status_code for answer in answers} == {201, 409}
    assert len(site.all_active()) == 1
    assert len(booked[0]["tenders"]) > 1


def test_another_body_under_the_key_is_refused_while_the_first_runs_and_afterwards(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    sandbox.simulator.faults.add(Fault(kind=FaultKind.SLOW, operation="quote", delay_s=SLOW_S))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(shop.book, key="one-key", reference="order-1", **PATIENT)
        _wait_until(lambda: len(sandbox.simulator.calls) > 0)
        assert shop.book(key="one-key", reference="order-2").status_code == 422
        assert shop.book(key="one-key", reference="order-1", **PATIENT).status_code == 409
        assert first.result(PATIENT_S).status_code == 201
    assert (shop.book(key="one-key", reference="order-2").json or {})["code"] == "idempotency_key_reused"
    assert len(site.all_active()) == 1


def test_a_request_held_up_before_it_began_anything_begins_nothing_once_a_repeat_has(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    """The first process stops while it quotes; the lock of its key runs out, and the repeat books."""
    sandbox.simulator.faults.add(Fault(kind=FaultKind.SLOW, operation="quote", delay_s=SLOW_S))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(shop.book, key="one-key", **PATIENT)
        _wait_until(lambda: len(sandbox.simulator.calls) > 0)
        site.clock.advance(seconds=4)
        second = shop.book(key="one-key", **PATIENT)
        late = first.result(PATIENT_S)
    assert second.status_code == 201, second.text
    assert late.status_code == 409
    assert (late.json or {})["code"] == "still_running"
    assert len(site.all_active()) == 1
    assert len(shop.get("/v1/shipments")["data"]) == 1
    again = shop.book(key="one-key", **PATIENT)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.data == second.data


def _wait_until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENT_S
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)
