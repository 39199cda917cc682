"""Take bookings back: because the merchant asked, or because a booking exists that must not (a compensation).

The wish is committed before the carrier is called and retried until the carrier confirms or refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from carriers.base import BookingRef, Cancellation, CancellationState, Capability, CarrierError, ShipmentRejected
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, TooLate
from gateway.domain.records import Case, Recall, ShipmentRecord, Tender
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.domain.tracking import Source, TrackingEvent, statuses
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.changes import record_change
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.ports import Store, UnitOfWork
from gateway.services.projection import project
from gateway.services.transactions import again_if_crossed
from gateway.settings import Booking as BookingSettings
from gateway.settings import Worker

LONGEST_PAUSE = timedelta(hours=1)
FIRST_PAUSE = timedelta(seconds=30)
ASK_A_PERSON_AFTER = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
AGREED_FOR = timedelta(days=21)
"""How long a parcel may take to show that it goes back, once its carrier agreed to that."""
GOES_BACK = ("cancelled", "returning", "returned")


class Recalls:
    """Cancellations and compensations."""

    def __init__(
        self, store: Store, pool: CarrierPool, clock: Clock, settings: BookingSettings, worker: Worker
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._worker = worker

    def cancel(self, merchant_id: str, shipment_id: str) -> ShipmentRecord:
        """Cancel a booked shipment: `cancelled`, or `cancelling` while the carrier's answer is not known.

        Raises:
            NotFound: no such shipment.
            Conflict: nothing is booked yet, or the booking's outcome is unknown.
            TooLate: it is under way, or the carrier refuses.
        """
        shipment, recall = self._wish(merchant_id, shipment_id)
        if recall is None:
            return shipment
        self.work(recall)
        with self._store.look() as uow:
            after = uow.shipments.get(merchant_id, shipment_id)
        if after is None:
            raise NotFound(f"no shipment {shipment_id}")
        if after.state is ShipmentState.BOOKED:
            raise TooLate(after.why or "the carrier no longer cancels it")
        return after

    def claim(self) -> Sequence[Recall]:
        """The recalls that are due, leased to this worker."""
        with self._store.work() as uow:
            return uow.recalls.claim_due(self._clock(), timedelta(seconds=self._worker.lease_s), self._worker.batch)

    def work(self, recall: Recall) -> None:
        """Ask the carrier to take the booking back, unless tracking has settled it already; record what it said."""
        answer = self._told_by_tracking(recall) or self._answer(recall)
        if answer.state is CancellationState.AGREED:
            self._again(replace(recall, state="agreed"), answer.why or "the carrier has agreed to take it back")
        elif answer.state is CancellationState.PENDING:
            self._again(recall, answer.why or "the carrier has not decided yet")
        else:
            self._settle(recall, answer)

    def park(self, recall: Recall, why: str) -> None:
        """A recall that crashes its workers: a person takes over, the booking stands."""
        self._settle(recall, Cancellation(state=CancellationState.TOO_LATE, why=why), opens_case=True)

    def _wish(self, merchant_id: str, shipment_id: str) -> tuple[ShipmentRecord, Recall | None]:
        """Commit the wish before anybody is called. None where there is nothing (more) to do."""
        with self._store.work() as uow:
            shipment = uow.shipments.get(merchant_id, shipment_id, lock=True)
            if shipment is None:
                raise NotFound(f"no shipment {shipment_id}")
            if shipment.state in (ShipmentState.CANCELLED, ShipmentState.CANCELLING):
                return shipment, None
            if shipment.state is not ShipmentState.BOOKED or shipment.booking is None:
                raise Conflict(f"a shipment in state {shipment.state.value} cannot be cancelled")
            if statuses()[shipment.status].terminal:
                raise TooLate(f"it is {shipment.status.replace('_', ' ')} already")
            now = self._clock()
            recall = Recall(
                id=new_id("rcl", now),
                merchant_id=merchant_id,
                shipment_id=shipment_id,
                tender_id=shipment.tender_id,
                account_id=shipment.account_id,
                booking=shipment.booking,
                purpose="merchant",
                why="the merchant asked",
                created_at=now,
                due_at=now + FIRST_PAUSE,
            )
            uow.recalls.add(recall)
            cancelling = replace(shipment, state=ShipmentState.CANCELLING, why="")
            shipment = record_change(uow, cancelling, "shipment.cancelling", now)
            uow.commit()
        return shipment, recall

    def _told_by_tracking(self, recall: Recall) -> Cancellation | None:
        """What became of a merchant's wish, where the parcel itself shows it."""
        with self._store.look() as uow:
            shipment = uow.shipments.get(recall.merchant_id, recall.shipment_id)
        if recall.purpose != "merchant" or shipment is None:
            return None
        if shipment.status in GOES_BACK:
            return Cancellation(state=CancellationState.ACCEPTED, why=f"the carrier reports it {shipment.status}")
        if statuses()[shipment.status].terminal:
            return Cancellation(state=CancellationState.TOO_LATE, why=f"it is {shipment.status}")
        return None

    def _answer(self, recall: Recall) -> Cancellation:
        """The carrier's word; one that has agreed is not asked again."""
        if recall.state == "agreed":
            return Cancellation(state=CancellationState.AGREED, why=recall.why)
        try:
            return self._ask(recall)
        except ShipmentRejected as error:
            return Cancellation(state=CancellationState.TOO_LATE, why=str(error))
        except CarrierError as error:
            return Cancellation(state=CancellationState.PENDING, why=str(error))

    def _ask(self, recall: Recall) -> Cancellation:
        live = self._pool.get(recall.merchant_id, recall.account_id)
        if not live.can(Capability.CANCELS):
            return Cancellation(state=CancellationState.TOO_LATE, why=f"{live.record.carrier} takes no cancellations")
        if live.carrier.profile.kind == "own" and self._on_the_road(recall):
            return Cancellation(state=CancellationState.TOO_LATE, why="our own driver has it already")
        return self._pool.ask(Purpose.CANCEL, live, _cancel(live, recall.booking), self._settings.deadline_s)

    def _on_the_road(self, recall: Recall) -> bool:
        """Own vans are known by their scans only, which the adapter does not see."""
        with self._store.look() as uow:
            tracker = uow.trackers.of_tender(recall.merchant_id, recall.tender_id)
        return tracker is not None and tracker.phase != "pre_transit"

    def _again(self, recall: Recall, why: str) -> None:
        """Later, with growing pauses; after a while a person is asked too, and in the end instead."""
        now = self._clock()
        longest = AGREED_FOR if recall.state == "agreed" else GIVE_UP_AFTER
        if now - recall.created_at >= longest:
            gave_up = f"gave up after {longest.days} days: {why}"
            self._settle(recall, Cancellation(state=CancellationState.TOO_LATE, why=gave_up), opens_case=True)
            return
        pause = min(FIRST_PAUSE * 2 ** min(recall.asked, 10), LONGEST_PAUSE)
        with self._store.work() as uow:
            uow.recalls.update(replace(recall, why=why, asked=recall.asked + 1, tries=0, due_at=now + pause))
            if now - recall.created_at >= ASK_A_PERSON_AFTER:
                uow.cases.open(_case("recall_open", recall, f"not taken back yet: {why}", now))
            uow.commit()

    def _settle(self, recall: Recall, answer: Cancellation, *, opens_case: bool = False) -> None:
        """The carrier's last word, in a transaction that is tried again when another one gets in its way."""
        again_if_crossed(lambda: self._record(recall, answer, opens_case=opens_case))

    def _record(self, recall: Recall, answer: Cancellation, *, opens_case: bool) -> None:
        accepted = answer.state is CancellationState.ACCEPTED
        with self._store.work() as uow:
            shipment = uow.shipments.get(recall.merchant_id, recall.shipment_id, lock=True)
            now = self._clock()
            state: Literal["done", "refused"] = "done" if accepted else "refused"
            uow.recalls.update(replace(recall, state=state, why=answer.why, tries=0))
            uow.cases.close(recall.merchant_id, recall.shipment_id, "recall_open", now, state, answer.why)
            if recall.purpose == "merchant" and shipment is not None:
                self._tell_shipment(uow, shipment, recall, answer, now)
            if not accepted and (opens_case or recall.purpose == "compensation"):
                why = f"booking {recall.booking.carrier_reference} was not taken back: {answer.why or 'too late'}"
                uow.cases.open(_case("recall_refused", recall, why, now))
            uow.commit()

    def _tell_shipment(
        self, uow: UnitOfWork, shipment: ShipmentRecord, recall: Recall, answer: Cancellation, now: datetime
    ) -> None:
        if shipment.state is not ShipmentState.CANCELLING:
            return
        if answer.state is not CancellationState.ACCEPTED:
            kept = replace(shipment, state=ShipmentState.BOOKED, why=answer.why or "too late to cancel")
            record_change(uow, kept, "shipment.cancellation_refused", now)
            return
        cancelled = replace(shipment, state=ShipmentState.CANCELLED, why=answer.why)
        record_change(uow, cancelled, "shipment.cancelled", now)
        tender = uow.tenders.get(recall.merchant_id, recall.tender_id)
        if tender is not None:
            closed = replace(tender, state=TenderState.CANCELLED, why="cancelled by the merchant", updated_at=now)
            uow.tenders.close(closed, (TenderState.ACCEPTED,))
        tracker = uow.trackers.of_tender(recall.merchant_id, recall.tender_id, lock=True)
        if tracker is not None:
            uow.trackers.append(tracker, _cancelled(recall, now), "")
            project(uow, tracker, now, "gateway")


