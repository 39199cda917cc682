"""Trackers by the thousand: what a batch reads does not grow with what is there already."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from gateway.domain.records import TrackerRecord
from gateway.services.ports.many import Changes
from gateway.storage.repositories.many import ManyRepository
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT

STORED, MORE, ASKED, TIMES = 10_000, 500, 50, 12
"""So many are stored that reading all of them is never the plan of a table about which nothing is known yet. Asked as
often as it takes until the driver prepares a statement and PostgreSQL keeps its plan (five times and five)."""
_READ = text("SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables WHERE relname = 'tracker_numbers'")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_look_up_reads_what_it_finds_while_more_and_more_is_written(database: TestDatabase) -> None:
    made.begin(database.store)
    with database.engine.connect() as connection:
        many = ManyRepository(connection)
        many.write(Changes(made=_trackers(0, STORED)))
        before = _read(connection)
        for turn in range(TIMES):
            assert len(many.by_number(MERCHANT, ACCOUNT, _numbers(turn))) == ASKED
            many.write(Changes(made=_trackers(STORED + turn * MORE, MORE)))
        assert _read(connection) - before == TIMES * ASKED


def _trackers(first: int, number: int) -> list[TrackerRecord]:
    return [made.tracker(f"trk_{place:05}") for place in range(first, first + number)]


def _numbers(turn: int) -> list[str]:
    return [f"TN-trk_{place:05}" for place in range(turn * ASKED, (turn + 1) * ASKED)]


def _read(connection: Connection) -> int:
    return int(connection.execute(_READ).scalar_one())
