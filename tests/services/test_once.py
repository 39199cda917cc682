"""One key, two processes: whoever was held up begins nothing and answers nothing once the other has begun."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.domain.errors import Conflict, GatewayError, StaleVersion, Unavailable
from gateway.services.faultpoints import FaultPoints
from gateway.services.idempotency import Answer, Once, Run, StillRunning
from gateway.services.ports import Store
from gateway.storage import SqlStore
from tests.journeys.site import Hands
from tests.storage import made

LOCK = timedelta(seconds=15)
MADE = Answer(201, b"{}")


class Key:
    """One Idempotency-Key and the requests that are sent with it."""

    def __init__(self, store: Store, clock: Hands) -> None:
        self.store = store
        self.clock = clock
        self._once = Once(store, clock, FaultPoints(), LOCK)

    def send(self, work: Callable[[Run], Answer]) -> Answer:
        return self._once.run(made.MERCHANT, "POST /v1/shipments", "k-1", "print", work, _refused)

    def begin(self, run: Run, resource_id: str) -> None:
        with self.store.work() as uow:
            run.point_at(uow, resource_id)
            uow.commit()


def _refused(error: GatewayError) -> Answer:
    return Answer(409, str(error).encode())


@pytest.fixture
def key(store: SqlStore) -> Key:
    made.begin(store)
    return Key(store, Hands())


def test_whoever_was_held_up_begins_nothing_while_the_repeat_is_still_at_it(key: Key) -> None:
    def held_up(run: Run) -> Answer:
        key.clock.advance(seconds=16)

        def repeat(again: Run) -> Answer:
            assert again.resource_id == ""
            key.begin(again, "shp_2")
            with pytest.raises(StillRunning):
                key.begin(run, "shp_1")
            return MADE

        assert key.send(repeat) == MADE
        raise StillRunning(1)

    with pytest.raises(StillRunning):
        key.send(held_up)
    assert key.send(_never).replayed


def test_a_refusal_of_whoever_was_held_up_is_not_the_answer_to_what_the_repeat_began(key: Key) -> None:
    def held_up(run: Run) -> Answer:
        key.clock.advance(seconds=16)
        with pytest.raises(Unavailable):
            key.send(_begins_and_dies(key))
        raise Conflict("the quote is over")

    with pytest.raises(StillRunning):
        key.send(held_up)
    with key.store.look() as uow:
        kept = uow.idempotency.get(made.MERCHANT, "POST /v1/shipments", "k-1")
    assert kept is not None
    assert (kept.state, kept.resource_id) == ("running", "shp_2")


def test_a_refusal_of_what_it_began_itself_is_kept(key: Key) -> None:
    def refuse(run: Run) -> Answer:
        key.begin(run, "shp_1")
        raise Conflict("every carrier refused")

    assert key.send(refuse).status == 409
    again = key.send(_never)
    assert (again.status, again.body, again.replayed) == (409, b"every carrier refused", True)


def test_what_was_begun_is_resumed_by_the_next_repeat(key: Key) -> None:
    with pytest.raises(Unavailable):
        key.send(_begins_and_dies(key))
    with pytest.raises(StillRunning) as told:
        key.send(_never)
    assert 1 <= told.value.retry_after_s <= 16
    key.clock.advance(seconds=16)
    seen: list[str] = []

    def resume(run: Run) -> Answer:
        seen.append(run.resource_id)
        return MADE

    assert key.send(resume) == MADE
    assert seen == ["shp_2"]


@pytest.mark.parametrize("error", [Unavailable("no database"), StaleVersion("crossed")])
def test_a_failure_of_ours_is_no_answer_to_keep(error: GatewayError, key: Key) -> None:
    def fail(run: Run) -> Answer:
        raise error

    with pytest.raises(type(error)):
        key.send(fail)
    key.clock.advance(seconds=16)
    assert key.send(lambda run: MADE) == MADE


def test_what_was_refused_before_it_began_leaves_the_key_free(key: Key) -> None:
    def refuse(run: Run) -> Answer:
        raise Conflict("not like this")

    assert key.send(refuse).status == 409
    assert key.send(lambda run: MADE) == MADE


def _begins_and_dies(key: Key) -> Callable[[Run], Answer]:
    def work(run: Run) -> Answer:
        key.begin(run, "shp_2")
        raise Unavailable("the process ends here")

    return work


def _never(run: Run) -> Answer:
    raise AssertionError("it is done already")
