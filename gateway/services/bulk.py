"""Bulk jobs: looked at first, begun by somebody's word, worked in steps, told row by row.

A kind says what a row comes to (`look`, which changes nothing) and does it (`do`, which under one `BulkRow.key` has
one effect however often it is called). The job's id is the idempotency of the whole: confirming twice begins once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.bulk import BulkJob, BulkRow, BulkState, RowState
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, GatewayError, NotFound, StaleVersion, Unavailable, Unprocessable
from gateway.domain.people import User
from gateway.services.audit_trail import Deed, write_down
from gateway.services.bulk_asks import MOST_ROWS as MOST_ROWS
from gateway.services.bulk_asks import TYPED_ABOVE, WHOLE, agreed
from gateway.services.bulk_asks import BulkAsk as BulkAsk
from gateway.services.bulk_asks import BulkFile as BulkFile
from gateway.services.idempotency import StillRunning
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.ports.bulk import BulkKind as BulkKind
from gateway.services.transactions import again_if_crossed
from gateway.settings import Worker

AT_ONCE, THREADS, JOBS_AT_ONCE = 40, 4, 4
AGAIN = timedelta(seconds=2)
WORKED = (BulkState.LOOKING, BulkState.RUNNING)
NOT_NOW = (Unavailable, StaleVersion, StillRunning)
"""What says nothing about the row: it is tried again, by itself."""


class BulkJobs:
    """Takes jobs in, begins them, works on them and tells how far they are."""

    def __init__(self, store: Store, kinds: Mapping[str, BulkKind], clock: Clock, worker: Worker) -> None:
        self._store = store
        self._kinds = kinds
        self._clock = clock
        self._lease = timedelta(seconds=worker.lease_s)

    def draft(self, user: User, mode: Mode, ask: BulkAsk) -> BulkJob:
        """Keep it to be looked at; nothing is done until it is confirmed.

        Raises:
            Unprocessable: no rows, or more than 10 000.
        """
        if not 0 < len(ask.rows) <= MOST_ROWS:
            raise Unprocessable("/rows", f"a job has from 1 to {MOST_ROWS} rows, not {len(ask.rows)}")
        now = self._clock()
        looking = any(row.state is RowState.NEW for row in ask.rows)
        job = BulkJob(
            id=new_id("job", now),
            merchant_id=user.merchant_id,
            mode=mode,
            kind=ask.kind,
            title=ask.title,
            state=BulkState.LOOKING if looking else BulkState.READY,
            author_id=user.id,
            author=user.name,
            money=ask.money,
            total=len(ask.rows),
            facts={**ask.facts, WHOLE: True} if ask.whole else ask.facts,
            created_at=now,
            updated_at=now,
            due_at=now if looking else None,
        )
        with self._store.work() as uow:
            uow.bulk.add(job, [replace(row, merchant_id=job.merchant_id, job_id=job.id) for row in ask.rows])
            uow.commit()
        return job

    def get(self, merchant_id: str, mode: Mode, job_id: str) -> BulkFile:
        """How far it is. Raises NotFound."""
        with self._store.look() as uow:
            job = _found(uow, merchant_id, mode, job_id)
            counted = (RowState.READY,) if job.state in (BulkState.LOOKING, BulkState.READY) else (RowState.DONE,)
            return BulkFile(
                job=job,
                counts=uow.bulk.counts(merchant_id, job_id),
                costs=uow.bulk.costs(merchant_id, job_id, counted),
            )

    def rows(
        self, job: BulkJob, states: Sequence[RowState] = (), limit: int = MOST_ROWS, after: int = 0
    ) -> Sequence[BulkRow]:
        """Rows by number, of some states or of all."""
        with self._store.look() as uow:
            return uow.bulk.rows(job.merchant_id, job.id, states, limit, after)

    def list(self, merchant_id: str, mode: Mode, limit: int = 20) -> Sequence[BulkJob]:
        """Newest first."""
        with self._store.look() as uow:
            return uow.bulk.list(merchant_id, mode, limit)

    def confirm(self, user: User, mode: Mode, job_id: str, typed: str, without: int | None = None) -> BulkJob:
        """Begin, once: confirming what runs or is done changes nothing.

        `without` is how many rows its author agrees to leave out; see `BulkAsk.whole`.

        Raises:
            NotFound, Conflict: no such job, or it is still looked at, or was dropped.
            Unprocessable: nothing can be done, rows would be left out that nobody has agreed to leave out, or the
                number typed is not the number of rows that would be done.
        """

        def begin(uow: UnitOfWork, job: BulkJob) -> BulkJob:
            if job.state in (BulkState.RUNNING, BulkState.DONE):
                return job
            if job.state is not BulkState.READY:
                raise Conflict(f"a job that is {job.state.value} cannot be begun")
            number = agreed(uow, job, without)
            must = job.money or number > TYPED_ABOVE
            if must and "".join(typed.split()) != str(number):
                raise Unprocessable("/typed", f"type {number}, the number of rows that will be done")
            self._written(uow, user, job, f"began: {job.title}", f"{number} of {job.total} rows")
            return self._moved(uow, job, BulkState.RUNNING)

        return self._change(user, mode, job_id, begin)

    def by_hand(self, user: User, mode: Mode, job_id: str, kind: str, without: int | None = None) -> BulkJob:
        """Begin it as another kind, whose rows people do one by one, each by its own word. Raises as `confirm`."""

        def begin(uow: UnitOfWork, job: BulkJob) -> BulkJob:
            if job.state is not BulkState.READY:
                raise Conflict(f"a job that is {job.state.value} cannot be begun")
            agreed(uow, job, without)
            self._written(uow, user, job, f"began by hand: {job.title}", "")
            begun = replace(job, kind=kind, state=BulkState.RUNNING, updated_at=self._clock())
            uow.bulk.update(begun)
            return begun

        return self._change(user, mode, job_id, begin)

    def find(self, merchant_id: str, mode: Mode, kind: str, name: str) -> BulkRow | None:
        """The row of that name in a job of that kind that runs."""
        with self._store.look() as uow:
            return uow.bulk.find(merchant_id, mode, kind, name)

    def settle(self, row: BulkRow, before: BulkRow) -> None:
        """Write what became of a row that was done by hand; the last one ends the job."""
        with self._store.work() as uow:
            _settle(uow, row, before)
            job = uow.bulk.get(row.merchant_id, row.job_id, lock=True)
            left = uow.bulk.counts(row.merchant_id, row.job_id).get(RowState.READY, 0)
            if job is not None and job.state is BulkState.RUNNING and not left:
                self._moved(uow, job, BulkState.DONE)
            uow.commit()

    def drop(self, user: User, mode: Mode, job_id: str) -> BulkJob:
        """Nobody wants it: before it began it is dropped, afterwards the rows that are left stay undone."""

        def end(uow: UnitOfWork, job: BulkJob) -> BulkJob:
            if job.state in (BulkState.DONE, BulkState.DROPPED):
                return job
            begun = job.state is BulkState.RUNNING
            if begun:
                self._written(uow, user, job, f"stopped: {job.title}", "")
            return self._moved(uow, job, BulkState.DONE if begun else BulkState.DROPPED)

        return self._change(user, mode, job_id, end)

    def retry(self, user: User, mode: Mode, job_id: str) -> BulkJob:
        """Try the rows that failed once more, and those that were left when it was stopped; before it begins, look
        again at those that came to nothing.

        Raises:
            Conflict: it is not through, or nothing is left.
        """

        def again(uow: UnitOfWork, job: BulkJob) -> BulkJob:
            looked = job.state is BulkState.READY
            if not looked and job.state is not BulkState.DONE:
                raise Conflict("it is not through yet: wait until it is")
            left = 0 if looked else uow.bulk.counts(job.merchant_id, job.id).get(RowState.READY, 0)
            number = uow.bulk.reopen(job.merchant_id, job.id, RowState.NEW if looked else RowState.READY) or left
            if not number:
                raise Conflict("no row failed")
            self._written(uow, user, job, f"tried again: {job.title}", f"{number} rows")
            return self._moved(uow, job, BulkState.LOOKING if looked else BulkState.RUNNING)

        return self._change(user, mode, job_id, again)

    def claim(self) -> Sequence[BulkJob]:
        """Jobs that have something to do, those that waited longest first: a large one lets the others in between."""
        with self._store.work() as uow:
            return uow.bulk.claim_due(self._clock(), self._lease, JOBS_AT_ONCE)

    def work(self, job: BulkJob) -> None:
        """One step of a claimed job: some rows, then the next worker's turn."""
        kind, looking = self._kinds[job.kind], job.state is BulkState.LOOKING
        step, state = (kind.look, RowState.NEW) if looking else (kind.do, RowState.READY)
        rows = self.rows(job, (state,), AT_ONCE)
        with ThreadPoolExecutor(THREADS, "bulk") as threads:
            done = list(threads.map(lambda row: self._one(job, row, step), rows))
        now = self._clock()
        then = BulkState.READY if looking else BulkState.DONE
        last = len(rows) < AT_ONCE and all(done)
        self._step(job, job.state if not last else then, None if last else now if any(done) else now + AGAIN)

    def park(self, job: BulkJob, why: str) -> None:
        """One that crashes its workers: what is done is done, what is not is not."""
        self._step(replace(job, why=why), BulkState.DONE, None)

    def _one(self, job: BulkJob, row: BulkRow, step: Callable[[BulkJob, BulkRow], BulkRow]) -> bool:
        """Whether the row is settled."""
        try:
            settled = step(job, row)
        except NOT_NOW:
            return False
        except GatewayError as error:
            wrong = RowState.BLOCKED if row.state is RowState.NEW else RowState.FAILED
            settled = replace(row, state=wrong, why=str(error))
        with self._store.work() as uow:
            _settle(uow, settled, row)
            uow.commit()
        return True

    def _step(self, job: BulkJob, state: BulkState, due_at: datetime | None) -> None:
        """Say how far it is, unless somebody stopped or dropped it meanwhile."""
        with self._store.work() as uow:
            current = uow.bulk.get(job.merchant_id, job.id, lock=True)
            if current is not None and current.state is job.state:
                now = self._clock()
                uow.bulk.update(
                    replace(current, state=state, due_at=due_at, tries=0, why=job.why or current.why, updated_at=now)
                )
                uow.commit()

    def _change(self, user: User, mode: Mode, job_id: str, change: Callable[[UnitOfWork, BulkJob], BulkJob]) -> BulkJob:
        def write() -> BulkJob:
            with self._store.work() as uow:
                changed = change(uow, _found(uow, user.merchant_id, mode, job_id, lock=True))
                uow.commit()
                return changed

        return again_if_crossed(write)

    def _moved(self, uow: UnitOfWork, job: BulkJob, state: BulkState) -> BulkJob:
        now = self._clock()
        moved = replace(job, state=state, updated_at=now, tries=0, due_at=now if state in WORKED else None)
        uow.bulk.update(moved)
        return moved

    def _written(self, uow: UnitOfWork, user: User, job: BulkJob, what: str, reason: str) -> None:
        write_down(uow, user, Deed(what=what, subject_id=job.id, reason=reason), self._clock())


def _settle(uow: UnitOfWork, row: BulkRow, before: BulkRow) -> None:
    """Write it. Of one whose person was erased meanwhile, only what came of it, which is to be erased too."""
    erased, done = replace(before, state=RowState.BLOCKED), row.state in (RowState.DONE, RowState.UNKNOWN)
    if not uow.bulk.settle(row, before) and done and uow.bulk.settle(replace(row, name=""), erased):
        uow.shipments.get(row.merchant_id, row.subject_id, lock=True)
        uow.privacy.wish(row.merchant_id, row.subject_id)


def _found(uow: UnitOfWork, merchant_id: str, mode: Mode, job_id: str, *, lock: bool = False) -> BulkJob:
    job = uow.bulk.get(merchant_id, job_id, lock=lock)
    if job is None or job.mode != mode:
        raise NotFound(f"no job {job_id}")
    return job
