"""The worker: all background work, a job a line."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.jobs.hints import Hints
from gateway.jobs.worker import Job, WorkerLoop
from gateway.services.bound import Services

HOUR_S, FIVE_MINUTES_S, MINUTE_S = 3600.0, 300.0, 60.0
PICTURES_AT_ONCE = 4
INBOX_THREADS = 4
"""Messages are applied by the database alone; they do not wait for a carrier that answers slowly when it is polled."""


def worker(services: Services) -> WorkerLoop:
    """The worker with its jobs: the tuple is the list of all background work."""
    inbox, lanes, proofs, told = services.inbox, services.lanes, services.proofs, services.recipient_lanes
    numbers = services.tracker_watch
    endpoints = services.settings.webhooks.endpoints_at_once
    jobs = (
        Job("reconcile", services.reconciler.claim, services.reconciler.work, services.reconciler.park),
        Job("stranded", services.reconciler.claim_stranded, services.reconciler.work_stranded, _nothing),
        Job("recalls", services.recalls.claim, services.recalls.work, services.recalls.park),
        Job("diversions", services.diversions.claim, services.diversions.work, services.diversions.park),
        Job("pickups", services.pickups.claim, services.pickups.work, services.pickups.park),
        Job("manifests", services.manifests.claim, services.manifests.work, services.manifests.park),
        Job("inbox", inbox.claim, inbox.work, inbox.park, due=inbox.due, more=inbox.more, threads=INBOX_THREADS),
        Job("poll", services.poller.claim, services.poller.work, services.poller.park, due=services.poller.due),
        Job("watch", services.watch.claim, services.watch.work, services.watch.park),
        Job("watch_numbers", numbers.claim, numbers.work, numbers.park),
        Job("webhooks", lanes.claim, lanes.work, lanes.park, at_once=endpoints, due=lanes.due),
        Job("proofs", proofs.claim, proofs.work, proofs.park, at_once=PICTURES_AT_ONCE),
        Job("notifications", told.claim, told.work, told.park, at_once=services.settings.notifications.senders_at_once),
        Job("assignments", services.assignments.claim, services.assignments.work, services.assignments.park),
        Job("backtests", services.backtests.claim, services.backtests.work, services.backtests.park),
        Job("bulk", services.bulk.claim, services.bulk.work, services.bulk.park),
        Job("past_days", services.past_days.claim, services.past_days.work, _nothing, every_s=MINUTE_S / 4, at_once=1),
        Job("retention", services.retention.prune, _nothing, _nothing, every_s=HOUR_S),
        Job("erase_proofs", services.proof_keeping.erase_old, _nothing, _nothing, every_s=HOUR_S),
        Job("forget_people", services.privacy.forget, _nothing, _nothing, every_s=HOUR_S),
        Job("room", services.retention.make_room, _nothing, _nothing, every_s=HOUR_S),
        Job("forget_calls", services.calls.prune, _nothing, _nothing, every_s=HOUR_S),
        Job("learn", services.foresight.learner.chore, _nothing, _nothing, every_s=HOUR_S),
        Job("sums", services.kpi_summer.claim, services.kpi_summer.work, _nothing, every_s=FIVE_MINUTES_S),
        Job("grade_carriers", services.catalogue.claim, services.catalogue.work, _nothing, every_s=HOUR_S, threads=1),
    )
    return _loop(services, jobs)


def _loop(services: Services, jobs: Sequence[Job]) -> WorkerLoop:
    settings, work = services.settings.worker, services.settings.work
    hints = Hints(services.dispatcher, work.sweep_s) if work.engine == "celery" else None
    return WorkerLoop(
        jobs,
        services.store,
        services.clock,
        tick_s=settings.tick_s,
        max_tries=settings.max_tries,
        hints=hints,
        watch=services.log.watch,
    )


def _nothing(*_: object) -> None:
    """For jobs whose rows are nothing to be worked or parked."""
