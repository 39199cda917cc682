"""Read again what was applied already: after a fault of ours, what it lost is still there, word for word, for a while.

Every message passes through the same funnel as when it came, which keeps each scan once: what was not lost changes
nothing, and doing it twice is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from carriers.base import CarrierError, TrackingUpdate
from gateway.domain.messages import InboxMessage
from gateway.domain.records import AccountRecord
from gateway.domain.tracking import Source
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.ids import first_id
from gateway.services.inbox import parsed
from gateway.services.many import Batched
from gateway.services.ports import Store
from gateway.services.tracking import Funnel, unread_of
from gateway.services.transactions import again_if_crossed

log = logging.getLogger("gateway.inbox")
A_BATCH = 100


@dataclass(frozen=True, slots=True)
class Reread:
    """How many messages were read, how many could not be (whole), and how many events were new."""

    messages: int = 0
    unread: int = 0
    new: int = 0


class ToldAgain:
    """For operators, after a repair."""

    def __init__(self, store: Store, pool: CarrierPool, funnel: Funnel) -> None:
        self._store = store
        self._pool = pool
        self._funnel = funnel

    def reread(self, account: AccountRecord, since: datetime) -> Reread:
        """All webhooks and scans of an account that count as applied, from a moment on, a batch to a transaction."""
        live, after, so_far = self._pool.bind(account), first_id("inb", since), Reread()
        while True:
            with self._store.look() as uow:
                messages = uow.inbox.applied(account.merchant_id, account.id, after, A_BATCH)
            if not messages:
                return so_far
            read = [(each, updates) for each in messages for updates in _read(live, each)]
            new = again_if_crossed(partial(self._apply, account, read))
            whole = sum(not unread_of(updates) for _, updates in read)
            so_far = Reread(so_far.messages + len(read), so_far.unread + len(messages) - whole, so_far.new + new)
            after = messages[-1].id

    def _apply(self, account: AccountRecord, read: Sequence[tuple[InboxMessage, Sequence[TrackingUpdate]]]) -> int:
        told = [update for _, updates in read for update in updates]
        with self._store.work() as uow:
            batched = Batched(uow)
            numbers = {number for update in told for number in (update.tracking_number, *update.numbers)}
            tenders = {update.reference for update in told}
            batched.read_ahead(account.merchant_id, account.id, numbers - {""}, tenders - {""})
            new = 0
            for message, updates in read:
                source = Source.SCAN if message.source == Source.SCAN else Source.WEBHOOK
                applied = self._funnel.apply(batched.unit, account, updates, source, message.received_at, message.id)
                new += applied.new
            batched.commit()
        return new


def _read(live: LiveCarrier, message: InboxMessage) -> Sequence[Sequence[TrackingUpdate]]:
    """What a message says; nothing where it cannot be read any more."""
    try:
        return [parsed(live, message)]
    except CarrierError as error:
        log.warning("message %s cannot be read again: %s", message.id, error)
        return []
