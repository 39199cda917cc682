"""The watch over numbers that were not booked here: the same ETA and alarms, as far as they are known of.

Nobody knows their addresses, their service or what they had to prove: what is learnt of the whole account counts, and
nothing is said of where they were delivered. Their promise is what the merchant said of it; a carrier's estimate is
none. Only rows in flight are kept, and looked at when they are due, as with `gateway.services.watch`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.eta import TrackerWatch
from gateway.domain.plausibility import KINDS, TOO_FAST, too_fast
from gateway.domain.records import TrackerRecord
from gateway.domain.stages import stages
from gateway.domain.tracking import statuses
from gateway.services.alarms import close, settle
from gateway.services.changes import record_tracker_news
from gateway.services.expecting import Known, has_moved
from gateway.services.ports import Store, UnitOfWork
from gateway.services.reliability.courses import CourseBook, left_path
from gateway.services.reliability.facts import day_of
from gateway.services.watch import in_flight
from gateway.settings import Tracking as TrackingSettings
from gateway.settings import Worker as WorkerSettings

ANY_SERVICE = ()
"""The group of all an account's shipments."""


class TrackerWatcher:
    """A job of the worker's."""

    def __init__(self, store: Store, clock: Clock, worker: WorkerSettings, tracking: TrackingSettings) -> None:
        self._store = store
        self._clock = clock
        self._worker = worker
        self._window = timedelta(days=tracking.expire_days)
        self._courses = CourseBook()

    def claim(self) -> Sequence[TrackerWatch]:
        """Those that are due, leased to this worker."""
        with self._store.work() as uow:
            lease = timedelta(seconds=self._worker.lease_s)
            return uow.tracker_watches.claim_due(self._clock(), lease, self._worker.batch)

    def park(self, watch: TrackerWatch, why: str) -> None:
        """One that crashes whoever looks at it is not looked at again before its next event."""
        with self._store.work() as uow:
            uow.tracker_watches.keep(replace(watch, due_at=None, tries=0))
            uow.commit()

    def work(self, claimed: TrackerWatch) -> None:
        """Look at one."""
        now = self._clock()
        with self._store.work() as uow:
            tracker = uow.trackers.get(claimed.merchant_id, claimed.id, lock=True)
            watch = uow.tracker_watches.of(claimed.merchant_id, [claimed.id]).get(claimed.id)
            if tracker is None or watch is None or watch.due_at is None:
                return
            if tracker.shipment_id:
                for kind in watch.alarms:
                    close(uow, tracker, kind, f"it is followed as shipment {tracker.shipment_id} now", now)
                uow.tracker_watches.forget(watch)
            else:
                self._look(uow, tracker, watch, now)
            uow.commit()

    def _look(self, uow: UnitOfWork, tracker: TrackerRecord, watch: TrackerWatch, now: datetime) -> None:
        seen, findings = self._seen(uow, tracker, watch, now)
        kept = replace(seen, alarms=tuple(kind for kind in KINDS if kind in findings), tries=0)
        news = settle(uow, tracker, watch.alarms, findings, now)
        if has_moved(watch.eta, kept.eta):
            news.insert(0, "tracker.eta_changed")
        if news:
            record_tracker_news(uow, tracker, news, now)
        if kept.due_at is None and not kept.alarms:
            uow.tracker_watches.forget(kept)
        else:
            uow.tracker_watches.keep(kept)

    def _seen(
        self, uow: UnitOfWork, tracker: TrackerRecord, watch: TrackerWatch, now: datetime
    ) -> tuple[TrackerWatch, Mapping[str, str]]:
        """What is expected and when it is due again, and what is wrong, by kind of case."""
        ended = replace(watch, eta=None, due_at=None)
        silent = tracker.status_at is not None and now - tracker.status_at > self._window  # a history, or soon expired
        if silent or tracker.status == "expired":  # nobody spoke: what was wrong is no better for it
            return ended, dict.fromkeys(watch.alarms, "")
        events = uow.trackers.events(tracker.merchant_id, tracker.id)
        courses = self._courses.of(uow, tracker.merchant_id, tracker.account_id, now)
        passed = stages(events)
        if statuses()[tracker.status].terminal or not passed:
            shortest = courses.shortest(left_path("moving", ANY_SERVICE), day_of(now))
            why = too_fast(events, None, shortest) if tracker.status == "delivered" else ""
            return ended, {TOO_FAST: why} if why else {}
        known = Known(
            before=watch.eta,
            promise=tracker.promised_by,
            tracker=tracker,
            stage=passed[-1],
            courses=courses,
            group=ANY_SERVICE,
        )
        eta, due, findings = in_flight(known, watch.alarms, now)
        return replace(watch, eta=eta, due_at=due), findings
