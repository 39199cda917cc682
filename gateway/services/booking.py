"""Book exactly once: intent first, the carrier second, the record third.

For each offer in turn: commit a tender (the database forbids a second open one), call the carrier with the tender's id
as reference, record the answer. Only a definite refusal moves on to the next offer. While an outcome is unknown nothing
is tendered to anybody else: `gateway.services.reconcile` finds out. Every step may be repeated after a crash: what is
stored says what comes next.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookRequest,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    ServicePointClosed,
    ShipmentRejected,
)
from gateway.domain.clock import Clock
from gateway.domain.errors import NoCarrierAvailable, NotFound, PriceChanged, TenderReport
from gateway.domain.quotes import Offer, Quote, Rate
from gateway.domain.records import ShipmentRecord, Tender
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.services.acceptance import Acceptance
from gateway.services.asking import booked
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.changes import record_change
from gateway.services.explaining import nothing_left
from gateway.services.faultpoints import AFTER_ANSWER, AFTER_TENDER_COMMIT, FaultPoints, Purpose
from gateway.services.ids import new_id
from gateway.services.ports import Store, UnitOfWork
from gateway.services.quotes import QuoteService
from gateway.services.service_points import leads_to
from gateway.settings import Booking as BookingSettings


class Booker:
    """Takes shipments in state `booking` as far as they get."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        quotes: QuoteService,
        acceptance: Acceptance,
        clock: Clock,
        settings: BookingSettings,
        faults: FaultPoints,
    ) -> None:
        self._store = store
        self._pool = pool
        self._quotes = quotes
        self._acceptance = acceptance
        self._clock = clock
        self._settings = settings
        self._faults = faults

    def advance(self, merchant_id: str, shipment_id: str) -> ShipmentRecord:
        """Tender the offers in turn until one is accepted, one's outcome is unknown, or none is left.

        Raises:
            NotFound: no such shipment.
            PriceChanged: the one offer that was asked for has become dearer; the shipment is failed.
        """
        while True:
            shipment, tender = self._next_tender(merchant_id, shipment_id)
            if tender is None:
                return shipment
            self._faults.reach(AFTER_TENDER_COMMIT)
            tender, answer = self._send(tender, shipment)
            self._faults.reach(AFTER_ANSWER)
            self.settle(tender, answer)

    def settle(self, tender: Tender, answer: Booking | CarrierError) -> ShipmentRecord:
        """Record a carrier's answer to a tender, whoever got it and however late.

        That nothing was booked is believed of the one sending there was: once its sender lost it, another may have sent
        it again, and what that came to is not the first one's to say.
        """
        if isinstance(answer, Booking):
            return self._acceptance.accept(tender, answer)
        with self._store.work() as uow:
            shipment = _locked(uow, tender.merchant_id, tender.shipment_id)
            now = self._clock()
            state = state_after(answer)
            closed = replace(
                tender,
                state=state,
                why=str(answer),
                carrier_code=answer.carrier_code,
                carrier_message=answer.carrier_message,
                updated_at=now,
                due_at=now if state is TenderState.UNCERTAIN else None,
            )
            if uow.tenders.close(closed, (TenderState.OFFERED,)):
                shipment = self._after(uow, shipment, state, now)
                if isinstance(answer, ServicePointClosed):  # every other offer leads there too
                    why = f"service point {shipment.shipment.service_point} is closed, choose another: {answer}"
                    failed = replace(shipment, state=ShipmentState.FAILED, why=why)
                    shipment = record_change(uow, failed, "shipment.failed", now)
            uow.commit()
        return shipment

    def _after(self, uow: UnitOfWork, shipment: ShipmentRecord, state: TenderState, now: datetime) -> ShipmentRecord:
        """The shipment after its tender closed: waiting for certainty, or ready for the next offer."""
        wanted = ShipmentState.UNCERTAIN if state is TenderState.UNCERTAIN else ShipmentState.BOOKING
        if shipment.state is wanted:
            return shipment
        kind = "shipment.uncertain" if wanted is ShipmentState.UNCERTAIN else "shipment.booking"
        return record_change(uow, replace(shipment, state=wanted), kind, now)

    def _next_tender(self, merchant_id: str, shipment_id: str) -> tuple[ShipmentRecord, Tender | None]:
        """Transaction A: the next tender, committed; None when there is nothing more to send."""
        while True:
            shipment, offer, quote = self._next_offer(merchant_id, shipment_id)
            if offer is None or quote is None:
                return shipment, None
            rate = self._fresh_rate(shipment, quote, offer)
            tender = self._tender(shipment, offer, rate)
            with self._store.work() as uow:
                current = _locked(uow, merchant_id, shipment_id)
                if current.state is not ShipmentState.BOOKING or not uow.tenders.add(tender):
                    return current, None
                uow.commit()
            if tender.state is TenderState.OFFERED:
                return shipment, tender

    def _next_offer(self, merchant_id: str, shipment_id: str) -> tuple[ShipmentRecord, Offer | None, Quote | None]:
        with self._store.work() as uow:
            shipment = _locked(uow, merchant_id, shipment_id)
            if shipment.state is not ShipmentState.BOOKING:
                return shipment, None, None
            tenders = uow.tenders.of_shipment(merchant_id, shipment_id)
            left_open = [tender for tender in tenders if tender.state is TenderState.OFFERED]
            if left_open:
                return self._abandoned(uow, shipment, left_open[0]), None, None
            quote = uow.quotes.get(merchant_id, shipment.quote_id)
            if quote is None:
                raise NotFound(f"no quote {shipment.quote_id}")
            tried = {tender.offer_id for tender in tenders}
            for offer in quote.ranked:
                chosen = not shipment.chosen_offer_id or offer.id == shipment.chosen_offer_id
                if chosen and offer.id not in tried and leads_to(offer, shipment.shipment):
                    return shipment, offer, quote
            why = "every carrier that was asked refused" if tenders else nothing_left(quote)
            failed = replace(shipment, state=ShipmentState.FAILED, why=why)
            shipment = record_change(uow, failed, "shipment.failed", self._clock())
            uow.commit()
        return shipment, None, None

    def _abandoned(self, uow: UnitOfWork, shipment: ShipmentRecord, tender: Tender) -> ShipmentRecord:
        """A tender left `offered`: its sender is still at it, or died; then its outcome is unknown."""
        now = self._clock()
        if tender.lease_until > now:
            return shipment
        why = "the process that sent it ended before the answer was recorded"
        uncertain = replace(tender, state=TenderState.UNCERTAIN, why=why, updated_at=now, due_at=now)
        if uow.tenders.close(uncertain, (TenderState.OFFERED,)):
            shipment = self._after(uow, shipment, TenderState.UNCERTAIN, now)
            uow.commit()
        return shipment

    def _fresh_rate(self, shipment: ShipmentRecord, quote: Quote, offer: Offer) -> Rate | CarrierError:
        """The offer's rate; a new one where it or the quote has expired since; or why it cannot be had any more.

        Raises:
            PriceChanged: the merchant asked for this very offer, and it is dearer now; the shipment is failed.
        """
        now = self._clock()
        if shipment.window is not None and shipment.window.end <= now:
            return ShipmentRejected("the delivery window that was asked for is over")
        if min(quote.expires_at, offer.rate.expires_at or quote.expires_at) > now:
            return offer.rate
        try:
            live = self._pool.get(quote.merchant_id, offer.account_id)
            rate = self._quotes.requote(live, quote, offer, self._settings.deadline_s)
        except CarrierError as error:
            return error
        except NotFound as error:
            return CarrierUnavailable(str(error))
        if rate is None:
            return ShipmentRejected("the carrier no longer offers it")
        honoured = shipment.promised_price is not None and rate.price.currency == offer.rate.price.currency
        if honoured or self._tolerable(offer.rate, rate):  # what a buyer was promised holds; the merchant bears it
            return rate
        why = f"quoted {offer.rate.price}, now {rate.price}"
        if shipment.chosen_offer_id:
            self._fail(shipment, why)
            raise PriceChanged(f"{offer.account}: {why}")
        return ShipmentRejected(why)

    def _tolerable(self, quoted: Rate, fresh: Rate) -> bool:
        if quoted.price.currency != fresh.price.currency:
            return False
        return fresh.price.amount * 100 <= quoted.price.amount * (100 + self._settings.price_tolerance_percent)

    def _fail(self, shipment: ShipmentRecord, why: str) -> None:
        with self._store.work() as uow:
            current = _locked(uow, shipment.merchant_id, shipment.id)
            if current.state is ShipmentState.BOOKING:
                failed = replace(current, state=ShipmentState.FAILED, why=why)
                record_change(uow, failed, "shipment.failed", self._clock())
                uow.commit()

    def _tender(self, shipment: ShipmentRecord, offer: Offer, rate: Rate | CarrierError) -> Tender:
        """A tender to be sent, or the record of one that could not be."""
        now = self._clock()
        refused = rate if isinstance(rate, CarrierError) else None
        return Tender(
            id=new_id("tnd", now),
            merchant_id=shipment.merchant_id,
            shipment_id=shipment.id,
            account_id=offer.account_id,
            account=offer.account,
            carrier=offer.carrier,
            offer_id=offer.id,
            rate=offer.rate if isinstance(rate, CarrierError) else rate,
            state=_unsent(refused) if refused else TenderState.OFFERED,
            why=f"not sent: {refused}" if refused else "",
            created_at=now,
            updated_at=now,
            lease_until=now + timedelta(seconds=self._settings.deadline_s + self._settings.lease_margin_s),
        )

    def _send(self, tender: Tender, shipment: ShipmentRecord) -> tuple[Tender, Booking | CarrierError]:
        """The answer, and the tender with the time that it took."""
        try:
            live = self._pool.get(tender.merchant_id, tender.account_id)
        except NotFound as error:
            return tender, CarrierUnavailable(str(error))
        if self._clock() + timedelta(seconds=self._settings.deadline_s) > tender.lease_until:
            return tender, CarrierUnavailable("this process was held up; nothing was sent")
        return self.send(live, tender, shipment)

    def send(
        self, live: LiveCarrier, tender: Tender, shipment: ShipmentRecord
    ) -> tuple[Tender, Booking | CarrierError]:
        """Send a tender (again, where the carrier is idempotent); the answer, errors included, and what it took."""
        call = booked(live, book_request(tender, shipment))
        outcome = self._pool.ask_all(Purpose.BOOK, [live], [call], self._settings.deadline_s)[0]
        timed = replace(tender, answer_ms=round(outcome.latency_s * 1000)) if outcome.exchanges else tender
        return timed, outcome.error or outcome.value  # type: ignore[return-value]  # one of the two there is


