"""What merchants are told, where, and how often it was tried; and clients' Idempotency-Keys."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.domain.errors import InvalidValue, StaleVersion
from gateway.domain.messages import DeliveryState, WebhookAttempt
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import MERCHANT, NOW


def told(store: SqlStore, count: int = 1) -> None:
    """A merchant, an endpoint, and messages delivered to it."""
    made.begin(store)
    with store.work() as uow:
        uow.outbox.add_endpoint(made.endpoint())
        for number in range(1, count + 1):
            message = made.news(f"msg_{number}", sequence=number)
            uow.outbox.add(message)
            uow.outbox.fanned([message], [made.delivery(f"dlv_{number}", message.id)])
        uow.commit()


def test_an_endpoint_comes_back_as_it_was_given(store: SqlStore) -> None:
    made.begin(store)
    changed = made.endpoint(
        secrets=("whsec_only",),
        types=("shipment.booked",),
        state="disabled",
        why="410",
        failing_since=NOW,
        failures=7,
        resting_until=NOW,
        backlog_told=True,
        old_secrets_until=NOW,
        sequence=3,
    )
    with store.work() as uow:
        uow.outbox.add_endpoint(made.endpoint())
        assert uow.outbox.endpoint(MERCHANT, "whk_1") == made.endpoint()
        uow.outbox.keep_lane(changed)
        uow.outbox.keep_secrets(changed)
        assert uow.outbox.endpoint(MERCHANT, "whk_1") == changed
        assert uow.outbox.endpoints(MERCHANT, "test") == [replace(changed, secrets=())], "lists show no secrets"
        assert uow.outbox.endpoints(MERCHANT, "live") == []
        assert uow.outbox.delete_endpoint(MERCHANT, "whk_1")
        assert not uow.outbox.delete_endpoint(MERCHANT, "whk_1")
        assert uow.outbox.endpoint(MERCHANT, "whk_1") is None


def test_an_endpoints_secrets_open_nowhere_else(store: SqlStore, database: TestDatabase) -> None:
    told(store)
    with store.work() as uow:
        uow.outbox.add_endpoint(made.endpoint("whk_2"))
        uow.commit()
    with database.engine.begin() as connection:
        secrets = connection.execute(text("SELECT secrets FROM webhook_endpoints WHERE id = 'whk_2'")).scalar()
        swap = text("UPDATE webhook_endpoints SET secrets = :secrets WHERE id = 'whk_1'")
        connection.execute(swap, {"secrets": secrets})
    with pytest.raises(InvalidValue), store.look() as uow:
        uow.outbox.endpoint(MERCHANT, "whk_1")


def test_messages_wait_until_they_are_fanned_out_oldest_first(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        later, earlier = made.news("msg_1", created_at=NOW + timedelta(seconds=1)), made.news("msg_2", sequence=2)
        uow.outbox.add(later)
        uow.outbox.add(earlier)
        assert uow.outbox.claim_unfanned(10) == [earlier, later]
        assert uow.outbox.claim_unfanned(1) == [earlier]
        uow.outbox.fanned([earlier], [])
        assert uow.outbox.claim_unfanned(10) == [later]


def test_a_sequence_number_of_a_subject_is_given_once(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.outbox.add(made.news())
        uow.outbox.add(made.news("msg_2", subject_id="shp_2"))
        uow.commit()
    with pytest.raises(StaleVersion), store.work() as uow:
        uow.outbox.add(made.news("msg_3"))


def attempt(number: int, status: int | None = 500) -> WebhookAttempt:
    at = NOW + timedelta(seconds=number)
    return WebhookAttempt(
        at=at,
        number=number,
        url="https://example.org/hook",
        body_sha256="ab" * 32,
        status=status,
        duration_ms=12,
        response_head="oops",
    )


def test_a_delivery_and_its_attempts_come_back(store: SqlStore) -> None:
    told(store)
    failed = made.delivery(tries=0, attempts=1, last_status=500, last_error="oops", due_at=NOW + timedelta(seconds=5))
    with store.work() as uow:
        assert uow.outbox.delivery(MERCHANT, "dlv_1") == made.delivery()
        uow.outbox.settle(failed, attempt(1))
        assert uow.outbox.delivery(MERCHANT, "dlv_1") == failed
        done = replace(failed, attempts=2, state=DeliveryState.DELIVERED, last_status=204, due_at=None)
        uow.outbox.settle(done, attempt(2, 204))
        assert uow.outbox.delivery(MERCHANT, "dlv_1") == done
        assert uow.outbox.attempts(MERCHANT, "dlv_1") == [attempt(1), attempt(2, 204)]


def test_a_try_that_ends_too_late_is_logged_but_changes_nothing(store: SqlStore) -> None:
    told(store)
    done = made.delivery(state=DeliveryState.DELIVERED, due_at=None)
    with store.work() as uow:
        uow.outbox.settle(done, attempt(1, 200))
        uow.outbox.settle(made.delivery(last_status=500), attempt(1))
        assert uow.outbox.delivery(MERCHANT, "dlv_1") == done
        assert len(uow.outbox.attempts(MERCHANT, "dlv_1")) == 2


def test_somebody_may_send_a_delivery_again(store: SqlStore) -> None:
    told(store)
    with store.work() as uow:
        uow.outbox.settle(made.delivery(state=DeliveryState.EXHAUSTED, due_at=None), None)
        uow.outbox.settle(made.delivery(), None)
        assert uow.outbox.delivery(MERCHANT, "dlv_1") == made.delivery()


def test_an_endpoint_goes_with_its_deliveries_even_while_one_is_tried(store: SqlStore) -> None:
    told(store, 2)
    with store.work() as uow:
        uow.outbox.settle(made.delivery(), attempt(1))
        uow.outbox.delete_endpoint(MERCHANT, "whk_1")
        uow.outbox.settle(made.delivery(), attempt(2))
        assert uow.outbox.delivery(MERCHANT, "dlv_1") is None
        assert uow.outbox.attempts(MERCHANT, "dlv_1") == []


def test_deliveries_of_an_endpoint_are_listed_in_pages(store: SqlStore) -> None:
    told(store, 5)
    with store.look() as uow:
        first = uow.outbox.deliveries(MERCHANT, "whk_1", 3, None)
        second = uow.outbox.deliveries(MERCHANT, "whk_1", 3, first.next_cursor)
    assert [delivery.id for delivery in (*first.items, *second.items)] == ["dlv_5", "dlv_4", "dlv_3", "dlv_2", "dlv_1"]
    assert second.next_cursor is None


WHERE = (MERCHANT, "POST /v1/shipments", "k-1")


def test_a_key_is_claimed_once_per_merchant_and_route(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        assert uow.idempotency.claim(made.idempotency())
        assert not uow.idempotency.claim(made.idempotency(fingerprint="other"))
        assert uow.idempotency.claim(made.idempotency(route="POST /v1/quotes"))
        assert uow.idempotency.get(*WHERE) == made.idempotency()


def test_a_finished_key_keeps_its_first_answer(store: SqlStore) -> None:
    made.begin(store)
    done = made.idempotency(state="done", resource_id="shp_1", status=201, body=b'{"id":"\xc3\xbc"}')
    with store.work() as uow:
        uow.idempotency.claim(made.idempotency())
        uow.idempotency.point_at(*WHERE, "shp_1")
        uow.idempotency.finish(*WHERE, 201, b'{"id":"\xc3\xbc"}')
        uow.idempotency.finish(*WHERE, 500, b"later")
        uow.idempotency.point_at(*WHERE, "shp_2")
        uow.idempotency.drop(*WHERE)
        assert uow.idempotency.get(*WHERE) == done


def test_a_refused_claim_leaves_nothing(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.idempotency.claim(made.idempotency())
        uow.idempotency.drop(*WHERE)
        assert uow.idempotency.get(*WHERE) is None


def test_a_lock_that_ran_out_is_taken_over_by_one(store: SqlStore) -> None:
    made.begin(store)
    late = NOW + timedelta(seconds=31)
    with store.work() as uow:
        uow.idempotency.claim(made.idempotency())
        assert not uow.idempotency.take_over(made.idempotency(locked_until=late), NOW + timedelta(seconds=29))
        uow.commit()
    start, won = threading.Barrier(6), []

    def take_over() -> None:
        start.wait()
        with store.work() as uow:
            if uow.idempotency.take_over(made.idempotency(locked_until=late + timedelta(seconds=30)), late):
                uow.commit()
                won.append(threading.get_ident())

    threads = [threading.Thread(target=take_over) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_old_keys_are_pruned(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.idempotency.claim(made.idempotency())
        uow.idempotency.claim(made.idempotency(key="k-2", created_at=NOW + timedelta(days=1)))
        assert uow.idempotency.prune(NOW + timedelta(hours=1)) == 1
        assert uow.idempotency.get(*WHERE) is None
        assert uow.idempotency.get(MERCHANT, "POST /v1/shipments", "k-2") is not None
