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


def deliveries(store: SqlStore, count: int) -> None:
    with store.work() as uow:
        uow.outbox.add_endpoint(made.endpoint())
        for number in range(count):
            told = made.news(f"msg_{number:03}", sequence=number)
            uow.outbox.add(told)
            due = NOW + timedelta(milliseconds=number)
            uow.outbox.fanned(told, [made.delivery(f"dlv_{number:03}", told.id, due_at=due)])
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
    "deliveries": (deliveries, lambda uow, now, limit: uow.outbox.claim_due(now, LEASE, limit)),
    "tenders": (tenders, lambda uow, now, limit: uow.tenders.claim_due(now, LEASE, limit)),
    "recalls": (recalls, lambda uow, now, limit: uow.recalls.claim_due(now, LEASE, limit)),
}
each_kind = pytest.mark.parametrize(("fill", "claim"), KINDS.values(), ids=list(KINDS))
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


@each_kind
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
    assert [row.tries for row in again] == [2, 2]


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


def test_settled_rows_are_not_claimed(store: SqlStore) -> None:
    made.begin(store, shipments=1, tenders=1)
    inbox(store, 2)
    deliveries(store, 1)
    trackers(store, 1)
    with store.work() as uow:
        uow.inbox.settle(made.message("inb_000", state=InboxState.APPLIED))
        uow.inbox.settle(made.message("inb_001", state=InboxState.QUARANTINED, why="unknown code"))
        uow.outbox.settle(made.delivery("dlv_000", "msg_000", state=DeliveryState.DELIVERED, due_at=None), None)
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
                    uow.outbox.fanned(message, [made.delivery(f"dlv_{message.id}", message.id)])
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
