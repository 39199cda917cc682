"""Ask carriers where parcels are: due trackers, batched per account, all accounts at once under one deadline."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base import (
    Capability,
    TrackingUpdate,
)
from carriers.base.calls import Exchange
from carriers.base.drive import Outcome
from gateway.domain.clock import Clock
from gateway.domain.errors import InvalidValue
from gateway.domain.messages import InboxMessage, InboxState
from gateway.domain.poll_schedule import DAILY
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import Source, TrackingEvent
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.dispatch import Due, keys, named
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.poll_batches import PollBatch, split
from gateway.services.poll_budget import POLL_DEADLINE_S, PollBudget, fair_pause, urgency
from gateway.services.poll_pace import after_poll, longest_waiting_first, queued, still_pushed
from gateway.services.ports import Store, UnitOfWork
from gateway.services.projection import project
from gateway.services.proof_asking import ProofAsking
from gateway.services.pushes import Pushes
from gateway.services.tracking import Funnel, locked, not_read, unread_of
from gateway.settings import Tracking as TrackingSettings
from gateway.settings import Worker

log = logging.getLogger("gateway.poll")
BROKEN_PAUSE = timedelta(hours=1)
CLAIMS_AT_MOST = 100
HINTS_AT_MOST = 1000
PROBE_WAIT = timedelta(seconds=POLL_DEADLINE_S)
"""How long others wait while one call shows whether a carrier that was down is back."""


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
        self._budget = PollBudget(store, clock)
        self._proofs = ProofAsking(store, pool, clock, self._budget, settings)
        self._pushes = Pushes(store, pool, clock, self._budget, public_url, settings.subscribe_s)

    def due(self) -> Sequence[Due]:
        """The trackers that are due longest."""
        with self._store.look() as uow:
            due = uow.trackers.due(self._clock(), HINTS_AT_MOST)
        return [Due(tracker.account_id, named(tracker.merchant_id, tracker.id), since) for tracker, since in due]

    def claim(self, ids: Sequence[str] | None = None) -> Sequence[PollBatch]:
        """Due trackers, leased to this worker, in batches of one account. One that crashed a worker goes alone.

        Those of a carrier that cannot be asked now are put off on the way, however many: they hold up nobody else's.
        """
        lease = timedelta(seconds=self._worker.lease_s)
        wanted = None if ids is None else keys(ids)
        for _ in range(CLAIMS_AT_MOST):
            with self._store.work() as uow:
                due = uow.trackers.claim_due(self._clock(), lease, self._worker.batch, wanted)
            batches = list(self._batches(due))
            if batches or not due:
                return batches
        return []

    def work(self, batch: PollBatch) -> None:
        """Ask about one batch and record the answer."""
        numbers = [tracker.tracking_number for tracker in batch.trackers]
        call = _track(batch.live, numbers)
        outcome = self._pool.ask_all(Purpose.TRACK, [batch.live], [call], POLL_DEADLINE_S)[0]
        self._budget.spent(batch.live, 1, outcome)
        self._apply(batch, outcome)
        self._pushes.ask_for(batch.live, batch.trackers)
        if batch.live.can(Capability.PROVES_DELIVERY):
            for tracker in batch.trackers:
                self._proofs.fetch(batch.live, tracker)

    def park(self, batch: PollBatch, why: str) -> None:
        """Trackers that crash their workers: not before tomorrow."""
        log.error("poll parked", extra={"trackers": [tracker.id for tracker in batch.trackers], "why": why})
        self._put_off([replace(each, tries=0) for each in batch.trackers], self._clock() + timedelta(days=1))

    def _batches(self, due: Sequence[TrackerRecord]) -> Iterator[PollBatch]:
        """Trackers by account, in lists no longer than the carrier takes; the others are put off."""
        by_account: dict[tuple[str, str], list[TrackerRecord]] = defaultdict(list)
        for tracker in due:
            by_account[tracker.merchant_id, tracker.account_id].append(tracker)
        for (merchant_id, account_id), trackers in by_account.items():
            try:
                batches = list(self._of_account(merchant_id, account_id, trackers))
            except InvalidValue as error:  # nobody can use it, such as one whose secrets were sealed with another key
                self._broken(merchant_id, account_id, trackers, f"it cannot be read: {error}")
            except Exception:  # whatever it is: no other account's trackers lose a try by it
                log.exception("account %s cannot be polled", account_id)
                self._put_off(trackers, self._clock() + BROKEN_PAUSE)
            else:
                yield from batches

    def _of_account(self, merchant_id: str, account_id: str, trackers: Sequence[TrackerRecord]) -> Iterator[PollBatch]:
        with self._store.look() as uow:
            record = uow.accounts.get(merchant_id, account_id)
        live = self._pool.attempt(record) if record else None
        if not isinstance(live, LiveCarrier):
            self._broken(merchant_id, account_id, trackers, live.why if live else "there is no such account")
        elif not live.can(Capability.TRACKS):
            self._watch(trackers)
        elif self._pool.resting(live) is not None and live.record.resting_until is not None:
            self._queue(trackers, live.record.resting_until)
        elif (until := self._budget.resting_until(live)) is not None:
            self._queue(trackers, until)
        else:
            yield from self._affordable(live, self._probing(live, self._waited_enough(live, trackers)))

    def _broken(self, merchant_id: str, account_id: str, trackers: Sequence[TrackerRecord], why: str) -> None:
        """An account that cannot be asked at all says so in its state, and is tried again after a pause."""
        until = self._clock() + BROKEN_PAUSE
        with self._store.work() as uow:
            uow.accounts.rest(merchant_id, account_id, 0, until, why)
            uow.commit()
        self._put_off(trackers, until)

    def _probing(self, live: LiveCarrier, trackers: Sequence[TrackerRecord]) -> Sequence[TrackerRecord]:
        """All, or one call's worth where the account was rested and nothing has succeeded since."""
        if live.record.resting_until is None or not trackers:
            return trackers
        probe = next(split(live, longest_waiting_first(trackers))).trackers
        self._queue([each for each in trackers if each not in probe], self._clock() + PROBE_WAIT)
        return probe

    def _waited_enough(self, live: LiveCarrier, trackers: Sequence[TrackerRecord]) -> Sequence[TrackerRecord]:
        """Without those that were polled less than the carrier's interval ago, whatever made them due again."""
        now, pause = self._clock(), timedelta(seconds=live.carrier.profile.polling.min_interval_s)
        early = [each for each in trackers if each.polled_at is not None and each.polled_at + pause > now]
        for tracker in early:
            self._put_off([tracker], (tracker.polled_at or now) + pause)
        return [tracker for tracker in trackers if tracker not in early]

    def _affordable(self, live: LiveCarrier, trackers: Sequence[TrackerRecord]) -> Iterator[PollBatch]:
        """The batches that the day's budget has room for now, those likeliest to have moved first; the others wait for
        their call of the day.
        """
        now = self._clock()
        batches = list(split(live, sorted(trackers, key=lambda each: urgency(each, now), reverse=True)))
        granted = self._budget.grant(live, len(batches)) if batches else 0
        yield from batches[:granted]
        waiting = batches[granted:]
        for batch, moment in zip(waiting, self._budget.next_moments(live, len(waiting)), strict=True):
            self._put_off(batch.trackers, moment)

    def _apply(self, batch: PollBatch, outcome: Outcome[Sequence[TrackingUpdate]]) -> None:
        """Raw answers first, then what they say, then the next due times, in one commit."""
        now = self._clock()
        account = batch.live.record
        with self._store.work() as uow:
            inbox_id = self._keep(uow, batch, outcome, now)
            if outcome.error is None:
                self._funnel.apply(uow, account, outcome.value or (), Source.POLL, now, inbox_id)
            facts = batch.live.carrier.profile.polling
            count = uow.trackers.count_due(account.merchant_id, account.id) if facts.daily_budget else 0
            asked = []
            for tracker in batch.trackers:
                current = locked(uow, tracker) or tracker
                current = replace(current, pushed_at=still_pushed(tracker, current))
                current = self._expired(uow, current, now)
                due = after_poll(current, facts, self._settings, now, outcome.error)
                due = due and max(due, now + fair_pause(facts, current, count, now))
                polled_at = now if outcome.exchanges else current.polled_at
                asked.append(replace(current, due_at=due, tries=0, polled_at=polled_at))
            uow.trackers.reschedule(asked)
            uow.commit()

    def _keep(
        self, uow: UnitOfWork, batch: PollBatch, outcome: Outcome[Sequence[TrackingUpdate]], now: datetime
    ) -> str:
        raw = b"\n".join(_answers(outcome.exchanges))
        why = str(outcome.error) if outcome.error is not None else not_read(unread_of(outcome.value or ()))
        message = InboxMessage(
            id=new_id("inb", now),
            merchant_id=batch.live.record.merchant_id,
            account_id=batch.live.record.id,
            source="poll",
            dedupe_key=f"{batch.trackers[0].id}:{hashlib.sha256(raw).hexdigest()}",  # the same answer is kept once
            received_at=now,
            body=raw,
            state=InboxState.QUARANTINED if why else InboxState.APPLIED,
            why=why,
        )
        if raw:
            uow.inbox.add(message)
        return message.id

    def _expired(self, uow: UnitOfWork, tracker: TrackerRecord, now: datetime) -> TrackerRecord:
        """No event for the whole tracking window: `expired`, which any later event reopens.

        What moves nothing, a note or a code that nobody explained, is an event too.
        """
        silent_since, window = tracker.status_at or tracker.created_at, timedelta(days=self._settings.expire_days)
        if tracker.finished or now - silent_since < window:
            return tracker
        heard = (each.occurred_at for each in uow.trackers.events(tracker.merchant_id, tracker.id))
        silent_since = max(heard, default=silent_since)
        if now - silent_since < window:
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
            seen = [self._expired(uow, locked(uow, tracker) or tracker, now) for tracker in trackers]
            due = now + DAILY
            uow.trackers.reschedule([replace(each, due_at=None if each.finished else due, tries=0) for each in seen])
            uow.commit()

    def _put_off(self, trackers: Sequence[TrackerRecord], until: datetime) -> None:
        """Trackers whose carrier cannot be asked before then."""
        self._return([replace(each, due_at=until) for each in trackers])

    def _queue(self, trackers: Sequence[TrackerRecord], until: datetime) -> None:
        """The same for many of one account: those that have waited longest come first then."""
        self._return(queued(trackers, until))

    def _return(self, trackers: Sequence[TrackerRecord]) -> None:
        """Give back what was claimed. This claim does not count: nothing was tried."""
        with self._store.work() as uow:
            uow.trackers.reschedule([replace(each, tries=max(0, each.tries - 1)) for each in trackers])
            uow.commit()


def _answers(exchanges: Sequence[Exchange]) -> Iterator[bytes]:
    for exchange in exchanges:
        if exchange.reply is not None:
            yield exchange.reply.body


async def _track(live: LiveCarrier, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
    updates: Sequence[TrackingUpdate] = await live.carrier.track(numbers)  # type: ignore[attr-defined]  # role was seen
    return updates
