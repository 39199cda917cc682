"""Who shares threads with whom: what carriers push is applied while others are slow to answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from gateway.background import worker
from gateway.domain.clock import utc_now
from gateway.jobs.worker import Job, WorkerLoop
from tests.journeys.site import Site

THREADS = 2
LIMIT_S = 30


def job(name: str, rows: int, work: Any, threads: int = 0) -> Job:
    """One that has so many rows, once."""
    left = [[SimpleNamespace(tries=1) for _ in range(rows)]]

    def claim() -> Sequence[Any]:
        return left.pop() if left else ()

    return Job(name, claim, work, lambda *_: None, threads=threads)


def test_a_job_with_threads_of_its_own_waits_for_no_other() -> None:
    slow, over, done = threading.Semaphore(0), threading.Event(), threading.Event()

    def wait(_: object) -> None:
        slow.release()
        assert over.wait(LIMIT_S)

    polls, inbox = job("polls", 3 * THREADS, wait), job("inbox", 1, lambda _: done.set(), threads=1)
    store: Any = SimpleNamespace(beat=lambda *_: None)
    loop = WorkerLoop((polls, inbox), store, utc_now, tick_s=1, max_tries=5, threads=THREADS)
    ticking = threading.Thread(target=loop.tick, args=(polls,))
    ticking.start()
    try:
        assert all(slow.acquire(timeout=LIMIT_S) for _ in range(THREADS)), "carriers have all threads there are"
        assert loop.tick(inbox) == 1
        assert done.is_set()
    finally:
        over.set()
        ticking.join(LIMIT_S)


def test_the_inbox_and_the_grading_of_carriers_are_such_jobs(site: Site) -> None:
    apart = {each.name for each in worker(site.services)._jobs if each.threads}
    assert apart == {"inbox", "grade_carriers"}
