"""The watch: looks at shipments in flight when they are due, keeps their ETA, and raises alarms that settle themselves.

Every event makes its shipment due at once; afterwards it is due when the next thing could be noticed without one. Only
due rows are looked at, so a million shipments in flight cost what becomes due of them. An alarm is a case and a
message, once each: `ShipmentRecord.alarms` says which are open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.distance import metres_between
from gateway.domain.eta import Eta
from gateway.domain.plausibility import (
    AT_RISK,
    FAR,
    KINDS,
    STUCK,
    TOO_FAST,
    UNPROVEN,
    delivered_far,
    longest_silence,
    proof_due,
    unproven,
)
from gateway.domain.plausibility import stuck as why_stuck
from gateway.domain.plausibility import too_fast as why_too_fast
from gateway.domain.proof_files import READABLE, missing_proof, wanted_proof
from gateway.domain.records import DeliveryRecord, ShipmentRecord
from gateway.domain.recycled import of_this_parcel
from gateway.domain.shipments import ShipmentState
from gateway.domain.stages import stages
from gateway.domain.tracking import TrackingEvent, statuses
from gateway.services.alarms import settle
from gateway.services.changes import record_change
from gateway.services.expecting import HARDLY, Expectation, Known, due_by, expectation, has_moved
from gateway.services.ports import Store, UnitOfWork
from gateway.services.reliability.courses import CourseBook, left_path, silent_path
from gateway.services.reliability.facts import day_of, group_of, time_zone
from gateway.settings import Worker as WorkerSettings

SOONEST = timedelta(minutes=30)
HALFWAY = 0.5
"""Without news it is looked at again halfway to the end of its ETA: what is left gets likelier to be late."""

UNDER_WAY = (ShipmentState.BOOKED, ShipmentState.CANCELLING)


class Watch:
    """A job of the worker's."""

    def __init__(self, store: Store, clock: Clock, worker: WorkerSettings) -> None:
        self._store = store
        self._clock = clock
        self._worker = worker
        self._courses = CourseBook()

    def claim(self) -> Sequence[ShipmentRecord]:
        """Shipments that are due, leased to this worker."""
        with self._store.work() as uow:
            lease = timedelta(seconds=self._worker.lease_s)
            return uow.shipments.claim_due(self._clock(), lease, self._worker.batch)

    def park(self, shipment: ShipmentRecord, why: str) -> None:
        """One that crashes whoever looks at it is not looked at again before its next event."""
        with self._store.work() as uow:
            uow.shipments.foresee(replace(shipment, due_at=None, tries=0))
            uow.commit()

    def work(self, claimed: ShipmentRecord) -> None:
        """Look at one."""
        now = self._clock()
        with self._store.work() as uow:
            shipment = uow.shipments.get(claimed.merchant_id, claimed.id, lock=True)
            if shipment is None or shipment.due_at is None:
                return
            seen, findings = self._look(uow, shipment, now)
            alarms = tuple(kind for kind in KINDS if kind in findings)
            news = settle(uow, replace(seen, alarms=alarms), shipment.alarms, findings, now)
            if has_moved(shipment.eta, seen.eta):
                news.insert(0, "shipment.eta_changed")
            kept = replace(seen, alarms=alarms, tries=0)
            if news:
                record_change(uow, kept, news[0], now, also=news[1:])
            else:
                uow.shipments.foresee(kept)
            uow.commit()

    def _look(
        self, uow: UnitOfWork, shipment: ShipmentRecord, now: datetime
    ) -> tuple[ShipmentRecord, Mapping[str, str]]:
        """The shipment with its ETA and when it is due again, and what is wrong with it, by kind of case."""
        tracker = uow.trackers.of_tender(shipment.merchant_id, shipment.tender_id) if shipment.tender_id else None
        record = _facts(uow, shipment)
        if tracker is None or record is None or shipment.state not in UNDER_WAY:
            return replace(shipment, eta=None, due_at=None), {}
        events = of_this_parcel(uow.trackers.events(shipment.merchant_id, tracker.id))
        account = uow.accounts.get(shipment.merchant_id, shipment.account_id)
        zones = {shipment.account_id: time_zone(account.options if account else {})}
        courses, group = self._courses.of(uow, shipment.merchant_id, shipment.account_id, now), group_of(record, zones)
        passed = stages(events)
        if shipment.status == "expired":  # nobody spoke: what was wrong is no better for it
            return replace(shipment, eta=None, due_at=None), dict.fromkeys(shipment.alarms, "")
        if statuses()[shipment.status].terminal or not passed:
            shortest = courses.shortest(left_path("moving", group), day_of(now))
            missing = _missing(uow, shipment)
            due = proof_due(shipment.delivered_at) if missing and shipment.delivered_at else None
            findings = {**_doubts(shipment, events, shortest), **_unproven(shipment, missing, now)}
            return replace(shipment, eta=None, due_at=due if due and due > now else None), findings
        known = Known(
            before=shipment.eta,
            promise=due_by(shipment),
            tracker=tracker,
            stage=passed[-1],
            courses=courses,
            group=group,
            agreed=shipment.agreed,
        )
        eta, due_at, wrong = in_flight(known, shipment.alarms, now)
        return replace(shipment, eta=eta, due_at=due_at), wrong


