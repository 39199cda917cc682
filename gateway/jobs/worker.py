"""`gateway worker`: APScheduler ticks; every job claims its rows by lease, so a second worker only shares the work."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any, Protocol

from apscheduler.executors.pool import ThreadPoolExecutor as TickExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from gateway.domain.clock import Clock
from gateway.jobs.hints import Hints
from gateway.services.dispatch import Due
from gateway.services.ports import Store

log = logging.getLogger("gateway.worker")
BATCHES_A_TICK = 50
CHORES_AFTER_S = 60
LOOK_UP_S = 1.0


class Claimed(Protocol):
    """A row (or batch of rows) leased to this worker."""

    @property
    def tries(self) -> int:
        """Claims since the last result, this one included."""


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work: claim due rows, work one, park one that keeps crashing.

    `every_s` is for chores that a tick is too often for: they begin a minute after the worker, and have no heartbeat.
    `due` says what there is without claiming it, for engines that pass hints on; `claim` takes their ids then.
    `more` says of rows that were claimed whether others may be due at once: a job that answers "no" after a claim that
    was not full lets what comes meanwhile gather until the next tick, many in one transaction.
    `at_once` rows are worked on threads of the job's own, none waiting for another, and `claim` is told how many are
    wanted: for rows of which one may take long. Other rows are worked in batches, on threads that all jobs share, or on
    so many `threads` of its own: where nothing shall wait for slow carriers, or where a row takes long itself.
    """

    name: str
    claim: Callable[..., Sequence[Any]]
    work: Callable[[Any], None]
    park: Callable[[Any, str], None]
    every_s: float | None = None
    at_once: int = 0
    threads: int = 0
    due: Callable[[], Sequence[Due]] | None = None
    more: Callable[[Sequence[Any]], bool] = bool


class WorkerLoop:
    """Runs jobs until told to stop. A row that fails is tried again when its lease ends; after `max_tries`, parked."""

    def __init__(
        self,
        jobs: Sequence[Job],
        store: Store,
        clock: Clock,
        *,
        tick_s: float,
        max_tries: int,
        threads: int = 8,
        hints: Hints | None = None,
        watch: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self._watch = watch
        self._jobs = jobs
        self._hints = hints
        self._store = store
        self._clock = clock
        self._tick_s = tick_s
        self._max_tries = max_tries
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="job")
        self._apart = {job.name: ThreadPoolExecutor(job.threads, job.name) for job in jobs if job.threads}
        self._own = {job.name: ThreadPoolExecutor(job.at_once, job.name) for job in jobs if job.at_once}
        self._running: dict[str, set[Future[None]]] = {name: set() for name in self._own}
        self._stop = threading.Event()

    def run(self) -> None:
        """Tick until SIGTERM or SIGINT, then let running jobs end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        scheduler = BackgroundScheduler(executors={"default": TickExecutor(len(self._jobs))}, timezone="UTC")
        for job in self._jobs:
            first_s = CHORES_AFTER_S if job.every_s else self._tick_s
            scheduler.add_job(
                self._look,
                "interval",
                args=(job,),
                seconds=job.every_s or self._tick_s,
                next_run_time=self._clock() + timedelta(seconds=first_s),
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        scheduler.start()
        log.info("worker started: %s", ", ".join(job.name for job in self._jobs))
        while not self._stop.wait(LOOK_UP_S):
            pass  # Python runs handlers in the main thread, which must move: another thread may have taken the signal
        scheduler.shutdown(wait=True)
        for threads in (self._threads, *self._apart.values(), *self._own.values()):
            threads.shutdown(wait=True)
        log.info("worker stopped")

    def run_batch(self, name: str, ids: Sequence[str]) -> None:
        """Work what is due of the rows that a hint names. Raises what claiming raises."""
        job = next(job for job in self._jobs if job.name == name)
        for _ in range(BATCHES_A_TICK):
            rows = job.claim(ids=ids)
            self._work(job, rows)
            if not job.more(rows) or self._stop.is_set():
                break

    def _look(self, job: Job) -> None:
        """A tick; where an engine takes hints, it is told what is due, and the tick is only made now and then."""
        if self._hints is None or job.due is None or not self._told(job, self._hints):
            self.tick(job)

    def _told(self, job: Job, hints: Hints) -> bool:
        try:
            told = hints.pass_on(job.name, job.due() if job.due else ())
        except Exception:  # the database is away: the tick says so, in its log and its heartbeat
            log.exception("job %s could not look for what is due", job.name)
            return False
        if told:
            self._beat(job.name, 0, "")
        return told

    def tick(self, job: Job) -> int:
        """One tick of one job: batches until there is nothing more due, then the heartbeat. Returns rows worked."""
        rows, error = 0, ""
        try:
            for _ in range(BATCHES_A_TICK):
                done = self._batch(job)
                rows += len(done)
                if not job.more(done) or self._stop.is_set():
                    break
        except Exception as failure:  # the worker's outermost loop: log, beat, go on
            error = f"{type(failure).__name__}: {failure}"
            log.exception("job %s failed", job.name)
        if job.every_s is None:
            self._beat(job.name, rows, error)
        return rows

    def drain(self, rounds: int = 100) -> int:
        """Tick every job (but no chores) until none finds work; for tests and one-off runs. Returns rows worked."""
        total = 0
        ticked = [job for job in self._jobs if job.every_s is None]
        for _ in range(rounds):
            done = sum(self.tick(job) for job in ticked)
            wait(future for running in self._running.values() for future in running)
            total += done
            if done == 0:
                break
        return total

    def _batch(self, job: Job) -> Sequence[Any]:
        if job.at_once:
            return self._beginnings(job)
        rows = job.claim()
        self._work(job, rows)
        return rows

    def _work(self, job: Job, rows: Sequence[Any]) -> None:
        """These rows, until all are done."""
        list(self._apart.get(job.name, self._threads).map(lambda row: self._one(job, row), rows))

    def _beginnings(self, job: Job) -> Sequence[Any]:
        """Begin as many rows as there are free threads of the job's own; these rows."""
        running = self._running[job.name] = {future for future in self._running[job.name] if not future.done()}
        free = job.at_once - len(running)
        rows = job.claim(free) if free else ()
        running |= {self._own[job.name].submit(self._one, job, row) for row in rows}
        return rows

    def _one(self, job: Job, row: Claimed) -> None:
        """One row; whatever happens to it happens to it alone."""
        try:
            if getattr(row, "tries", 0) > self._max_tries:
                job.park(row, f"given up after {self._max_tries} tries; see the worker's log")
            else:
                with self._watch(getattr(row, "shipment_id", "")):
                    job.work(row)
        except Exception:  # one poisoned row must not stop the rest; its lease ends and it is tried again
            log.exception("job %s failed on %r", job.name, row)

    def _beat(self, name: str, rows: int, error: str) -> None:
        try:
            self._store.beat(name, self._clock(), rows, error)
        except Exception:  # a database that is down must not end the loop either
            log.exception("heartbeat failed")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
