"""Bulk jobs: nothing before somebody's word, everything once, each row's fault its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.bulk import BulkJob, BulkRow, BulkState, RowState
from gateway.domain.errors import Conflict, InvalidValue, NotFound, Unavailable, Unprocessable
from gateway.domain.people import User
from gateway.domain.values import Money
from gateway.services.bound import Services
from gateway.services.bulk import AT_ONCE, BulkAsk, BulkJobs
from gateway.storage.migrate import migrate
from tests.journeys.site import Gateway


class Stamping:
    """Stamps rows; counts the stamps under each key."""

    def __init__(self) -> None:
        self.stamped: list[str] = []
        self.away = False

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        if self.away:
            return replace(row, state=RowState.FAILED, why="nobody takes it")
        return replace(row, state=RowState.READY, price=Money.from_minor(100, "NOK"))

    def do(self, job: BulkJob, row: BulkRow) -> BulkRow:
        if self.away:
            raise Unavailable("nobody is there")
        if row.name == "bad" and row.attempt == 1:
            raise InvalidValue("it is bad")
        self.stamped.append(row.key)
        return replace(row, state=RowState.DONE, subject_id=f"stamp-{row.number}")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Any:
    url = f"sqlite:///{tmp_path_factory.mktemp('bulk')}/bulk.db"
    migrate(url)
    gateway = Gateway(url)
    yield gateway.services
    gateway.close()


@pytest.fixture(scope="module")
def user(services: Services) -> User:
    merchant = services.keys.add_merchant("Shop")
    return services.staff.people.add(merchant, "ops@shop.example", "Ops", "operations")[0]


@pytest.fixture
def kind() -> Stamping:
    return Stamping()


@pytest.fixture
def jobs(services: Services, kind: Stamping) -> BulkJobs:
    return BulkJobs(services.store, {"stamp": kind}, services.clock, services.settings.worker)


def rows(number: int, state: RowState = RowState.READY, **more: Any) -> Sequence[BulkRow]:
    return [BulkRow(merchant_id="", job_id="", number=each, state=state, **more) for each in range(1, number + 1)]


def drained(jobs: BulkJobs) -> None:
    while claimed := jobs.claim():
        for job in claimed:
            jobs.work(job)


def drafted(jobs: BulkJobs, user: User, wanted: Sequence[BulkRow], *, money: bool = False) -> BulkJob:
    return jobs.draft(user, "test", BulkAsk(kind="stamp", title="Stamp", rows=wanted, money=money, facts={}))


def test_rows_are_looked_at_and_wait_for_a_word(jobs: BulkJobs, kind: Stamping, user: User) -> None:
    job = drafted(jobs, user, rows(AT_ONCE + 2, RowState.NEW), money=True)
    with pytest.raises(Conflict, match="looking"):
        jobs.confirm(user, "test", job.id, str(AT_ONCE + 2))
    drained(jobs)
    file = jobs.get(user.merchant_id, "test", job.id)
    assert (file.job.state, file.ready) == (BulkState.READY, AT_ONCE + 2)
    assert file.costs == [(Money.from_minor(100 * (AT_ONCE + 2), "NOK"), AT_ONCE + 2)]
    assert kind.stamped == []


def test_what_nobody_takes_at_the_moment_is_looked_at_again(jobs: BulkJobs, kind: Stamping, user: User) -> None:
    kind.away = True
    job = drafted(jobs, user, rows(2, RowState.NEW), money=True)
    drained(jobs)
    assert jobs.get(user.merchant_id, "test", job.id).counts == {RowState.FAILED: 2}
    with pytest.raises(Unprocessable, match="no row"):
        jobs.confirm(user, "test", job.id, "0")
    kind.away = False
    assert jobs.retry(user, "test", job.id).state is BulkState.LOOKING
    drained(jobs)
    assert jobs.get(user.merchant_id, "test", job.id).ready == 2


def test_the_number_is_typed_where_money_moves_and_a_second_word_begins_nothing(
    jobs: BulkJobs, kind: Stamping, user: User
) -> None:
    job = drafted(jobs, user, rows(3), money=True)
    for typed in ("", "2", "three"):
        with pytest.raises(Unprocessable, match="type 3"):
            jobs.confirm(user, "test", job.id, typed)
    assert jobs.confirm(user, "test", job.id, " 3 ").state is BulkState.RUNNING
    assert jobs.confirm(user, "test", job.id, "").state is BulkState.RUNNING
    drained(jobs)
    assert jobs.confirm(user, "test", job.id, "3").state is BulkState.DONE
    drained(jobs)
    assert sorted(kind.stamped) == [f"{job.id}:{number}:1" for number in (1, 2, 3)]


def test_a_row_at_fault_is_tried_again_alone(jobs: BulkJobs, kind: Stamping, user: User) -> None:
    good, bad = rows(2)
    job = drafted(jobs, user, [good, replace(bad, name="bad")])
    jobs.confirm(user, "test", job.id, "")
    with pytest.raises(Conflict, match="not through"):
        jobs.retry(user, "test", job.id)
    drained(jobs)
    file = jobs.get(user.merchant_id, "test", job.id)
    assert file.counts == {RowState.DONE: 1, RowState.FAILED: 1}
    assert [row.why for row in jobs.rows(job, (RowState.FAILED,))] == ["it is bad"]
    jobs.retry(user, "test", job.id)
    drained(jobs)
    assert kind.stamped == [f"{job.id}:1:1", f"{job.id}:2:2"]
    with pytest.raises(Conflict, match="no row failed"):
        jobs.retry(user, "test", job.id)


def test_what_is_away_is_tried_again_by_itself(jobs: BulkJobs, kind: Stamping, user: User, services: Services) -> None:
    job = drafted(jobs, user, rows(1))
    jobs.confirm(user, "test", job.id, "")
    kind.away = True
    drained(jobs)
    assert jobs.get(user.merchant_id, "test", job.id).job.state is BulkState.RUNNING
    kind.away = False
    services.clock.advance(seconds=3)  # type: ignore[attr-defined]  # a clock with hands
    drained(jobs)
    assert jobs.get(user.merchant_id, "test", job.id).counts == {RowState.DONE: 1}


def test_one_that_is_dropped_or_stopped_does_no_more(jobs: BulkJobs, kind: Stamping, user: User) -> None:
    dropped, stopped = drafted(jobs, user, rows(1)), drafted(jobs, user, rows(AT_ONCE + 1))
    jobs.drop(user, "test", dropped.id)
    with pytest.raises(Conflict, match="dropped"):
        jobs.confirm(user, "test", dropped.id, "")
    jobs.confirm(user, "test", stopped.id, "")
    (claimed,) = jobs.claim()
    jobs.drop(user, "test", stopped.id)
    jobs.work(claimed)
    assert jobs.claim() == []
    assert jobs.get(user.merchant_id, "test", stopped.id).counts == {RowState.DONE: AT_ONCE, RowState.READY: 1}
    jobs.retry(user, "test", stopped.id)
    drained(jobs)
    assert len(kind.stamped) == len(set(kind.stamped)) == AT_ONCE + 1
    assert dropped.id not in {job.id for job in jobs.list(user.merchant_id, "test")}


def test_nobody_else_has_it_and_it_has_rows(jobs: BulkJobs, user: User) -> None:
    job = drafted(jobs, user, rows(1))
    for merchant, mode in (("mer_other", "test"), (user.merchant_id, "live")):
        with pytest.raises(NotFound):
            jobs.get(merchant, mode, job.id)  # type: ignore[arg-type]  # a mode
    for number in (0, 10_001):
        with pytest.raises(Unprocessable):
            drafted(jobs, user, rows(number))