def _facts(uow: UnitOfWork, shipment: ShipmentRecord) -> DeliveryRecord | None:
    """The flat facts. Of a return none are kept: it says nothing of how deliveries go. It is watched though."""
    kept = uow.records.get(shipment.merchant_id, shipment.id)
    if kept is not None or not shipment.return_of:
        return kept
    return DeliveryRecord(
        merchant_id=shipment.merchant_id,
        shipment_id=shipment.id,
        account_id=shipment.account_id,
        carrier=shipment.carrier,
        service=shipment.service.value if shipment.service else "",
        zone=shipment.zone,
        booked_at=shipment.created_at,
        due_on=(shipment.deliver_by or shipment.created_at).date(),
        ready_at=shipment.ready_at,
        promised_by=shipment.deliver_by,
        quoted_minor=None,
        price_minor=None,
        currency="",
    )


def in_flight(known: Known, alarms: Sequence[str], now: datetime) -> tuple[Eta | None, datetime, Mapping[str, str]]:
    """The ETA of what is on its way, when it is to be looked at again, and what is wrong with it, by kind of case."""
    expected, stage = expectation(known, now), known.stage
    learnt = known.courses.quiet(silent_path(stage.name, known.group), day_of(stage.began))
    longest = longest_silence(stage.name, learnt)
    findings = {STUCK: why_stuck(stage, longest, now), AT_RISK: _at_risk(known.promise, expected, alarms, now)}
    due = stage.heard + longest if not findings[STUCK] else now + longest
    if expected.eta is not None:
        due = min(due, max(now + HALFWAY * (expected.eta.latest - now), now + SOONEST))
    return expected.eta, due, {kind: why for kind, why in findings.items() if why}


def _at_risk(promise: datetime | None, expected: Expectation, alarms: Sequence[str], now: datetime) -> str:
    """Why the promise is at risk: it will probably be broken, or would be at worst where the alarm is on already. One
    whose time is over is not at risk any more, but broken.
    """
    eta = expected.eta
    still = AT_RISK in alarms and eta is not None and promise is not None and eta.latest > promise + HARDLY
    if promise is None or not (expected.late or still):
        return ""
    broken = " and not kept" if promise + HARDLY < now else ""
    when = "later" if eta is None else f"by {eta.latest.isoformat(timespec='minutes')}"
    return f"promised by {promise.isoformat(timespec='minutes')}{broken}, now expected {when}"


def _doubts(shipment: ShipmentRecord, events: Sequence[TrackingEvent], shortest_h: float | None) -> Mapping[str, str]:
    """What is hard to believe of a delivery."""
    if shipment.status != "delivered":
        return {}
    way = shipment.shipment
    findings = {
        TOO_FAST: why_too_fast(events, metres_between(way.origin, way.destination), shortest_h),
        FAR: delivered_far(events, way.destination, shipment.proof),
    }
    return {kind: why for kind, why in findings.items() if why}


def _missing(uow: UnitOfWork, shipment: ShipmentRecord) -> tuple[str, ...]:
    """What its delivery should have proven and has not."""
    needs = shipment.shipment.requirements
    if shipment.status != "delivered" or not wanted_proof(needs):
        return ()
    pictures = uow.proof_files.of_shipment(shipment.merchant_id, shipment.id)
    return missing_proof(needs, shipment.proof, {each.kind for each in pictures if each.state in READABLE})


def _unproven(shipment: ShipmentRecord, missing: Sequence[str], now: datetime) -> Mapping[str, str]:
    why = unproven(missing, shipment.delivered_at, now) if shipment.delivered_at else ""
    return {UNPROVEN: why} if why else {}
