"""What is old is forgotten, and nothing that somebody may still need."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from gateway.domain.messages import DeliveryState, InboxState
from gateway.services.changes import record_change, record_created
from gateway.services.ids import first_id, new_id
from gateway.services.retention import Retention
from gateway.settings import load_settings
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.storage import made
from tests.storage.made import MERCHANT, NOW

SETTINGS = load_settings({}).retention


def test_old_quotes_and_applied_messages_are_forgotten_and_the_rest_stays(store: SqlStore) -> None:
    made.begin(store)
    quotes = {days: new_id("qte", NOW - timedelta(days=days)) for days in (399, 401)}
    states = {state: new_id("inb", NOW - timedelta(days=31)) for state in InboxState}
    fresh = new_id("inb", NOW - timedelta(days=29))
    with store.work() as uow:
        for quote_id in quotes.values():
            uow.quotes.add(made.quote(quote_id))
        for state, message_id in (*states.items(), (InboxState.APPLIED, fresh)):
            uow.inbox.add(made.message(message_id, dedupe_key=message_id, state=state))
        uow.commit()
    assert list(Retention(store, lambda: NOW, SETTINGS).prune()) == []
    with store.look() as uow:
        assert [days for days, name in quotes.items() if uow.quotes.get(MERCHANT, name)] == [399]
        kept = {state for state, name in states.items() if uow.inbox.get(MERCHANT, name)}
        assert kept == {InboxState.NEW, InboxState.PARKED, InboxState.QUARANTINED}
        assert uow.inbox.get(MERCHANT, fresh) is not None


OLD, NEW = NOW - timedelta(days=91), NOW - timedelta(days=89)


def moved(store: SqlStore, shipment_id: str, *moments: datetime) -> list[str]:
    """A shipment with a version at each moment, all of them passed on to an endpoint; the messages' ids in order."""
    with store.work() as uow:
        shipment = made.shipment(shipment_id, created_at=moments[0], updated_at=moments[0], reference=shipment_id)
        assert record_created(uow, shipment)
        for at in moments[1:]:
            shipment = record_change(uow, shipment, "shipment.booking", at)
        messages = uow.outbox.of_subject(MERCHANT, shipment_id, 0, 100)
        sent = [
            made.delivery(new_id("dlv", message.created_at), message.id, state=DeliveryState.DELIVERED, due_at=None)
            for message in messages
        ]
        uow.outbox.fanned(messages, sent)
        uow.commit()
    return [message.id for message in messages]


def kept(store: SqlStore, shipment_id: str) -> list[int]:
    with store.look() as uow:
        return [message.sequence for message in uow.outbox.of_subject(MERCHANT, shipment_id, 0, 100)]


def prune(store: SqlStore) -> None:
    Retention(store, lambda: NOW, SETTINGS).prune()


def telling(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.quotes.add(made.quote())
        uow.outbox.add_endpoint(made.endpoint(listens_since=OLD - timedelta(days=9)))
        uow.commit()


def test_what_was_told_long_ago_is_forgotten_with_its_log_and_the_audit_knows(
    store: SqlStore, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling(store)
    moved(store, "shp_old", OLD, OLD)
    moved(store, "shp_both", OLD, OLD, NEW)
    moved(store, "shp_new", NEW, NEW)
    assert store.audit(NOW) == []
    monkeypatch.setattr("gateway.storage.repositories.outbox.FORGOTTEN_AT_ONCE", 1)
    prune(store)
    assert {name: kept(store, name) for name in ("shp_old", "shp_both", "shp_new")} == {
        "shp_old": [],
        "shp_both": [3],
        "shp_new": [1, 2],
    }
    assert store.audit(NOW) == []
    with database.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM webhook_deliveries")).scalar() == 3
        connection.execute(text("DELETE FROM webhook_deliveries"))
        connection.execute(text("DELETE FROM outbox WHERE subject_id = 'shp_both' OR sequence = 1"))
    untold = {each.subject_id for each in store.audit(NOW) if each.why == "has versions that no message tells of"}
    assert untold == {"shp_both", "shp_new"}, "what is to be kept and is not there is still found"


def test_nothing_that_waits_is_forgotten_nor_what_came_after_it(store: SqlStore) -> None:
    telling(store)
    moved(store, "shp_1", OLD)
    names = moved(store, "shp_2", OLD + timedelta(hours=1), OLD + timedelta(hours=2))
    with store.work() as uow:
        page = uow.outbox.deliveries(MERCHANT, "whk_1", 10, None)
        waiting = next(each for each in page.items if each.outbox_id == names[0])
        uow.outbox.settle(replace(waiting, state=DeliveryState.PENDING, due_at=NOW, begun_at=NOW), None)
        uow.commit()
    prune(store)
    assert (kept(store, "shp_1"), kept(store, "shp_2")) == ([], [1, 2])
    assert store.audit(NOW) == []
    with store.work() as uow:
        uow.outbox.settle(replace(waiting, state=DeliveryState.DELIVERED, due_at=None), None)
        uow.commit()
    prune(store)
    assert kept(store, "shp_2") == []
    assert store.audit(NOW) == []


def test_no_message_is_forgotten_before_an_earlier_one_of_its_subject(store: SqlStore) -> None:
    """Whoever waits for a lock has made an id before, so ids may be in another order than their numbers."""
    telling(store)
    end = NOW - timedelta(days=SETTINGS.told_days)
    second, third = end + timedelta(seconds=1), end - timedelta(seconds=1)
    names = moved(store, "shp_1", OLD, second, third)
    assert names[2] < first_id("msg", end) < names[1]
    prune(store)
    assert kept(store, "shp_1") == [2, 3]
    assert store.audit(NOW) == []
