"""Live updates: what is committed is told once it is, in any order of commits, and nothing twice in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.domain.clock import utc_now
from gateway.domain.errors import Unavailable
from gateway.domain.messages import OutboxMessage
from gateway.services.ids import new_id
from gateway.services.live import LiveUpdates, TooManyStreams
from gateway.services.ports.many import Changes
from gateway.services.streams import PAGE, QUEUED_AT_MOST, Stream, Told, Watch
from gateway.settings import load_settings
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import MERCHANT

SETTINGS = replace(load_settings({}).streams, heartbeat_s=0.2, per_process=6, per_key=3, longest_s=30)
LIMIT_S = 15.0
FOLLOW = Watch(owner="key_1", merchant_id=MERCHANT, mode="test")


class Studio:
    """A process with live updates, and something to tell."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.live = LiveUpdates(store, utc_now, SETTINGS)
        self._sequences: dict[str, int] = {}

    def message(self, subject_id: str = "shp_1", **more: Any) -> OutboxMessage:
        self._sequences[subject_id] = self._sequences.get(subject_id, 0) + 1
        now = utc_now()
        given = {"created_at": now, **more}
        return made.news(new_id("msg", now), subject_id, self._sequences[subject_id], **given)

    def tell(self, subject_id: str = "shp_1", **more: Any) -> OutboxMessage:
        message = self.message(subject_id, **more)
        with self.store.work() as uow:
            uow.outbox.add(message)
            uow.commit()
        return message

    def watch(self, **more: Any) -> Stream:
        return self.live.open(replace(FOLLOW, **more))


@pytest.fixture
def studio(store: SqlStore) -> Iterator[Studio]:
    made.begin(store)
    studio = Studio(store)
    yield studio
    studio.live.stop()


def heard(items: Iterator[Told], count: int) -> list[str]:
    """The ids of the next messages; heartbeats are passed over."""
    limit, ids = time.monotonic() + LIMIT_S, list[str]()
    while len(ids) < count and time.monotonic() < limit:
        told = next(items)
        ids += [told.message.id] if told.message is not None else []
    return ids


def started(stream: Stream) -> Iterator[Told]:
    """The stream, of which the first heartbeat was heard: it listens."""
    items = iter(stream)
    assert next(items) == Told()
    return items


def test_what_is_committed_is_told_at_once_and_in_order(studio: Studio) -> None:
    with closing(studio.watch()) as stream:
        items = started(stream)
        ids = [studio.tell(f"shp_{number % 3}").id for number in range(9)]
        begun = time.monotonic()
        assert heard(items, 9) == ids
        assert time.monotonic() - begun < 3


