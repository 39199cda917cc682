"""Whose estimate is believed, learnt from finished shipments; and what the watch looks at."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text

from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.services.ports import UnitOfWork
from gateway.services.reliability.learner import Learner
from gateway.services.watch import Watch
from gateway.settings import Worker
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW

HOUR = timedelta(hours=1)
SETTINGS = Worker(tick_s=1.0, batch=100, lease_s=60, max_tries=5)


def carried(
    uow: UnitOfWork, number: int, scanned_at: datetime, came_after_h: float | None, estimate_h: float, deliver_h: float
) -> ShipmentRecord:
    """A shipment whose first scan was at that moment; its carrier then said so many hours, and it took so many."""
    shipment_id, tender_id = f"shp_{number:03}", f"tnd_{number:03}"
    promise, estimate = scanned_at + deliver_h * HOUR, scanned_at + estimate_h * HOUR
    shipment = made.shipment(
        shipment_id,
        state=ShipmentState.BOOKED,
        account_id=ACCOUNT,
        tender_id=tender_id,
        deliver_by=promise,
        status="in_transit",
        phase="in_transit",
        due_at=NOW,
    )
    tracker = made.tracker(
        f"trk_{number:03}", shipment_id=shipment_id, tender_id=tender_id, estimated_delivery_at=estimate
    )
    record = made.delivery_record(
        shipment_id,
        service="next_day",
        zone="oslo",
        booked_at=scanned_at,
        ready_at=scanned_at,
        promised_by=promise,
        estimates={"moving": estimate},
    )
    scans = [made.event("scan", "picked_up", occurred_at=scanned_at)]
    if came_after_h is not None:
        came = scanned_at + came_after_h * HOUR
        record = replace(record, delivered_at=came, first_attempt_at=came, attempts=1, outcome="delivered")
        scans.append(made.event("door", "delivered", occurred_at=came))
        shipment = replace(shipment, status="delivered", phase="final", due_at=None)
    uow.shipments.add(shipment)
    uow.tenders.add(made.tender(tender_id, shipment_id))
    uow.trackers.add(tracker)
    for scan in scans:
        uow.trackers.append(tracker, scan, "")
    uow.records.put(record)
    return shipment


def history(store: SqlStore, said_h: float) -> None:
    """Sixty parcels that took 20 to 29 hours, of each of which the carrier had said so many."""
    made.begin(store)
    with store.work() as uow:
        for number in range(60):
            scanned_at = NOW - timedelta(days=3 + number % 25)
            carried(uow, number, scanned_at, 20 + number % 10, said_h, 48)
        uow.commit()
    batch = Learner(store, lambda: NOW)
    batch.learn(MERCHANT, "test")


def learn_in_two_batches(store: SqlStore, said_h: float) -> None:
    """As `history`, and thirty more that are compared with what the first sixty taught."""
    history(store, said_h)
    with store.work() as uow:
        for number in range(100, 130):
            carried(uow, number, NOW - timedelta(days=3 + number % 9), 20 + number % 10, said_h, 48)
        uow.commit()
    Learner(store, lambda: NOW).learn(MERCHANT, "test")


def watched(store: SqlStore, estimate_h: float, scanned_h_ago: float = 1.0, deliver_h: float = 48) -> ShipmentRecord:
    """One more that is on its way, after the watch has looked at it."""
    with store.work() as uow:
        shipment = carried(uow, 900, NOW - scanned_h_ago * HOUR, None, estimate_h, deliver_h)
        uow.commit()
    watch = Watch(store, lambda: NOW, SETTINGS)
    (claimed,) = watch.claim()
    watch.work(claimed)
    with store.look() as uow:
        found = uow.shipments.get(MERCHANT, shipment.id)
    assert found is not None
    return found


def test_a_carrier_whose_estimates_were_worse_is_not_believed(store: SqlStore) -> None:
    learn_in_two_batches(store, said_h=60)
    eta = watched(store, estimate_h=60).eta
    assert eta is not None
    assert eta.source.value == "learnt"
    begun = NOW - HOUR
    assert 18 * HOUR <= eta.earliest - begun <= 22 * HOUR
    assert 27 * HOUR <= eta.latest - begun <= 32 * HOUR


def test_a_carrier_whose_estimates_were_better_is_believed(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        for number in range(60):
            took = 20 + 4 * (number % 10)
            carried(uow, number, NOW - timedelta(days=5 + number % 25), took, took + 0.5, 80)
        uow.commit()
    Learner(store, lambda: NOW).learn(MERCHANT, "test")
    with store.work() as uow:
        for number in range(100, 130):
            took = 20 + 4 * (number % 10)
            carried(uow, number, NOW - timedelta(days=5 + number % 9), took, took + 0.5, 80)
        uow.commit()
    Learner(store, lambda: NOW).learn(MERCHANT, "test")
    eta = watched(store, estimate_h=33).eta
    assert eta is not None
    assert eta.source.value == "carrier"
    assert abs(eta.latest - (NOW + 32 * HOUR)) <= timedelta(minutes=5)


def test_what_has_passed_already_moves_the_window_and_a_promise_it_misses_is_at_risk(store: SqlStore) -> None:
    learn_in_two_batches(store, said_h=60)
    found = watched(store, estimate_h=60, scanned_h_ago=25, deliver_h=25.5)
    assert found.eta is not None
    assert found.eta.earliest >= NOW - timedelta(minutes=5)
    assert found.alarms == ("promise_at_risk",)
    assert found.deliver_by == NOW + timedelta(minutes=30), "the promise never moves"


def test_only_due_rows_are_looked_at_and_by_an_index(store: SqlStore, database: TestDatabase) -> None:
    made.begin(store)
    with store.work() as uow:
        for number in range(20):
            shipment = carried(uow, number, NOW - HOUR, None, 30, 48)
            uow.shipments.foresee(replace(shipment, due_at=NOW + (number - 3) * HOUR))
        uow.commit()
    watch = Watch(store, lambda: NOW, SETTINGS)
    claimed = watch.claim()
    assert [shipment.id for shipment in claimed] == [f"shp_{number:03}" for number in range(4)]
    if store._writer.dialect.name == "sqlite":
        plan = "EXPLAIN QUERY PLAN SELECT id FROM shipments WHERE due_at <= '2026-01-01' ORDER BY due_at LIMIT 100"
        with database.engine.connect() as connection:
            assert "shipments_due" in str(connection.execute(text(plan)).all())
    for shipment in claimed:
        watch.work(shipment)
    assert watch.claim() == []


def test_one_that_crashes_its_worker_is_left_alone(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        shipment = carried(uow, 1, NOW - HOUR, None, 30, 48)
        uow.commit()
    watch = Watch(store, lambda: NOW, SETTINGS)
    (claimed,) = watch.claim()
    watch.park(claimed, "given up")
    with store.look() as uow:
        found = uow.shipments.get(MERCHANT, shipment.id)
    assert found is not None
    assert (found.due_at, found.tries) == (None, 0)


def test_what_is_delivered_in_a_fraction_of_the_shortest_time_is_doubted(store: SqlStore) -> None:
    history(store, said_h=30)
    with store.work() as uow:
        shipment = carried(uow, 900, NOW - 3 * HOUR, 2.0, 30, 48)
        uow.shipments.foresee(replace(shipment, due_at=NOW))
        uow.commit()
    watch = Watch(store, lambda: NOW, SETTINGS)
    (claimed,) = watch.claim()
    watch.work(claimed)
    with store.look() as uow:
        (case,) = uow.cases.of_shipment(MERCHANT, shipment.id)
    assert case.kind == "too_fast"
    assert "99 of 100 take longer than" in case.why


def test_silence_until_tracking_expires_settles_nothing(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        shipment = carried(uow, 1, NOW - 100 * HOUR, None, 30, 200)
        uow.commit()
    watch = Watch(store, lambda: NOW, SETTINGS)
    watch.work(watch.claim()[0])
    with store.work() as uow:
        stuck = uow.shipments.get(MERCHANT, shipment.id)
        assert stuck is not None
        assert stuck.alarms == ("stuck",)
        uow.shipments.update(replace(stuck, status="expired", phase="final", due_at=NOW, version=stuck.version + 1))
        uow.commit()
    watch.work(watch.claim()[0])
    with store.look() as uow:
        after = uow.shipments.get(MERCHANT, shipment.id)
        cases = uow.cases.of_shipment(MERCHANT, shipment.id)
    assert after is not None
    assert (after.alarms, after.eta, after.due_at) == (("stuck",), None, None)
    assert [(case.kind, case.state) for case in cases] == [("stuck", "open")]
