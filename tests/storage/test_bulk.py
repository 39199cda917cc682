"""Bulk jobs on both databases: rows come back as they went in, are settled once, counted, found and forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.domain.bulk import BulkJob, BulkRow, BulkState, RowState
from gateway.domain.handovers import ManifestState
from gateway.domain.shipments import ShipmentState
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import ACCOUNT, LEASE, MERCHANT, NOW

JOB = BulkJob(
    id="job_1",
    merchant_id=MERCHANT,
    mode="test",
    kind="book",
    title="Book 3",
    state=BulkState.RUNNING,
    author_id="usr_1",
    author="Åse",
    money=True,
    total=3,
    facts={"faults": [{"rows": [1]}], "note": "ø"},
    created_at=NOW,
    updated_at=NOW,
    due_at=NOW,
)
READY, DEAR, WRONG = (
    BulkRow(merchant_id=MERCHANT, job_id="job_1", number=2, name="a", data={"city": "Tromsø"}),
    BulkRow(merchant_id=MERCHANT, job_id="job_1", number=3, name="b", price=made.money("8.99")),
    BulkRow(merchant_id=MERCHANT, job_id="job_1", number=4, name="a", state=RowState.BLOCKED, why="no town"),
)


def begun(store: SqlStore) -> None:
    with store.work() as uow:
        made.merchant(uow)
        uow.bulk.add(JOB, [READY, DEAR, WRONG])
        uow.commit()


def test_a_job_and_its_rows_come_back_as_they_went_in(store: SqlStore) -> None:
    begun(store)
    with store.look() as uow:
        assert uow.bulk.get(MERCHANT, "job_1") == JOB
        assert uow.bulk.get("mer_2", "job_1") is None
        assert uow.bulk.rows(MERCHANT, "job_1", (), 10) == [READY, DEAR, WRONG]
        assert uow.bulk.rows(MERCHANT, "job_1", (RowState.READY,), 1, after=2) == [DEAR]
        assert uow.bulk.counts(MERCHANT, "job_1") == {RowState.READY: 2, RowState.BLOCKED: 1}
        assert uow.bulk.costs(MERCHANT, "job_1", (RowState.READY,)) == [(made.money("8.99"), 1)]
        assert uow.bulk.find(MERCHANT, "test", "book", "a") == READY
        assert uow.bulk.find(MERCHANT, "live", "book", "a") is uow.bulk.find("mer_2", "test", "book", "a") is None


def test_a_row_is_settled_once_and_failed_ones_are_opened_again(store: SqlStore) -> None:
    begun(store)
    failed = replace(READY, state=RowState.FAILED, why="refused")
    with store.work() as uow:
        assert uow.bulk.settle(failed, READY)
        assert not uow.bulk.settle(replace(READY, state=RowState.DONE), READY)
        assert uow.bulk.reopen(MERCHANT, "job_1", RowState.READY) == 1
        assert not uow.bulk.settle(failed, READY)  # of the attempt before
        uow.commit()
    with store.look() as uow:
        assert uow.bulk.rows(MERCHANT, "job_1", (), 1) == [replace(READY, attempt=2)]


def test_jobs_are_leased_while_they_have_something_to_do_and_forgotten_with_their_rows(store: SqlStore) -> None:
    begun(store)
    with store.work() as uow:
        (leased,) = uow.bulk.claim_due(NOW, LEASE, 4)
        assert (leased.tries, leased.due_at) == (1, NOW + LEASE)
        assert uow.bulk.claim_due(NOW, LEASE, 4) == []
        assert uow.bulk.undone(MERCHANT, "test", ("", 0), 10) == [READY, DEAR, WRONG], "worked or not"
        uow.bulk.update(replace(leased, state=BulkState.DONE, due_at=None))
        uow.commit()
        assert uow.bulk.undone(MERCHANT, "test", ("job_1", 2), 10) == [DEAR, WRONG]
        assert [job.id for job in uow.bulk.list(MERCHANT, "test", 9)] == ["job_1"]
        assert uow.bulk.prune(MERCHANT, "job_2") == 1
        uow.commit()
        assert uow.bulk.rows(MERCHANT, "job_1", (), 10) == []


def test_of_rows_about_the_forgotten_only_what_became_of_them_is_left(store: SqlStore) -> None:
    todo = replace(READY, subject_id="shp_1", name="ref", why="Kari")
    done, other = replace(todo, number=3, state=RowState.DONE), replace(WRONG, name="ref")
    with store.work() as uow:
        made.merchant(uow)
        note = replace(JOB, id="job_2", kind="note", facts={"text": "Kari rang"})
        uow.bulk.add(JOB, [todo, done, other])
        uow.bulk.add(note, [replace(todo, job_id="job_2", name="shp_1")])
        uow.bulk.add(replace(note, id="job_3"), [replace(other, job_id="job_3", subject_id="shp_2")])
        uow.commit()
        uow.bulk.forget(replace(made.shipment("shp_1"), reference="ref"), "erased")
        uow.commit()
        bare = replace(todo, state=RowState.BLOCKED, name="", data={}, why="erased")
        left = [bare, replace(bare, number=3, state=RowState.DONE), other]
        assert uow.bulk.rows(MERCHANT, "job_1", (), 10) == left
        assert uow.bulk.rows(MERCHANT, "job_2", (), 10) == [replace(bare, job_id="job_2")]
        facts = [job.facts for job in uow.bulk.list(MERCHANT, "test", 9)]
        assert facts == [{"text": "Kari rang"}, {}, JOB.facts]


def test_what_is_on_no_list_and_what_nobody_has_seen(store: SqlStore) -> None:
    made.begin(store)
    facts = {"state": ShipmentState.BOOKED, "status": "booked", "account_id": ACCOUNT, "booking": made.booking()}
    with store.work() as uow:
        for number in (1, 2):
            uow.shipments.add(made.shipment(f"shp_{number}", **facts))
        closed = made.manifest(state=ManifestState.CLOSED)
        uow.manifests.add(closed, ["shp_1"])
        uow.commit()
    mode = made.shipment().mode
    with store.look() as uow:  # reading only: no row is locked
        assert [each.id for each in uow.manifests.unlisted(MERCHANT, mode, ACCOUNT, 9)] == ["shp_2"]
        seen = uow.manifests.unscanned(MERCHANT, closed.mode, closed.updated_at + timedelta(seconds=1), 9)
        assert [(shipment.id, manifest.id) for shipment, manifest in seen] == [("shp_1", closed.id)]
        assert uow.manifests.unscanned(MERCHANT, closed.mode, closed.updated_at, 9) == []
