"""A worker that was held up just before its send, longer than its lease: what it books then must not stay booked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from carriers.base import CarrierUnavailable
from carriers.base.calls import Call
from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Pending
from carriers.base.flight import Answered
from gateway.bootstrap import TRANSPORTS
from gateway.domain.shipments import TenderState
from tests.conftest import TestDatabase
from tests.journeys.site import Gateway, Merchant, Site, states

PATIENT_S = 10


class Gate:
    """A real transport before which the first booking waits until it is let through."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self._inner = CurlTransport()

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> Pending:
        if not call.repeatable and not self.reached.is_set():
            self.reached.set()
            assert self.open.wait(PATIENT_S)
        return self._inner.start(call, deadline, answered, on_sent)

    def go(self) -> None:
        self._inner.go()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setitem(TRANSPORTS, "gated", lambda: gate)
    yield gate
    gate.open.set()


@pytest.fixture
def paused(database: TestDatabase, gate: Gate, tmp_path: Path) -> Iterator[Site]:
    """A gateway whose first booking waits at the gate; its audit at the end is the one of every journey."""
    # The clock of the wall is moved while the process is held up; its own deadline is not.
    gateway = Gateway(database.url, CARRIERS__TRANSPORT="gated", BOOKING__DEADLINE_S="30", BOOKING__LEASE_MARGIN_S="5")
    with Site(gateway, tmp_path) as site:
        yield site
        assert site.violations() == []
    gateway.close()


@pytest.mark.parametrize(
    ("without", "tenders", "active", "cases"),
    [
        (["idempotency"], ["refused", "accepted"], 1, []),
        (["idempotency", "cancel"], ["refused", "accepted"], 2, ["recall_refused"]),
        ([], ["accepted"], 1, []),
    ],
    ids=["look-up", "look-up without cancelling", "both"],
)
def test_a_booking_sent_by_a_worker_that_lost_its_lease_is_taken_back(
    without: Sequence[str], tenders: Sequence[str], active: int, cases: Sequence[str], paused: Site, gate: Gate
) -> None:
    """While it is held up its tender is looked up, found absent and closed, and the next offer is booked."""
    sandbox = paused.carrier("sandbox")
    shop = paused.merchant()
    shop.account("sandbox-1", sandbox, without=list(without))
    with ThreadPoolExecutor(1) as held_up:
        posting = held_up.submit(shop.book)
        assert gate.reached.wait(PATIENT_S)
        (waiting,) = shop.get("/v1/shipments")["data"]
        paused.clock.advance(seconds=36)
        shipment = paused.settle(shop, waiting["id"])
        assert shipment["state"] == "booked"
        assert states(shipment) == tenders
        assert len(paused.active(shipment)) == 1
        gate.open.set()
        answer = posting.result(PATIENT_S)
    assert answer.status_code == 201
    assert (answer.json or {})["id"] == shipment["id"]
    paused.work()
    after = shop.shipment(shipment["id"])
    assert after["tracking_number"] == shipment["tracking_number"]
    assert len(paused.active(after)) == active
    assert [case["kind"] for case in after["cases"]] == cases


def test_that_nothing_was_sent_is_not_believed_of_a_sender_that_lost_its_tender(site: Site, shop: Merchant) -> None:
    """Another may have sent it again and be about to record the booking: closing it would book a second one."""
    shop.account("sandbox-1", site.carrier("sandbox"))
    shipment = shop.book(reference="order-sim914").json or {}
    assert shipment["state"] == "uncertain"
    with site.services.store.look() as uow:
        (tender,) = uow.tenders.of_shipment(shop.id, shipment["id"])
    held_up = CarrierUnavailable("this process was held up; nothing was sent")
    site.services.reconciler._booker.settle(replace(tender, state=TenderState.OFFERED), held_up)
    assert states(shop.shipment(shipment["id"])) == ["uncertain"]
    settled = site.settle(shop, shipment["id"])
    assert (settled["state"], states(settled), len(site.active(settled))) == ("booked", ["accepted"], 1)
