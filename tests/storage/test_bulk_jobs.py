"""A job ends when the last row that was left is somebody's who is forgotten."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.bulk import BulkJob, BulkRow, BulkState, RowState
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import MERCHANT, NOW

JOB = BulkJob(
    id="job_1",
    merchant_id=MERCHANT,
    mode="test",
    kind="pack",
    title="Pack two",
    state=BulkState.RUNNING,
    author_id="usr_1",
    author="Ada",
    total=2,
    created_at=NOW,
    updated_at=NOW,
)
ROW = BulkRow(merchant_id=MERCHANT, job_id="job_1", number=1, name="shp_1", subject_id="shp_1", state=RowState.READY)


def test_a_job_whose_last_row_is_forgotten_is_done(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        people = [made.shipment(f"shp_{number}", reference=f"order {number}") for number in (1, 2)]
        for each in people:
            uow.shipments.add(each)
        rows = [replace(ROW, number=number, name=f"shp_{number}", subject_id=f"shp_{number}") for number in (1, 2)]
        uow.bulk.add(JOB, rows)
        uow.bulk.add(replace(JOB, id="job_2"), [replace(row, job_id="job_2") for row in rows[1:]])
        uow.bulk.forget(people[0], "forgotten")
        states = [getattr(uow.bulk.get(MERCHANT, job_id), "state", None) for job_id in ("job_1", "job_2")]
        assert states == [BulkState.RUNNING, BulkState.RUNNING], "one row is left of each"
        uow.bulk.forget(people[1], "forgotten")
        states = [getattr(uow.bulk.get(MERCHANT, job_id), "state", None) for job_id in ("job_1", "job_2")]
        assert states == [BulkState.DONE, BulkState.DONE]
        uow.commit()
