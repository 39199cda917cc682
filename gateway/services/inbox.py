"""The worker's side of the inbox: raw messages of one account, many in one transaction, applied in the order they came.

A message that cannot be read falls out alone, and so does what cannot be read of a message: the rest of it is applied,
and it is kept with the reason until it is read again. When a whole batch fails, its messages are tried one by one, so
that the one at fault is found and the others are applied.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from carriers.base import BadCarrierResponse, CarrierError, TrackingUpdate, WebhookCall
from gateway.domain.clock import Clock
from gateway.domain.codec import from_json
from gateway.domain.messages import InboxMessage, InboxState
from gateway.domain.records import AccountRecord
from gateway.domain.tracking import Source
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.dispatch import Due, keys, named
from gateway.services.garbage import uncollected
from gateway.services.many import Batched
from gateway.services.ports import Store
from gateway.services.scans import Scan, read_scans
from gateway.services.tracking import Funnel, settled
from gateway.services.transactions import again_if_crossed
from gateway.settings import Tracking as TrackingSettings
from gateway.settings import Worker

log = logging.getLogger("gateway.inbox")
Settled = tuple[InboxMessage, datetime | None]
Read = tuple[InboxMessage, Sequence[TrackingUpdate]]


@dataclass(frozen=True, slots=True)
class InboxBatch:
    """Messages of one account; `tries` as on claimed rows."""

    messages: tuple[InboxMessage, ...]

    @property
    def tries(self) -> int:
        """Claims since the last result, of the worst of them."""
        return max(message.tries for message in self.messages)


class InboxReader:
    """Claims, reads and applies what carriers sent."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        funnel: Funnel,
        clock: Clock,
        settings: TrackingSettings,
        worker: Worker,
    ) -> None:
        self._store = store
        self._pool = pool
        self._funnel = funnel
        self._clock = clock
        self._kept = timedelta(days=settings.park_days)
        self._batch = settings.inbox_batch
        self._lease = timedelta(seconds=worker.lease_s)

    def due(self) -> Sequence[Due]:
        """The accounts whose messages are due."""
        with self._store.look() as uow:
            accounts = uow.inbox.due_accounts(self._clock())
        return [Due(account_id, named(merchant_id, account_id), since) for merchant_id, account_id, since in accounts]

    def claim(self, ids: Sequence[str] | None = None) -> Sequence[InboxBatch]:
        """Due messages, leased to this worker: some of every account, so that one carrier's flood is its own trouble.

        A message that crashed a worker goes alone. Hints name accounts.
        """
        now = self._clock()
        batches: list[InboxBatch] = []
        with self._store.work() as uow:
            accounts = [each[:2] for each in uow.inbox.due_accounts(now)] if ids is None else keys(ids)
            for account in accounts:
                batches += _split(uow.inbox.claim_due(now, self._lease, self._batch, account))
        return batches

    def more(self, batches: Sequence[InboxBatch]) -> bool:
        """Whether there were as many as are claimed of one account at once.

        What came since can wait for the next tick, as it would without a flood: worked one by one as they come, ten
        thousand messages a minute keep a whole core busy, which others' acknowledgements then lack.
        """
        return sum(len(batch.messages) for batch in batches) >= self._batch

    def work(self, batch: InboxBatch) -> None:
        """Read the messages and apply them; what cannot be read is kept, with the reason."""
        first = batch.messages[0]
        with self._store.look() as uow:
            account = uow.accounts.get(first.merchant_id, first.account_id)
        if account is None:
            self.park(batch, "its account is gone")
            return
        live = self._pool.bind(account)
        read = [(message, updates) for message in batch.messages for updates in self._read(live, message)]
        if not read:
            return
        try:
            with uncollected():
                again_if_crossed(lambda: self._apply(account, read))
        except Exception:
            if len(read) == 1:
                raise
            log.exception("a batch of %d messages failed; they are tried one by one", len(read))
            for each in read:
                self._alone(account, each)

    def park(self, batch: InboxBatch, why: str) -> None:
        """Put messages in quarantine: kept, counted, replayable."""
        parked = [replace(each, state=InboxState.QUARANTINED, why=why, tries=0) for each in batch.messages]
        with self._store.work() as uow:
            uow.inbox.settle_all([(each, None) for each in parked])
            uow.commit()

    def _read(self, live: LiveCarrier, message: InboxMessage) -> Iterator[Sequence[TrackingUpdate]]:
        """What a message says; nothing where it cannot be read. The proof was checked when it came in."""
        try:
            yield parsed(live, message)
        except CarrierError as error:
            self.park(InboxBatch((message,)), str(error))
        except Exception:  # a bug in one adapter: its lease ends, it is tried again, and parked when that never helps
            log.exception("message %s could not be read", message.id)

    def _alone(self, account: AccountRecord, read: Read) -> None:
        try:
            again_if_crossed(lambda: self._apply(account, [read]))
        except Exception:  # likewise: this one waits for its lease to end, the others go on
            log.exception("message %s failed", read[0].id)

    def _apply(self, account: AccountRecord, read: Sequence[Read]) -> None:
        now = self._clock()
        told = [update for _, updates in read for update in updates]
        with self._store.work() as uow:
            batched = Batched(uow)
            numbers = {number for update in told for number in (update.tracking_number, *update.numbers)}
            tenders = {update.reference for update in told}
            batched.read_ahead(account.merchant_id, account.id, numbers - {""}, tenders - {""})
            settled = [self._applied(batched, account, message, updates, now) for message, updates in read]
            batched.flush()
            uow.inbox.settle_all(settled)
            uow.commit()

    def _applied(
        self,
        batched: Batched,
        account: AccountRecord,
        message: InboxMessage,
        updates: Sequence[TrackingUpdate],
        now: datetime,
    ) -> Settled:
        source = Source.SCAN if message.source == Source.SCAN else Source.WEBHOOK
        applied = self._funnel.apply(batched.unit, account, updates, source, message.received_at, message.id)
        done, again_at = settled(message, applied, now, self._kept)
        if done.state is InboxState.APPLIED and updates and not (applied.new or applied.replaced):
            done = replace(done, state=InboxState.DUPLICATE)
        return done, again_at


def _split(messages: Sequence[InboxMessage]) -> Iterator[InboxBatch]:
    others = tuple(message for message in messages if message.tries <= 1)
    if others:
        yield InboxBatch(others)
    for suspect in messages:
        if suspect.tries > 1:
            yield InboxBatch((suspect,))


def parsed(live: LiveCarrier, message: InboxMessage) -> Sequence[TrackingUpdate]:
    """What a message says. Raises CarrierError: it cannot be read."""
    carrier = live.carrier
    if message.source == Source.SCAN:
        return read_scans(carrier, from_json(tuple[Scan, ...], json.loads(message.body)))
    call = WebhookCall(
        method=message.method,
        headers=message.headers,
        query=message.query,
        body=message.body,
        received_at=message.received_at,
    )
    parse = getattr(carrier, "parse_webhook", None)
    if parse is None:
        raise BadCarrierResponse(f"{live.record.carrier} sends no webhooks")
    updates: Sequence[TrackingUpdate] = parse(call)
    return updates
