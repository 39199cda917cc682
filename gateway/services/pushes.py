"""Carriers that push only what they are asked to push: ask, and again before it ends. Polling goes on all the same.

Of an account one thread asks at a time, for what the others have gathered meanwhile, too. A carrier that does not
answer in time is left alone for a while, longer each time: it costs nobody else's parcels more than one short wait, and
its own none of their news. What rests is remembered by each process for itself: another one finds out by a call of its
own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from carriers.base import Capability, RateLimited, ShipmentRejected, Subscription, UnknownReference
from carriers.base.drive import Outcome
from gateway.domain.clock import Clock
from gateway.domain.records import TrackerRecord
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.poll_budget import PollBudget
from gateway.services.ports import Store
from gateway.services.tracking import locked
from gateway.services.transactions import again_if_crossed

log = logging.getLogger("gateway.poll")
RENEW_BEFORE = timedelta(days=1)
END_UNKNOWN = timedelta(days=2)
"""When a push ends whose end the carrier does not tell: it is asked for again a day before."""
FIRST_REST, LONGEST_REST = timedelta(minutes=15), timedelta(hours=6)
AT_ONCE = 10
"""Numbers in a call: so few that a carrier is done in time even where its adapter must then ask one by one."""
REFUSED = (ShipmentRejected, UnknownReference)
Asked = tuple[str, str, int]
"""A version of an account: when its settings are put right, it is asked at once."""


class Pushes:
    """Subscriptions to tracking."""

    def __init__(
        self, store: Store, pool: CarrierPool, clock: Clock, budget: PollBudget, public_url: str, deadline_s: float
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._budget = budget
        self._public_url = public_url.rstrip("/")
        self._deadline_s = deadline_s
        self._lock = Lock()
        self._being_asked: dict[Asked, dict[str, TrackerRecord]] = {}
        self._rests: dict[Asked, tuple[int, datetime]] = {}

    def ask_for(self, live: LiveCarrier, trackers: Sequence[TrackerRecord]) -> None:
        """Ask for what is not pushed yet, or not for much longer; what is not asked for now is so at its next poll."""
        now = self._clock()
        wanting = {tracker.id: tracker for tracker in trackers if _wants_push(tracker, now)}
        if not wanting or not live.can(Capability.SUBSCRIBES) or not self._begins(live, wanting):
            return
        try:
            while gathered := self._gathered(live, wanting):
                if not (self._budget.grant(live, 1) and self._ask(live, gathered)):
                    return
        finally:
            with self._lock:
                if self._being_asked.get(_key(live)) is wanting:
                    del self._being_asked[_key(live)]

    def _begins(self, live: LiveCarrier, wanting: dict[str, TrackerRecord]) -> bool:
        """Whether this thread is to ask: another is not at it already, which then asks for these too."""
        with self._lock:
            begun = self._being_asked.get(_key(live))
            if begun is not None:
                begun.update(wanting)
                return False
            if _key(live) in self._rests and self._rests[_key(live)][1] > self._clock():
                return False
            self._being_asked[_key(live)] = wanting
            return True

    def _gathered(self, live: LiveCarrier, waiting: dict[str, TrackerRecord]) -> Sequence[TrackerRecord]:
        """What is to be asked for next; where nothing is left, the turn ends before anybody can add to it."""
        with self._lock:
            taken = [waiting.pop(id_) for id_ in list(waiting)[:AT_ONCE]]
            if not taken:
                del self._being_asked[_key(live)]
            return taken

    def _ask(self, live: LiveCarrier, wanting: Sequence[TrackerRecord]) -> bool:
        """Whether the carrier answered. One number that it refuses is found by halves: it costs the others nothing."""
        now, numbers = self._clock(), [tracker.tracking_number for tracker in wanting]
        asking = _subscribe(live, numbers, f"{self._public_url}/v1/carriers/{live.record.id}/webhook")
        outcome = self._pool.ask_all(Purpose.SUBSCRIBE, [live], [asking], self._deadline_s)[0]
        self._budget.spent(live, 1, outcome)
        self._note(live, outcome)
        if isinstance(outcome.error, REFUSED) and len(wanting) > 1:
            middle = len(wanting) // 2
            return self._ask(live, wanting[:middle]) and self._ask(live, wanting[middle:])
        if outcome.value is None:
            log.warning("no push for %s: %s", ", ".join(numbers), outcome.error)
            return isinstance(outcome.error, REFUSED)
        again_if_crossed(partial(self._keep, wanting, outcome.value.expires_at or now + END_UNKNOWN))
        return True

    def _keep(self, asked: Sequence[TrackerRecord], until: datetime) -> None:
        with self._store.work() as uow:
            for tracker in asked:
                current = locked(uow, tracker)
                if current is not None:
                    uow.trackers.update(replace(current, subscribed_until=until))
            uow.commit()

    def _note(self, live: LiveCarrier, outcome: Outcome[Subscription]) -> None:
        """What a refusal of single numbers, or our own rate limit, says is nothing about the account."""
        key = _key(live)
        with self._lock:
            if outcome.error is None or isinstance(outcome.error, REFUSED):
                self._rests.pop(key, None)
            elif outcome.exchanges or not isinstance(outcome.error, RateLimited):
                failures = self._rests.get(key, (0, None))[0]
                rest = min(FIRST_REST * 2 ** min(failures, 10), LONGEST_REST)
                self._rests[key] = failures + 1, self._clock() + rest


def _key(live: LiveCarrier) -> Asked:
    return (*live.key, live.record.version)


def _wants_push(tracker: TrackerRecord, now: datetime) -> bool:
    until = tracker.subscribed_until
    return not tracker.finished and (until is None or until < now + RENEW_BEFORE)


async def _subscribe(live: LiveCarrier, numbers: Sequence[str], callback_url: str) -> Subscription:
    made: Subscription = await live.carrier.subscribe(numbers, callback_url)  # type: ignore[attr-defined]  # role was seen
    return made
