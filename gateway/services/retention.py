"""What is forgotten, and when: quotes and waves nobody will replay, messages applied or told, requests answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from gateway.domain.clock import Clock
from gateway.services.ids import first_id
from gateway.services.ports import Store
from gateway.settings import Retention as RetentionSettings

KEYS_KEPT = timedelta(days=30)
"""How long the answer under an Idempotency-Key is given again."""

ROOM_AHEAD = timedelta(days=62)
"""So that the chore may fail for a month before anything lies in the wrong place (and even that loses nothing)."""


class Retention:
    """Forgets, one merchant and one kind at a time, so that no transaction gets long."""

    def __init__(self, store: Store, clock: Clock, settings: RetentionSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def make_room(self) -> Sequence[str]:
        """Another chore: where the events of the coming months will lie."""
        now = self._clock()
        self._store.make_room(now, now + ROOM_AHEAD)
        return ()

    def prune(self) -> Sequence[str]:
        """A chore of the worker's; nothing is left to be worked."""
        now = self._clock()
        quotes = first_id("qte", now - timedelta(days=self._settings.quotes_days))
        assignments = first_id("asg", now - timedelta(days=self._settings.quotes_days))
        backtests = first_id("bkt", now - timedelta(days=self._settings.quotes_days))
        bulk = first_id("job", now - timedelta(days=self._settings.instructions_days))
        messages = first_id("inb", now - timedelta(days=self._settings.inbox_days))
        notifications = first_id("ntf", now - timedelta(days=self._settings.told_days))
        told = first_id("msg", now - timedelta(days=self._settings.told_days))
        with self._store.work() as uow:
            uow.idempotency.prune(now - KEYS_KEPT)
            uow.commit()
            merchants = uow.keys.merchants()
        for merchant_id, _ in merchants:
            with self._store.work() as uow:
                uow.quotes.prune(merchant_id, quotes)
                uow.backtests.prune(merchant_id, backtests)
                uow.bulk.prune(merchant_id, bulk)
                uow.commit()
                uow.assignments.prune(merchant_id, assignments)
                uow.commit()
                uow.inbox.prune(merchant_id, messages)
                uow.commit()
                while uow.outbox.prune(merchant_id, told):
                    uow.commit()
                uow.notifications.prune(merchant_id, notifications)
                uow.commit()
                uow.checkouts.prune(merchant_id, now)
                uow.commit()
        return ()
