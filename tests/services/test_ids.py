"""Ids sort as they were made, also within a millisecond, and no two are the same."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from gateway.services.ids import first_id, made_at, new_id

NOW = datetime(2026, 11, 23, 14, 0, 0, 123000, tzinfo=UTC)


def test_ids_of_one_moment_rise() -> None:
    made = [new_id("msg", NOW) for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert first_id("msg", NOW) <= made[0]
    assert made[-1] < first_id("msg", NOW + timedelta(milliseconds=1))
    assert {made_at(each) for each in made} == {NOW}


def test_ids_of_many_threads_are_never_the_same() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: new_id("msg", NOW), range(5000)))
    assert len(set(made)) == 5000


def test_a_process_that_was_forked_draws_anew() -> None:
    new_id("msg", NOW)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, new_id("msg", NOW).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100).decode() != new_id("msg", NOW)
