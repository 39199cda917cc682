"""A short soak: the faults that only real processes under load show."""

from __future__ import annotations

from pathlib import Path

from tests.soak.soaking import soak


def test_a_database_that_crashes_and_a_worker_that_stops_under_load_lose_nothing(tmp_path: Path) -> None:
    verdict = soak(7, tmp_path, faults=("database crashed", "stopped"))
    assert verdict.wrong == []
    assert verdict.counts["bookings acknowledged"] > 0
    assert verdict.counts["webhooks acknowledged"] > 0
