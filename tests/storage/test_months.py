"""Events by month: what belongs where, rooms made ahead, and nothing lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from gateway.services.ids import new_id
from gateway.storage.engine import write_engine
from gateway.storage.months import make_months, months
from tests.conftest import TestDatabase
from tests.storage import made

LONG_AGO = datetime(2019, 12, 31, 23, 59, tzinfo=UTC)
NEXT_YEAR = datetime(2020, 1, 1, tzinfo=UTC)


def test_months_follow_each_other_over_the_year() -> None:
    found = list(months(LONG_AGO, datetime(2020, 2, 1, tzinfo=UTC)))
    assert [begin.strftime("%Y-%m") for begin, _ in found] == ["2019-12", "2020-01", "2020-02"]
    assert [end for _, end in found[:-1]] == [begin for begin, _ in found[1:]]


@pytest.fixture
def engine(postgresql_database: TestDatabase) -> Engine:
    yield postgresql_database.engine  # type: ignore[misc]  # a generator, as fixtures are
    postgresql_database.empty()
    with postgresql_database.engine.begin() as connection:
        for month in ("2019_12", "2020_01"):
            connection.execute(text(f"DROP TABLE IF EXISTS tracking_events_{month}"))


def where(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT event_id, tableoid::regclass::text AS part FROM tracking_events"))
        return {row.event_id: row.part for row in found}


def test_events_lie_in_the_month_of_their_tracker_once_there_is_one(
    postgresql_database: TestDatabase, engine: Engine
) -> None:
    store = postgresql_database.store
    made.begin(store)
    trackers = [made.tracker(new_id("trk", at), tracking_number=str(at.year)) for at in (LONG_AGO, NEXT_YEAR)]
    with store.work() as uow:
        for tracker in trackers:
            uow.trackers.add(tracker)
            uow.trackers.append(tracker, made.event(f"of {tracker.tracking_number}"), "")
        uow.commit()
    assert set(where(engine).values()) == {"tracking_events_rest"}
    store.make_room(LONG_AGO, NEXT_YEAR)
    store.make_room(LONG_AGO, NEXT_YEAR)
    assert where(engine) == {"of 2019": "tracking_events_2019_12", "of 2020": "tracking_events_2020_01"}
    with store.work() as uow:
        again = uow.trackers.append(trackers[0], made.event("of 2019"), "")
    assert again == "duplicate", "an event stays the same one whatever month it lies in"


def test_a_look_up_reads_one_month(postgresql_database: TestDatabase, engine: Engine) -> None:
    postgresql_database.store.make_room(LONG_AGO, NEXT_YEAR)
    one = new_id("trk", NEXT_YEAR)
    asked = f"EXPLAIN SELECT * FROM tracking_events WHERE merchant_id = 'm' AND tracker_id = '{one}'"  # noqa: S608  # made up here
    with engine.connect() as connection:
        plan = "\n".join(connection.execute(text(asked)).scalars())
    assert "tracking_events_2020_01" in plan
    assert plan.count("tracking_events_") == plan.count("tracking_events_2020_01")


def test_sqlite_needs_no_months(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = write_engine(f"sqlite:///{tmp_path_factory.mktemp('months')}/plain.db")
    with engine.begin() as connection:
        assert make_months(connection, LONG_AGO, NEXT_YEAR) == 0
    engine.dispose()
