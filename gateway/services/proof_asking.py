"""Proofs of delivery that a carrier only gives when it is asked: once a booking of ours is delivered."""

from __future__ import annotations

import logging
from dataclasses import replace

from carriers.base import BookingRef, ProofOfDelivery
from gateway.domain.clock import Clock
from gateway.domain.poll_schedule import next_poll
from gateway.domain.records import TrackerRecord
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.poll_budget import POLL_DEADLINE_S, PollBudget
from gateway.services.poll_pace import bounds
from gateway.services.ports import Store
from gateway.services.projection import project
from gateway.services.tracking import locked
from gateway.settings import Tracking as TrackingSettings

log = logging.getLogger("gateway.poll")


class ProofAsking:
    """What a poll asks for besides where the parcel is."""

    def __init__(
        self, store: Store, pool: CarrierPool, clock: Clock, budget: PollBudget, settings: TrackingSettings
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._budget = budget
        self._settings = settings

    def fetch(self, live: LiveCarrier, tracker: TrackerRecord) -> None:
        """Ask for the proof of a delivered shipment that has none yet; what cannot be had now is asked for again."""
        with self._store.look() as uow:
            shipment = uow.shipments.get(tracker.merchant_id, tracker.shipment_id) if tracker.shipment_id else None
        if shipment is None or shipment.status != "delivered" or shipment.proof or shipment.booking is None:
            return
        if shipment.tender_id != tracker.tender_id:
            return
        if not self._budget.grant(live, 1):
            self._ask_again(live, tracker)
            return
        asking = _proof(live, shipment.booking)
        outcome = self._pool.ask_all(Purpose.PROOF, [live], [asking], POLL_DEADLINE_S)[0]
        self._budget.spent(live, 1, outcome)
        if outcome.error is not None:
            log.info("no proof of delivery for %s yet: %s", shipment.id, outcome.error)
            self._ask_again(live, tracker)
            return
        with self._store.work() as uow:
            current = locked(uow, tracker)
            if current is not None:
                project(uow, current, self._clock(), "proof", outcome.value)
                uow.commit()

    def _ask_again(self, live: LiveCarrier, tracker: TrackerRecord) -> None:
        """For the proof: sooner than a delivered parcel is looked at otherwise, but no longer than the grace."""
        now = self._clock()
        with self._store.work() as uow:
            current = locked(uow, tracker)
            if current is not None and current.due_at is not None:
                limits = bounds(live.carrier.profile.polling, self._settings)
                due = next_poll(current, limits, now, proof_wanted=True)
                uow.trackers.reschedule([replace(current, due_at=due)])
                uow.commit()


async def _proof(live: LiveCarrier, booking: BookingRef) -> ProofOfDelivery:
    proof: ProofOfDelivery = await live.carrier.proof_of_delivery(booking)  # type: ignore[attr-defined]  # role was seen
    return proof
