"""What is old is forgotten, and nothing that somebody may still need."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.messages import InboxState
from gateway.services.ids import new_id
from gateway.services.retention import Retention
from gateway.settings import load_settings
from gateway.storage import SqlStore
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
