"""Ask carriers where parcels are: due trackers, batched per account, all accounts at once under one deadline."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from carriers.base import BookingRef, Capability, CarrierError, ProofOfDelivery, Subscription, TrackingUpdate
from carriers.base.calls import Exchange
from carriers.base.drive import Outcome
from gateway.domain.clock import Clock
from gateway.domain.messages import InboxMessage, InboxState
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import Source, TrackingEvent
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.ports import Store, UnitOfWork
from gateway.services.projection import project
from gateway.services.tracking import Funnel, locked
from gateway.settings import Tracking as TrackingSettings
from gateway.settings import Worker

log = logging.getLogger("gateway.poll")
POLL_DEADLINE_S = 20.0
BROKEN_PAUSE = timedelta(hours=1)
RENEW_BEFORE = timedelta(days=1)
END_UNKNOWN = timedelta(days=2)
"""When a push ends whose end the carrier does not tell: it is asked for again a day before."""


@dataclass(frozen=True, slots=True)
class PollBatch:
    """Trackers of one account, as many as its carrier takes at once; `tries` as on claimed rows."""

    live: LiveCarrier
    trackers: tuple[TrackerRecord, ...]

    @property
    def tries(self) -> int:
        """Claims since the last result, of the worst of them."""
        return max(tracker.tries for tracker in self.trackers)


class Poller:
    """Polls what is due."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        funnel: Funnel,
        clock: Clock,
        settings: TrackingSettings,
        worker: Worker,
        public_url: str,
    ) -> None:
        self._store = store
        self._pool = pool
        self._funnel = funnel
        self._clock = clock
        self._settings = settings
        self._worker = worker
        self._public_url = public_url

    def claim(self) -> Sequence[PollBatch]:
        """Due trackers, leased to this worker, in batches of one account. One that crashed a worker goes alone."""
        with self._store.work() as uow:
            lease = timedelta(seconds=self._worker.lease_s)
            due = uow.trackers.claim_due(self._clock(), lease, self._worker.batch)
        return list(self._batches(due))

    def work(self, batch: PollBatch) -> None:
        """Ask about one batch and record the answer."""
        batch = self._subscribed(batch)
        numbers = [tracker.tracking_number for tracker in batch.trackers]
        call = _track(batch.live, numbers)
        outcome = self._pool.ask_all(Purpose.TRACK, [batch.live], [call], POLL_DEADLINE_S)[0]
        self._apply(batch, outcome)
        if batch.live.can(Capability.PROVES_DELIVERY):
            for tracker in batch.trackers:
                self._fetch_proof(batch.live, tracker)

    def _fetch_proof(self, live: LiveCarrier, tracker: TrackerRecord) -> None:
        """Ask for the proof of a delivered shipment that has none yet; what cannot be had now is asked for again."""
        with self._store.look() as uow:
            shipment = uow.shipments.get(tracker.merchant_id, tracker.shipment_id) if tracker.shipment_id else None
        if shipment is None or shipment.status != "delivered" or shipment.proof or shipment.booking is None:
            return
        if shipment.tender_id != tracker.tender_id:
            return
        try:
            proof = self._pool.ask(Purpose.PROOF, live, _proof(live, shipment.booking), POLL_DEADLINE_S)
        except CarrierError as error:
            log.info("no proof of delivery for %s yet: %s", shipment.id, error)
            return
        with self._store.work() as uow:
            current = locked(uow, tracker)
            if current is not None:
                project(uow, current, self._clock(), "proof", proof)
                uow.commit()

    def _subscribed(self, batch: PollBatch) -> PollBatch:
        """Where push must be asked for: ask, and again before it ends. Without it polling goes on all the same."""
        now = self._clock()
        wanting = [tracker for tracker in batch.trackers if _wants_push(tracker, now)]
        if not wanting or not batch.live.can(Capability.SUBSCRIBES):
            return batch
        numbers = [tracker.tracking_number for tracker in wanting]
        url = f"{self._public_url.rstrip('/')}/v1/carriers/{batch.live.record.id}/webhook"
        try:
            asking = _subscribe(batch.live, numbers, url)
            subscription = self._pool.ask(Purpose.SUBSCRIBE, batch.live, asking, POLL_DEADLINE_S)
        except CarrierError as error:
            log.warning("no push for %s: %s", ", ".join(numbers), error)
            return batch
        until = subscription.expires_at or now + END_UNKNOWN
        done = {tracker.id: replace(tracker, subscribed_until=until) for tracker in wanting}
        with self._store.work() as uow:
            for tracker in done.values():
                uow.trackers.update(tracker)
            uow.commit()
        return replace(batch, trackers=tuple(done.get(tracker.id, tracker) for tracker in batch.trackers))

    def park(self, batch: PollBatch, why: str) -> None:
        """Trackers that crash their workers: not before tomorrow."""
        log.error("poll parked", extra={"trackers": [tracker.id for tracker in batch.trackers], "why": why})
        self._put_off(batch.trackers, self._clock() + timedelta(days=1))

    def _batches(self, due: Sequence[TrackerRecord]) -> Iterator[PollBatch]:
        """Trackers by account, in lists no longer than the carrier takes; the others are put off."""
        by_account: dict[tuple[str, str], list[TrackerRecord]] = defaultdict(list)
        for tracker in due:
            by_account[tracker.merchant_id, tracker.account_id].append(tracker)
        for (merchant_id, account_id), trackers in by_account.items():
            with self._store.look() as uow:
                record = uow.accounts.get(merchant_id, account_id)
            live = self._pool.attempt(record) if record else None
            if not isinstance(live, LiveCarrier):
                self._put_off(trackers, self._clock() + BROKEN_PAUSE)
            elif not live.can(Capability.TRACKS):
                self._watch(trackers)
            elif self._pool.resting(live) is not None:
                self._put_off(trackers, live.record.resting_until)
            else:
                yield from _split(live, trackers)

    def _apply(self, batch: PollBatch, outcome: Outcome[Sequence[TrackingUpdate]]) -> None:
        """Raw answers first, then what they say, then the next due times, in one commit."""
        now = self._clock()
        account = batch.live.record
        with self._store.work() as uow:
            inbox_id = self._keep(uow, batch, outcome, now)
            if outcome.error is None:
                self._funnel.apply(uow, account, outcome.value or (), Source.POLL, now, inbox_id)
            for tracker in batch.trackers:
                current = locked(uow, tracker) or tracker
                current = self._expired(uow, current, now)
                due = self._next_due(batch.live, current, now, outcome.error)
                uow.trackers.update(replace(current, due_at=due, tries=0))
            uow.commit()

    def _keep(
        self, uow: UnitOfWork, batch: PollBatch, outcome: Outcome[Sequence[TrackingUpdate]], now: datetime
    ) -> str:
        raw = b"\n".join(_answers(outcome.exchanges))
        failed = outcome.error is not None
        message = InboxMessage(
            id=new_id("inb", now),
            merchant_id=batch.live.record.merchant_id,
            account_id=batch.live.record.id,
            source="poll",
            dedupe_key=f"{batch.trackers[0].id}:{hashlib.sha256(raw).hexdigest()}",  # the same answer is kept once
            received_at=now,
            body=raw,
            state=InboxState.QUARANTINED if failed else InboxState.APPLIED,
            why=str(outcome.error) if failed else "",
        )
        if raw:
            uow.inbox.add(message)
        return message.id

    def _next_due(
        self, live: LiveCarrier, tracker: TrackerRecord, now: datetime, error: CarrierError | None
    ) -> datetime | None:
        """When to ask again; None when there is nothing left to learn."""
        pause = max(
            timedelta(minutes=self._settings.poll_min), timedelta(seconds=live.carrier.profile.polling.min_interval_s)
        )
        if error is not None:
            return now + pause
        if not tracker.finished:
            return now + pause
        grace_ends = (tracker.status_at or now) + timedelta(hours=self._settings.grace_h)
        return now + pause if now < grace_ends else None

    def _expired(self, uow: UnitOfWork, tracker: TrackerRecord, now: datetime) -> TrackerRecord:
        """No event for the whole tracking window: `expired`, which any later event reopens."""
        silent_since = tracker.status_at or tracker.created_at
        if tracker.finished or now - silent_since < timedelta(days=self._settings.expire_days):
            return tracker
        event = TrackingEvent(
            event_id=f"expired:{silent_since.isoformat()}",
            occurred_at=now,
            status="expired",
            reason="no_updates",
            description=f"no event for {self._settings.expire_days} days",
            source=Source.GATEWAY,
            received_at=now,
        )
        uow.trackers.append(tracker, event, "")
        return project(uow, tracker, now, "gateway").tracker

    def _watch(self, trackers: Sequence[TrackerRecord]) -> None:
        """Trackers whose carrier is never asked: looked at once a day, so that they expire too."""
        now = self._clock()
        with self._store.work() as uow:
            for tracker in trackers:
                current = self._expired(uow, locked(uow, tracker) or tracker, now)
                due = None if current.finished else now + timedelta(days=1)
                uow.trackers.update(replace(current, due_at=due, tries=0))
            uow.commit()

    def _put_off(self, trackers: Sequence[TrackerRecord], until: datetime | None) -> None:
        """Trackers whose carrier cannot be asked: later, or never (push alone tells about them)."""
        with self._store.work() as uow:
            for tracker in trackers:
                uow.trackers.update(replace(tracker, due_at=until, tries=0))
            uow.commit()


