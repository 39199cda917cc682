"""Find out what became of a tender whose outcome is unknown, without ever paying twice.

A booking is looked up by our reference; where the carrier is idempotent the same reference is sent again inside its
window; where an empty look-up proves something, two of them, apart by the carrier's own processing time, close the
tender. Otherwise a person decides. Tenders closed by an empty look-up are looked up again later: what turns up then is
recalled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from carriers.base import Booking, Capability, CarrierError, ShipmentRejected
from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound
from gateway.domain.records import Case, ShipmentRecord, Tender
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.services.booking import Booker
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.changes import record_change
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.ports import Store
from gateway.services.recalls import compensation
from gateway.settings import Booking as BookingSettings
from gateway.settings import Worker

SOONEST_AGAIN = timedelta(seconds=2)
LATEST_AGAIN = timedelta(hours=1)
EMPTY_LOOKUPS_TO_CLOSE = 2
TURNED_UP = "the booking turned up after the tender was closed as not booked"


class Reconciler:
    """Resolves uncertain tenders."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        booker: Booker,
        clock: Clock,
        settings: BookingSettings,
        worker: Worker,
    ) -> None:
        self._store = store
        self._pool = pool
        self._booker = booker
        self._clock = clock
        self._settings = settings
        self._worker = worker

    def carry_through(self, merchant_id: str, shipment_id: str) -> ShipmentRecord:
        """Advance a shipment as far as it gets now: book, and where an outcome is unknown try once to find out."""
        shipment = self._booker.advance(merchant_id, shipment_id)
        if shipment.state is not ShipmentState.UNCERTAIN:
            return shipment
        with self._store.look() as uow:
            tenders = uow.tenders.of_shipment(merchant_id, shipment_id)
        for tender in tenders:
            if tender.state is TenderState.UNCERTAIN:
                self.resolve(tender)
        return self._shipment(merchant_id, shipment_id)

    def claim(self) -> Sequence[Tender]:
        """Tenders whose sender died, whose outcome is due to be looked up, or that are looked at once more."""
        with self._store.work() as uow:
            return uow.tenders.claim_due(self._clock(), timedelta(seconds=self._worker.lease_s), self._worker.batch)

    def work(self, tender: Tender) -> None:
        """One step with a claimed tender."""
        if tender.state is TenderState.OFFERED:
            self.carry_through(tender.merchant_id, tender.shipment_id)
        elif tender.state is TenderState.UNCERTAIN:
            self.resolve(tender)
        else:
            self._check_again(tender)

    def claim_stranded(self) -> Sequence[ShipmentRecord]:
        """Shipments in `booking` that nobody works on: their process died between two tenders."""
        now = self._clock()
        lease = timedelta(seconds=self._settings.deadline_s + self._settings.lease_margin_s)
        with self._store.work() as uow:
            return uow.shipments.claim_stranded(now, lease, self._worker.batch)

    def work_stranded(self, shipment: ShipmentRecord) -> None:
        """Take a stranded shipment as far as it gets."""
        self.carry_through(shipment.merchant_id, shipment.id)

    def park(self, tender: Tender, why: str) -> None:
        """A tender that crashes its workers: a person takes over."""
        with self._store.work() as uow:
            uow.tenders.close(replace(tender, why=why, due_at=None, tries=0), (tender.state,))
            uow.commit()
        self._to_a_person(tender, why)

    def resolve(self, tender: Tender) -> None:
        """One try to learn the outcome of an uncertain tender."""
        try:
            live = self._pool.get(tender.merchant_id, tender.account_id)
        except NotFound as error:
            self._to_a_person(tender, str(error))
            return
        if live.can(Capability.FINDS_BOOKINGS):
            found = self._find(live, tender)
            if isinstance(found, Booking):
                self._settled(tender, found)
                return
            if isinstance(found, CarrierError):
                self._later(tender, f"look-up failed: {found}", live)
                return
            tender = replace(tender, lookups=tender.lookups + self._counts(live, tender))
        why, refused = tender.why, True
        if self._may_send_again(live, tender):
            _, answer = self._booker.send(live, tender, self._shipment(tender.merchant_id, tender.shipment_id))
            if isinstance(answer, Booking):
                self._settled(tender, answer)
                return
            why, refused = f"sent again: {answer}", isinstance(answer, ShipmentRejected)
        if refused and self._proved_absent(live, tender):
            self._close(tender)
        else:
            self._later(tender, why, live)

    def _settled(self, tender: Tender, booking: Booking) -> None:
        """Record the booking; where it was taken back at once (its price), go on to the next offer."""
        if self._booker.settle(tender, booking).state is ShipmentState.BOOKING:
            self._booker.advance(tender.merchant_id, tender.shipment_id)

    def _counts(self, live: LiveCarrier, tender: Tender) -> int:
        """An empty look-up counts once the carrier must have finished processing, and apart from the last one."""
        booking = live.carrier.profile.booking
        needed = timedelta(seconds=booking.max_processing_s + booking.settle_s * tender.lookups)
        return 1 if self._clock() - tender.created_at >= needed else 0

    def _may_send_again(self, live: LiveCarrier, tender: Tender) -> bool:
        """Only while the carrier surely remembers the reference (`idempotency_window_min` None: for ever)."""
        booking = live.carrier.profile.booking
        if booking.idempotency_window_min is None:
            return booking.idempotent
        spare = timedelta(seconds=self._settings.deadline_s)
        window = timedelta(minutes=booking.idempotency_window_min) - spare
        return booking.idempotent and self._clock() - tender.created_at < window

    def _proved_absent(self, live: LiveCarrier, tender: Tender) -> bool:
        """Empty look-ups, as many as prove something. A refusal of a second sending alone proves nothing: the first
        may have been booked, and its quote or courier be gone since.
        """
        proves = live.can(Capability.FINDS_BOOKINGS) and live.carrier.profile.booking.absence_is_proof
        return proves and tender.lookups >= EMPTY_LOOKUPS_TO_CLOSE

    def _close(self, tender: Tender) -> None:
        """The carrier never booked it: on to the next offer, with a later look in case it turns up after all."""
        now = self._clock()
        first, *_ = self._settings.recheck_min
        closed = replace(
            tender,
            state=TenderState.REFUSED,
            why="the carrier knows no booking under our reference",
            due_at=now + timedelta(minutes=first),
            tries=0,
            updated_at=now,
        )
        with self._store.work() as uow:
            shipment = uow.shipments.get(tender.merchant_id, tender.shipment_id, lock=True)
            if shipment is None or not uow.tenders.close(closed, (TenderState.UNCERTAIN,)):
                return
            uow.cases.close(tender.merchant_id, tender.shipment_id, "needs_review", now, "not booked", closed.why)
            record_change(uow, replace(shipment, state=ShipmentState.BOOKING), "shipment.booking", now)
            uow.commit()
        self._booker.advance(tender.merchant_id, tender.shipment_id)

    def _later(self, tender: Tender, why: str, live: LiveCarrier) -> None:
        """Try again with growing pauses; after `review_after_s`, or where nothing can be learnt, ask a person too."""
        now = self._clock()
        age = now - tender.created_at
        pause = max(SOONEST_AGAIN, min(age / 2, LATEST_AGAIN))
        hopeless = not (live.can(Capability.FINDS_BOOKINGS) or self._may_send_again(live, tender))
        waiting = replace(tender, why=why, due_at=None if hopeless else now + pause, tries=0, updated_at=now)
        with self._store.work() as uow:
            uow.tenders.close(waiting, (TenderState.UNCERTAIN,))
            uow.commit()
        if hopeless:
            self._to_a_person(waiting, "the carrier can neither look a booking up nor be asked twice")
        elif age >= timedelta(seconds=self._settings.review_after_s):
            self._to_a_person(waiting, f"still unknown after {round(age.total_seconds() / 60)} minutes")

    def _to_a_person(self, tender: Tender, why: str) -> None:
        now = self._clock()
        with self._store.work() as uow:
            shipment = uow.shipments.get(tender.merchant_id, tender.shipment_id, lock=True)
            if shipment is None or shipment.state is not ShipmentState.UNCERTAIN:
                return
            sentence = f"{tender.account} may have booked it: {why}"
            uow.cases.open(
                Case(
                    id=new_id("cas", now),
                    merchant_id=tender.merchant_id,
                    kind="needs_review",
                    shipment_id=tender.shipment_id,
                    tender_id=tender.id,
                    why=sentence,
                    created_at=now,
                )
            )
            review = replace(shipment, state=ShipmentState.NEEDS_REVIEW, why=sentence)
            record_change(uow, review, "shipment.needs_review", now)
            uow.commit()

    def _check_again(self, tender: Tender) -> None:
        """A tender closed by an empty look-up: what turns up now must not exist, and is recalled."""
        now = self._clock()
        live = self._pool.get(tender.merchant_id, tender.account_id)
        found = self._find(live, tender) if live.can(Capability.FINDS_BOOKINGS) else None
        rest = [
            minutes for minutes in self._settings.recheck_min if tender.created_at + timedelta(minutes=minutes) > now
        ]
        again = now + SOONEST_AGAIN * 30 if isinstance(found, CarrierError) else None
        due = again or (tender.created_at + timedelta(minutes=rest[0]) if rest and found is None else None)
        with self._store.work() as uow:
            if isinstance(found, Booking):
                uow.recalls.add(compensation(tender, found.ref, TURNED_UP, now))
            uow.tenders.close(replace(tender, due_at=due, tries=0, updated_at=now), (tender.state,))
            uow.commit()

    def _find(self, live: LiveCarrier, tender: Tender) -> Booking | CarrierError | None:
        try:
            return self._pool.ask(Purpose.FIND, live, _find(live, tender.id), self._settings.deadline_s)
        except CarrierError as error:
            return error

    def _shipment(self, merchant_id: str, shipment_id: str) -> ShipmentRecord:
        with self._store.look() as uow:
            shipment = uow.shipments.get(merchant_id, shipment_id)
        if shipment is None:
            raise NotFound(f"no shipment {shipment_id}")
        return shipment


async def _find(live: LiveCarrier, reference: str) -> Booking | None:
    found: Booking | None = await live.carrier.find(reference)  # type: ignore[attr-defined]  # callers saw the role
    return found
