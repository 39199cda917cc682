"""Leases: any number of workers, no row done twice at once, no row lost with its worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.domain.messages import DeliveryState, InboxState
from gateway.domain.shipments import TenderState
from gateway.services.ports import UnitOfWork
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import LEASE, MERCHANT, NOW

Claim = Callable[[UnitOfWork, datetime, int], Sequence[Any]]


def trackers(store: SqlStore, count: int) -> None:
    for number in range(count):
        with store.work() as uow:
            uow.trackers.add(made.tracker(f"trk_{number:03}", due_at=NOW + timedelta(milliseconds=number)))
            uow.commit()


def inbox(store: SqlStore, count: int) -> None:
    for number in range(count):
        with store.work() as uow:
            uow.inbox.add(made.message(f"inb_{number:03}", received_at=NOW + timedelta(milliseconds=number)))
            uow.commit()


def lanes(store: SqlStore, count: int) -> None:
    """Endpoints with a delivery each."""
    with store.work() as uow:
        uow.outbox.add(made.news())
        for number in range(count):
            endpoint = made.endpoint(f"whk_{number:03}")
            uow.outbox.add_endpoint(endpoint)
            due = NOW + timedelta(milliseconds=number)
            uow.outbox.send([made.delivery(f"dlv_{number:03}", endpoint_id=endpoint.id, due_at=due)])
            uow.outbox.wake(endpoint, due)
        uow.commit()


def tenders(store: SqlStore, count: int) -> None:
    with store.work() as uow:
        for number in range(count):
            uow.shipments.add(made.shipment(f"shp_{number:03}"))
            due = NOW + timedelta(milliseconds=number)
            uow.tenders.add(
                made.tender(f"tnd_{number:03}", f"shp_{number:03}", state=TenderState.UNCERTAIN, due_at=due)
            )
        uow.commit()


def recalls(store: SqlStore, count: int) -> None:
    tenders(store, count)
    with store.work() as uow:
        for number in range(count):
            whose = {"shipment_id": f"shp_{number:03}", "tender_id": f"tnd_{number:03}"}
            due = NOW + timedelta(milliseconds=number)
            uow.recalls.add(made.recall(f"rcl_{number:03}", booking=made.booking(f"CR-{number}"), due_at=due, **whose))
        uow.commit()


KINDS: dict[str, tuple[Callable[[SqlStore, int], None], Claim]] = {
    "trackers": (trackers, lambda uow, now, limit: uow.trackers.claim_due(now, LEASE, limit)),
    "inbox": (inbox, lambda uow, now, limit: uow.inbox.claim_due(now, LEASE, limit)),
    "lanes": (lanes, lambda uow, now, limit: uow.outbox.claim_lanes(now, LEASE, limit)),
    "tenders": (tenders, lambda uow, now, limit: uow.tenders.claim_due(now, LEASE, limit)),
    "recalls": (recalls, lambda uow, now, limit: uow.recalls.claim_due(now, LEASE, limit)),
}
each_kind = pytest.mark.parametrize(("fill", "claim"), KINDS.values(), ids=list(KINDS))
COUNTING = [kind for kind in KINDS if kind != "lanes"]
each_counting_kind = pytest.mark.parametrize(("fill", "claim"), [KINDS[kind] for kind in COUNTING], ids=COUNTING)
"""All but endpoints, whose deliveries count their tries when they are taken."""
SOON = NOW + timedelta(seconds=1)


def claimed(store: SqlStore, claim: Claim, now: datetime, limit: int = 100) -> list[Any]:
    with store.work() as uow:
        return list(claim(uow, now, limit))


@each_kind
def test_a_claim_takes_what_is_due_longest_first(store: SqlStore, fill: Any, claim: Claim) -> None:
    made.begin(store)
    fill(store, 7)
    assert claimed(store, claim, NOW - timedelta(seconds=1)) == []
    first = [row.id[-3:] for row in claimed(store, claim, SOON, limit=3)]
    assert first == ["000", "001", "002"]
    assert [row.id[-3:] for row in claimed(store, claim, SOON)] == ["003", "004", "005", "006"]
    assert claimed(store, claim, SOON) == []


@each_counting_kind
def test_the_try_is_counted_before_the_work_and_survives_it(store: SqlStore, fill: Any, claim: Claim) -> None:
    made.begin(store)
    fill(store, 1)
    for tries in (1, 2, 3):
        with store.work() as uow:  # the worker ends without a commit
            (row,) = claim(uow, SOON + LEASE * (2 * tries), 100)
            assert row.tries == tries


@each_kind
def test_what_a_dead_worker_held_is_claimed_again_after_the_lease(store: SqlStore, fill: Any, claim: Claim) -> None:
    made.begin(store)
    fill(store, 2)
    assert len(claimed(store, claim, SOON)) == 2
    assert claimed(store, claim, SOON + LEASE - timedelta(seconds=1)) == []
    again = claimed(store, claim, SOON + LEASE)
    assert [getattr(row, "tries", 2) for row in again] == [2, 2]


@each_kind
def test_two_workers_share_the_work_without_a_row_done_twice(store: SqlStore, fill: Any, claim: Claim) -> None:
    made.begin(store)
    fill(store, 60)
    start = threading.Barrier(4)
    taken: list[list[str]] = [[] for _ in range(4)]

    def work(mine: list[str]) -> None:
        start.wait()
        while rows := claimed(store, claim, SOON, limit=4):
            mine.extend(row.id for row in rows)

    workers = [threading.Thread(target=work, args=(mine,)) for mine in taken]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    everything = [row_id for mine in taken for row_id in mine]
    assert len(everything) == len(set(everything)) == 60


def test_what_is_settled_as_it_comes_makes_no_account_due(store: SqlStore) -> None:
    """Answers to polls and scans of own drivers: kept, and nothing more is to be done about them."""
    made.begin(store)
    with store.work() as uow:
        uow.inbox.add(made.message("inb_polled", state=InboxState.APPLIED, dedupe_key="polled"))
        uow.inbox.add(made.message("inb_failed", state=InboxState.QUARANTINED, dedupe_key="failed"))
        uow.commit()
        assert list(uow.inbox.due_accounts(SOON)) == []
        uow.inbox.add(made.message("inb_new"))
        uow.commit()
        assert len(uow.inbox.due_accounts(SOON)) == 1


def test_settled_rows_are_not_claimed(store: SqlStore) -> None:
    made.begin(store, shipments=1, tenders=1)
    inbox(store, 2)
    lanes(store, 1)
    trackers(store, 1)
    with store.work() as uow:
        uow.inbox.settle(made.message("inb_000", state=InboxState.APPLIED))
        uow.inbox.settle(made.message("inb_001", state=InboxState.QUARANTINED, why="unknown code"))
        endpoint = made.endpoint("whk_000")
        done = made.delivery("dlv_000", endpoint_id=endpoint.id, state=DeliveryState.DELIVERED, due_at=None)
        uow.outbox.settle(done, None)
        uow.outbox.release(endpoint, None)
        uow.trackers.update(made.tracker("trk_000", finished=True))
        uow.recalls.add(made.recall())
        uow.recalls.update(made.recall(state="refused"))
        uow.commit()
    later = NOW + timedelta(seconds=10)
    for name, (_, claim) in KINDS.items():
        assert claimed(store, claim, later) == [], name


@pytest.mark.parametrize(
    ("state", "lease", "due", "expected"),
    [
        (TenderState.OFFERED, -1, None, True),
        (TenderState.OFFERED, +1, None, False),
        (TenderState.OFFERED, -1, +1, False),  # claimed by a worker whose own lease is not over
        (TenderState.UNCERTAIN, -1, None, False),  # nothing can be learnt: it waits for a person
        (TenderState.UNCERTAIN, +1, -1, True),
        (TenderState.UNCERTAIN, -1, +1, False),
        (TenderState.REFUSED, -1, -1, True),
        (TenderState.REFUSED, -1, None, False),
        (TenderState.CANCELLED, -1, None, False),
        (TenderState.ACCEPTED, -1, -1, False),
    ],
)
def test_which_tenders_are_due(
    store: SqlStore, state: TenderState, lease: int, due: int | None, expected: bool
) -> None:
    made.begin(store, shipments=1)
    given = made.tender(
        state=state,
        lease_until=NOW + timedelta(seconds=lease),
        due_at=None if due is None else NOW + timedelta(seconds=due),
    )
    with store.work() as uow:
        uow.tenders.add(given)
        uow.commit()
        found = uow.tenders.claim_due(NOW, LEASE, 10)
        assert list(found) == ([replace(given, due_at=NOW + LEASE, tries=1)] if expected else [])
        assert uow.tenders.get(MERCHANT, "tnd_1") == (found[0] if expected else given)


def test_two_workers_never_fan_out_the_same_message(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.outbox.add_endpoint(made.endpoint())
        for number in range(40):
            uow.outbox.add(made.news(f"msg_{number:03}", sequence=number))
        uow.commit()
    start = threading.Barrier(2)
    fanned: list[str] = []

    def work() -> None:
        start.wait()
        while True:
            with store.work() as uow:
                messages = uow.outbox.claim_unfanned(5)
                for message in messages:
                    uow.outbox.fanned([message], [made.delivery(f"dlv_{message.id}", message.id)])
                uow.commit()
            fanned.extend(message.id for message in messages)
            if not messages:
                return

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with store.look() as uow:
        made_of = {delivery.outbox_id for delivery in uow.outbox.deliveries(MERCHANT, "whk_1", 100, None).items}
    assert sorted(fanned) == sorted(made_of) == [f"msg_{number:03}" for number in range(40)]


def test_a_lane_is_given_back_with_the_time_of_its_next_delivery(store: SqlStore) -> None:
    made.begin(store)
    lanes(store, 1)
    [lane] = claimed(store, KINDS["lanes"][1], SOON)
    soon, later = SOON + timedelta(minutes=1), SOON + timedelta(minutes=2)
    with store.work() as uow:
        [taken] = uow.outbox.take(lane, SOON, 4)
        assert taken.tries == 1
        uow.outbox.settle(replace(taken, due_at=soon, tries=0), None)
        uow.outbox.release(lane, None)
        uow.commit()
    assert claimed(store, KINDS["lanes"][1], soon - timedelta(seconds=1)) == []
    [again] = claimed(store, KINDS["lanes"][1], soon)
    with store.work() as uow:
        uow.outbox.release(again, later)
        uow.commit()
    assert claimed(store, KINDS["lanes"][1], later - timedelta(seconds=1)) == []
    assert [row.id for row in claimed(store, KINDS["lanes"][1], later)] == ["whk_000"]


def test_deliveries_are_taken_in_the_order_of_their_messages(store: SqlStore) -> None:
    made.begin(store)
    endpoint = made.endpoint()
    with store.work() as uow:
        uow.outbox.add_endpoint(endpoint)
        for number in (3, 1, 2):
            uow.outbox.add(made.news(f"msg_{number}", sequence=number))
            due = SOON if number == 2 else NOW + timedelta(milliseconds=number)
            uow.outbox.send([made.delivery(f"dlv_{number}", f"msg_{number}", due_at=due)])
        assert [each.id for each in uow.outbox.take(endpoint, NOW + timedelta(milliseconds=9), 2)] == ["dlv_1", "dlv_3"]
        assert [each.id for each in uow.outbox.take(endpoint, SOON, 2)] == ["dlv_1", "dlv_2"]


def test_a_lane_that_gets_something_while_it_is_worked_is_due_when_it_is_given_back(store: SqlStore) -> None:
    made.begin(store)
    lanes(store, 1)
    [lane] = claimed(store, KINDS["lanes"][1], SOON)
    with store.work() as uow:
        uow.outbox.settle(
            made.delivery("dlv_000", endpoint_id=lane.id, state=DeliveryState.DELIVERED, due_at=None), None
        )
        uow.outbox.add(made.news("msg_2", sequence=2))
        uow.outbox.send([made.delivery("dlv_2", "msg_2", endpoint_id=lane.id, due_at=SOON)])
        uow.outbox.wake(lane, SOON)
        uow.commit()
    assert claimed(store, KINDS["lanes"][1], SOON) == [], "one worker at a time"
    with store.work() as uow:
        uow.outbox.release(lane, None)
        uow.commit()
    assert [row.id for row in claimed(store, KINDS["lanes"][1], SOON)] == ["whk_000"]