def book_request(tender: Tender, shipment: ShipmentRecord) -> BookRequest:
    """The same request for the same tender, however often it is sent."""
    return BookRequest(
        shipment=shipment.shipment,
        rate=tender.rate,
        tender_reference=tender.id,
        ready_at=max(shipment.ready_at or tender.created_at, tender.created_at),
        window=shipment.window,
        label_format=shipment.label_format,
    )


def _unsent(error: CarrierError) -> TenderState:
    """Nothing was tendered, so nothing is uncertain."""
    return TenderState.REFUSED if isinstance(error, ShipmentRejected) else TenderState.UNAVAILABLE


def state_after(error: CarrierError) -> TenderState:
    """The one table from a carrier's failure to what is known of what it was asked for."""
    if isinstance(error, OutcomeUnknown | BadCarrierResponse):
        return TenderState.UNCERTAIN
    if isinstance(error, CarrierUnavailable | AuthenticationFailed):
        return TenderState.UNAVAILABLE
    return TenderState.REFUSED


def _locked(uow: UnitOfWork, merchant_id: str, shipment_id: str) -> ShipmentRecord:
    shipment = uow.shipments.get(merchant_id, shipment_id, lock=True)
    if shipment is None:
        raise NotFound(f"no shipment {shipment_id}")
    return shipment


def no_carrier(store: Store, shipment: ShipmentRecord) -> NoCarrierAvailable:
    """The error that tells a merchant why nobody took the shipment, tender by tender."""
    with store.look() as uow:
        tenders = uow.tenders.of_shipment(shipment.merchant_id, shipment.id)
    reports = [
        TenderReport(
            account=tender.account,
            carrier=tender.carrier,
            state=tender.state.value,
            why=tender.why,
            carrier_code=tender.carrier_code,
            carrier_message=tender.carrier_message,
        )
        for tender in tenders
    ]
    return NoCarrierAvailable(shipment.why or "no carrier took it", reports, shipment.id)