def test_what_is_written_in_bulk_is_told_too(studio: Studio) -> None:
    with closing(studio.watch()) as stream:
        items = started(stream)
        messages = [studio.message(f"shp_{number % 7}") for number in range(QUEUED_AT_MOST // 2)]
        with studio.store.work() as uow:
            uow.many.write(Changes(messages=messages))
            uow.commit()
        begun = time.monotonic()
        assert heard(items, len(messages)) == [message.id for message in messages]
        assert time.monotonic() - begun < 3


def test_what_was_before_is_not_told(studio: Studio) -> None:
    studio.tell()
    with closing(studio.watch()) as stream:
        items = started(stream)
        message = studio.tell()
        assert heard(items, 1) == [message.id]


def test_what_is_rolled_back_is_not_told(studio: Studio) -> None:
    with closing(studio.watch()) as stream:
        items = started(stream)
        with studio.store.work() as uow:
            uow.outbox.add(studio.message("shp_2"))
        message = studio.tell()
        assert heard(items, 1) == [message.id]


def test_a_message_committed_after_a_later_one_is_told_too(studio: Studio, database: TestDatabase) -> None:
    """PostgreSQL: ids are made before the commit, so commits may come in another order."""
    if not database.url.startswith("postgresql"):
        return  # one writer at a time: there is no other order
    with closing(studio.watch()) as stream:
        items = started(stream)
        with studio.store.work() as slow:
            first = studio.message("shp_2")
            slow.outbox.add(first)
            second = studio.tell()
            assert heard(items, 1) == [second.id]
            slow.commit()
        assert heard(items, 1) == [first.id]
    with closing(studio.watch(after=second.id)) as again:
        assert heard(iter(again), 1) == [first.id], "although its id is smaller than the position"


def test_a_shipments_stream_goes_on_exactly_where_it_ended(studio: Studio) -> None:
    ids = [studio.tell().id for _ in range(5)]
    studio.tell("shp_2")
    with closing(studio.watch(subject_id="shp_1", after="2")) as stream:
        items = iter(stream)
        assert heard(items, 3) == ids[2:]
        studio.tell("shp_2")
        message = studio.tell()
        assert heard(items, 1) == [message.id]


def test_a_merchants_stream_misses_nothing_while_it_is_away(studio: Studio) -> None:
    with closing(studio.watch()) as stream:
        items = started(stream)
        last = studio.tell()
        assert heard(items, 1) == [last.id]
    missed = [studio.tell(f"shp_{number}").id for number in range(5)]
    with closing(studio.watch(after=last.id)) as stream:
        assert heard(iter(stream), 5) == missed


def test_a_position_of_the_day_before_yesterday_is_answered_with_a_reset(studio: Studio) -> None:
    old = new_id("msg", utc_now() - timedelta(days=2))
    studio.tell()
    with closing(studio.watch(after=old)) as stream:
        items = iter(stream)
        assert next(items) == Told(reset=True)
        assert next(items) == Told()
        message = studio.tell()
        assert heard(items, 1) == [message.id]


def test_a_stream_that_is_read_slowly_gets_everything_once(studio: Studio) -> None:
    with closing(studio.watch()) as stream:
        items = started(stream)
        count = QUEUED_AT_MOST + PAGE + 50
        messages = [studio.message(f"shp_{number}") for number in range(count)]
        with studio.store.work() as uow:
            for message in messages:
                uow.outbox.add(message)
            uow.commit()
        time.sleep(1)
        assert sorted(heard(items, count)) == sorted(message.id for message in messages)
        assert next(items).message is None


def test_types_and_modes_and_merchants_are_kept_apart(studio: Studio) -> None:
    with studio.store.work() as uow:
        made.merchant(uow, "mer_other", "acc_other")
        uow.commit()
    with closing(studio.watch(types=("shipment.failed",))) as stream:
        items = started(stream)
        studio.tell()
        studio.tell("shp_2", mode="live", type="shipment.failed")
        studio.tell("shp_3", merchant_id="mer_other", type="shipment.failed")
        message = studio.tell(type="shipment.failed")
        assert heard(items, 1) == [message.id]


def test_a_key_and_a_process_have_so_many_streams_and_no_more(studio: Studio) -> None:
    mine = [studio.watch() for _ in range(3)]
    with pytest.raises(TooManyStreams):
        studio.watch()
    others = [studio.watch(owner=f"key_{number}") for number in range(2, 5)]
    with pytest.raises(Unavailable):
        studio.watch(owner="key_9")
    assert studio.live.count == 6
    mine[0].close()
    mine[0].close()
    studio.watch().close()
    for stream in (*mine, *others):
        stream.close()
    assert studio.live.count == 0


def test_a_stream_ends_when_its_time_is_over(studio: Studio) -> None:
    told = list(studio.watch(for_s=0.5))
    assert told
    assert all(each.message is None for each in told)
    assert studio.live.count == 0


def test_all_streams_end_when_the_process_is_stopped(studio: Studio) -> None:
    items = started(studio.watch())
    stopping = threading.Timer(0.3, studio.live.stop)
    stopping.start()
    begun = time.monotonic()
    assert all(told.message is None for told in items)
    assert time.monotonic() - begun < 3
    with pytest.raises(Unavailable):
        studio.watch()


def test_a_connection_that_is_lost_is_made_again_and_nothing_is_missed(studio: Studio, database: TestDatabase) -> None:
    """PostgreSQL: what is committed while nobody listens is read from the outbox afterwards."""
    if not database.url.startswith("postgresql"):
        return  # SQLite has no connection to lose
    with closing(studio.watch()) as stream:
        items = started(stream)
        with database.engine.connect() as connection:
            kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doorstep-live'"
            assert connection.execute(text(kill)).all() != []
        ids = [studio.tell(f"shp_{number}").id for number in range(5)]
        assert sorted(heard(items, 5)) == sorted(ids)
        message = studio.tell()
        assert heard(items, 1) == [message.id]