def compensation(tender: Tender, booking: BookingRef, why: str, now: datetime) -> Recall:
    """The recall of a booking that must not exist."""
    return Recall(
        id=new_id("rcl", now),
        merchant_id=tender.merchant_id,
        shipment_id=tender.shipment_id,
        tender_id=tender.id,
        account_id=tender.account_id,
        booking=booking,
        purpose="compensation",
        why=why,
        created_at=now,
        due_at=now,
    )


async def _cancel(live: LiveCarrier, booking: BookingRef) -> Cancellation:
    answer: Cancellation = await live.carrier.cancel(booking)  # type: ignore[attr-defined]  # callers saw the role
    return answer


def _cancelled(recall: Recall, now: datetime) -> TrackingEvent:
    return TrackingEvent(
        event_id=f"cancelled:{recall.tender_id}",
        occurred_at=now,
        status="cancelled",
        reason="cancelled_by_shipper",
        description="cancelled by the merchant",
        source=Source.GATEWAY,
        received_at=now,
    )


def _case(kind: str, recall: Recall, why: str, now: datetime) -> Case:
    return Case(
        id=new_id("cas", now),
        merchant_id=recall.merchant_id,
        kind=kind,
        shipment_id=recall.shipment_id,
        tender_id=recall.tender_id,
        why=why,
        created_at=now,
    )