async def _proof(live: LiveCarrier, booking: BookingRef) -> ProofOfDelivery:
    proof: ProofOfDelivery = await live.carrier.proof_of_delivery(booking)  # type: ignore[attr-defined]  # role was seen
    return proof


def _split(live: LiveCarrier, trackers: Sequence[TrackerRecord]) -> Iterator[PollBatch]:
    suspects = [tracker for tracker in trackers if tracker.tries > 1]
    others = [tracker for tracker in trackers if tracker.tries <= 1]
    size = live.carrier.profile.polling.batch
    for start in range(0, len(others), size):
        yield PollBatch(live, tuple(others[start : start + size]))
    for suspect in suspects:
        yield PollBatch(live, (suspect,))


def _answers(exchanges: Sequence[Exchange]) -> Iterator[bytes]:
    for exchange in exchanges:
        if exchange.reply is not None:
            yield exchange.reply.body


def _wants_push(tracker: TrackerRecord, now: datetime) -> bool:
    until = tracker.subscribed_until
    return not tracker.finished and (until is None or until < now + RENEW_BEFORE)


async def _subscribe(live: LiveCarrier, numbers: Sequence[str], callback_url: str) -> Subscription:
    made: Subscription = await live.carrier.subscribe(numbers, callback_url)  # type: ignore[attr-defined]  # role was seen
    return made


async def _track(live: LiveCarrier, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
    updates: Sequence[TrackingUpdate] = await live.carrier.track(numbers)  # type: ignore[attr-defined]  # role was seen
    return updates
