"""Carriers that push only what they are asked to push: ask, and again before it ends. Polling goes on all the same."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base import Capability, Subscription
from gateway.domain.clock import Clock
from gateway.domain.records import TrackerRecord
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.poll_budget import POLL_DEADLINE_S, PollBudget
from gateway.services.ports import Store

log = logging.getLogger("gateway.poll")
RENEW_BEFORE = timedelta(days=1)
END_UNKNOWN = timedelta(days=2)
"""When a push ends whose end the carrier does not tell: it is asked for again a day before."""


class Pushes:
    """Subscriptions to tracking."""

    def __init__(self, store: Store, pool: CarrierPool, clock: Clock, budget: PollBudget, public_url: str) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._budget = budget
        self._public_url = public_url.rstrip("/")

    def ask_for(self, live: LiveCarrier, trackers: tuple[TrackerRecord, ...]) -> tuple[TrackerRecord, ...]:
        """Ask for what is not pushed yet, or not for much longer; the trackers as they are now."""
        now = self._clock()
        wanting = [tracker for tracker in trackers if _wants_push(tracker, now)]
        if not wanting or not live.can(Capability.SUBSCRIBES) or not self._budget.grant(live, 1):
            return trackers
        numbers = [tracker.tracking_number for tracker in wanting]
        asking = _subscribe(live, numbers, f"{self._public_url}/v1/carriers/{live.record.id}/webhook")
        outcome = self._pool.ask_all(Purpose.SUBSCRIBE, [live], [asking], POLL_DEADLINE_S)[0]
        self._budget.spent(live, 1, outcome)
        if outcome.value is None:
            log.warning("no push for %s: %s", ", ".join(numbers), outcome.error)
            return trackers
        until = outcome.value.expires_at or now + END_UNKNOWN
        done = {tracker.id: replace(tracker, subscribed_until=until) for tracker in wanting}
        with self._store.work() as uow:
            for tracker in done.values():
                uow.trackers.update(tracker)
            uow.commit()
        return tuple(done.get(tracker.id, tracker) for tracker in trackers)


def _wants_push(tracker: TrackerRecord, now: datetime) -> bool:
    until = tracker.subscribed_until
    return not tracker.finished and (until is None or until < now + RENEW_BEFORE)


async def _subscribe(live: LiveCarrier, numbers: Sequence[str], callback_url: str) -> Subscription:
    made: Subscription = await live.carrier.subscribe(numbers, callback_url)  # type: ignore[attr-defined]  # role was seen
    return made
