"""A carrier said "booked": make it the shipment's booking, or take it back where it must not be one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from carriers.base import Booking
from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound, StaleVersion
from gateway.domain.records import Case, DeliveryRecord, ShipmentRecord, Tender, TrackerRecord
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.domain.timezones import local_day, recipient_zone
from gateway.domain.tracking import Source, TrackingEvent
from gateway.domain.values import Money
from gateway.services.changes import record_change
from gateway.services.ids import new_id
from gateway.services.labels import is_whole
from gateway.services.ports import Store, UnitOfWork
from gateway.services.projection import estimated, project
from gateway.services.recalls import compensation
from gateway.services.transactions import again_if_crossed


class Acceptance:
    """Records bookings."""

    def __init__(self, store: Store, clock: Clock, tolerance_percent: int) -> None:
        self._store = store
        self._clock = clock
        self._tolerance_percent = tolerance_percent

    def accept(self, tender: Tender, booking: Booking) -> ShipmentRecord:
        """Booking, label, tracker, delivery record and message in one commit.

        A booking for a tender that was closed meanwhile must not exist: it is recalled. One that another shipment holds
        already (the carrier gave the same number twice) waits for a person.
        """
        return again_if_crossed(lambda: self._accept(tender, booking))

    def _accept(self, tender: Tender, booking: Booking) -> ShipmentRecord:
        with self._store.work() as uow:
            shipment = uow.shipments.get(tender.merchant_id, tender.shipment_id, lock=True)
            if shipment is None:
                raise NotFound(f"no shipment {tender.shipment_id}")
            now = self._clock()
            reference = booking.ref.carrier_reference
            other = uow.tenders.booked_elsewhere(tender.merchant_id, tender.account_id, reference, tender.id)
            other = other or _tracked_elsewhere(uow, tender, booking)
            if other is not None:
                shipment = self._doubled(uow, shipment, tender, reference, other, now)
            elif not self._tolerable(shipment, tender, booking):
                shipment = self._too_dear(uow, shipment, tender, booking, now)
            else:
                shipment = self._take(uow, shipment, tender, booking, now)
            uow.commit()
        return shipment

    def _take(
        self, uow: UnitOfWork, shipment: ShipmentRecord, tender: Tender, booking: Booking, now: datetime
    ) -> ShipmentRecord:
        accepted = replace(
            tender,
            state=TenderState.ACCEPTED,
            why=_why(tender),
            carrier_code=None,
            carrier_message=None,
            booking=booking.ref,
            due_at=None,
            updated_at=now,
        )
        if uow.tenders.close(accepted, (TenderState.OFFERED, TenderState.UNCERTAIN)):
            return self._book(uow, shipment, accepted, booking, now)
        stored = uow.tenders.get(tender.merchant_id, tender.id)
        held = stored.booking.carrier_reference if stored and stored.booking else None
        if held != booking.ref.carrier_reference:
            uow.recalls.add(compensation(tender, booking.ref, "the carrier booked it after the tender was closed", now))
        return shipment

    def _book(
        self, uow: UnitOfWork, shipment: ShipmentRecord, tender: Tender, booking: Booking, now: datetime
    ) -> ShipmentRecord:
        price = booking.price or tender.rate.price
        booked = replace(
            shipment,
            state=ShipmentState.BOOKED,
            why="",
            account_id=tender.account_id,
            account=tender.account,
            carrier=tender.carrier,
            service=tender.rate.service,
            tender_id=tender.id,
            price=price,
            quoted_price=shipment.promised_price or tender.rate.price,
            deliver_by=shipment.deliver_by or tender.rate.deliver_by or booking.deliver_by,
            tracking_number=booking.ref.tracking_number,
            carrier_tracking_url=booking.tracking_url,
            booking=booking.ref,
        )
        variance = _variance(booked, price)
        if variance:
            uow.cases.open(_case("price_variance", shipment, tender, variance, now))
        uow.cases.close(shipment.merchant_id, shipment.id, "needs_review", now, "booked", "the booking was found")
        if booking.label is not None and is_whole(booking.label):
            uow.shipments.add_label(shipment.merchant_id, shipment.id, booking.label)
        if not booked.return_of:  # nobody waits for it at a door: it says nothing of how deliveries go
            uow.records.put(_delivery_record(booked, tender, now))
        more: Mapping[str, object] = {"price_variance": variance} if variance else {}
        also = ("shipment.price_variance",) if variance else ()
        booked = record_change(uow, booked, "shipment.booked", now, more, also)
        return self._follow(uow, booked, tender, booking, now)

    def _follow(
        self, uow: UnitOfWork, shipment: ShipmentRecord, tender: Tender, booking: Booking, now: datetime
    ) -> ShipmentRecord:
        """Follow the tracking number from now on; the first event is our own: the carrier has accepted it."""
        tracker = TrackerRecord(
            id=new_id("trk", now),
            merchant_id=shipment.merchant_id,
            account_id=tender.account_id,
            carrier=tender.carrier,
            mode=shipment.mode,
            tracking_number=booking.ref.tracking_number or booking.ref.carrier_reference,
            parcel_numbers=booking.ref.parcel_numbers,
            parcels=len(shipment.shipment.parcels),
            shipment_id=shipment.id,
            tender_id=tender.id,
            promised_by=shipment.deliver_by,
            timezone=recipient_zone(shipment.shipment),
            created_at=now,
            due_at=now,
        )
        # When it was sent, to the second as carriers tell times: a courier may be assigned before we hear of it.
        sent_at = tender.created_at.replace(microsecond=0)
        tracker = estimated(tracker, booking.deliver_by, sent_at)
        if not uow.trackers.add(tracker):
            tracker = _adopted(uow, tracker)
        event = TrackingEvent(
            event_id=f"booked:{tender.id}",
            occurred_at=sent_at,
            status="booked",
            reason="label_created",
            description="accepted by the carrier",
            source=Source.GATEWAY,
            received_at=now,
        )
        uow.trackers.append(tracker, event, "")
        return project(uow, tracker, now, "gateway").shipment or shipment

    def _tolerable(self, shipment: ShipmentRecord, tender: Tender, booking: Booking) -> bool:
        """Whether the booked price is one the quote stands for: its currency, at most the tolerance above it.

        What a checkout promised a buyer is booked at any price; the difference is the merchant's, who sees the case.
        """
        quoted, booked = tender.rate.price, booking.price
        if booked is None or (shipment.promised_price is not None and booked.currency == quoted.currency):
            return True
        most = quoted.amount * (100 + self._tolerance_percent)
        return booked.currency == quoted.currency and booked.amount * 100 <= most

    def _too_dear(
        self, uow: UnitOfWork, shipment: ShipmentRecord, tender: Tender, booking: Booking, now: datetime
    ) -> ShipmentRecord:
        """Booked at a price nobody agreed to: taken back, the next offer's turn; a person sees the case."""
        why = f"booked at another price and taken back: quoted {tender.rate.price}, booked {booking.price}"
        refused = replace(tender, state=TenderState.REFUSED, why=why, due_at=None, updated_at=now)
        if not uow.tenders.close(refused, (TenderState.OFFERED, TenderState.UNCERTAIN)):
            return self._take(uow, shipment, tender, booking, now)
        uow.recalls.add(compensation(tender, booking.ref, why, now))
        uow.cases.open(_case("price_variance", shipment, tender, why, now))
        anew = shipment.state is not ShipmentState.BOOKING
        kind, also = ("shipment.booking", ["shipment.price_variance"]) if anew else ("shipment.price_variance", [])
        booking_on = replace(shipment, state=ShipmentState.BOOKING)
        return record_change(uow, booking_on, kind, now, {"price_variance": why}, also)

    def _doubled(
        self, uow: UnitOfWork, shipment: ShipmentRecord, tender: Tender, reference: str, other: str, now: datetime
    ) -> ShipmentRecord:
        why = f"the carrier answered with booking {reference}, which tender {other} holds already; label withheld"
        uncertain = replace(tender, state=TenderState.UNCERTAIN, why=why, due_at=None, updated_at=now)
        if not uow.tenders.close(uncertain, (TenderState.OFFERED, TenderState.UNCERTAIN)):
            return shipment  # settled otherwise meanwhile; the number is the other shipment's, so nothing is taken back
        uow.cases.open(_case("needs_review", shipment, tender, why, now))
        review = replace(shipment, state=ShipmentState.NEEDS_REVIEW, why=why)
        return record_change(uow, review, "shipment.needs_review", now)


def _tracked_elsewhere(uow: UnitOfWork, tender: Tender, booking: Booking) -> str | None:
    """The tender of another shipment that has this tracking number already."""
    number = booking.ref.tracking_number or booking.ref.carrier_reference
    known = uow.trackers.find(tender.merchant_id, tender.account_id, number)
    foreign = known is not None and known.shipment_id not in ("", tender.shipment_id)
    return known.tender_id if known is not None and foreign else None


def _adopted(uow: UnitOfWork, wanted: TrackerRecord) -> TrackerRecord:
    """The merchant followed the number before we knew that it is this booking's: its events stay."""
    known = uow.trackers.find(wanted.merchant_id, wanted.account_id, wanted.tracking_number, lock=True)
    if known is None:
        raise StaleVersion(f"tracking number {wanted.tracking_number} is being followed by somebody else right now")
    adopted = replace(
        known,
        shipment_id=wanted.shipment_id,
        tender_id=wanted.tender_id,
        parcel_numbers=wanted.parcel_numbers,
        parcels=wanted.parcels,
        promised_by=wanted.promised_by,
        timezone=wanted.timezone,
        due_at=wanted.due_at,
    )
    if wanted.estimated_as_of is not None:
        adopted = estimated(adopted, wanted.estimated_delivery_at, wanted.estimated_as_of)
    uow.trackers.update(adopted)
    uow.tracker_watches.wake([adopted], wanted.created_at)
    return adopted


def _why(tender: Tender) -> str:
    """An answer that was lost first is remembered."""
    return f"accepted; found after: {tender.why}" if tender.state is TenderState.UNCERTAIN else "accepted"


def _variance(shipment: ShipmentRecord, price: Money) -> str:
    """What the merchant bears or gains where the carrier takes another price than was quoted; "" where it does not."""
    quoted = shipment.quoted_price
    if quoted is None or price == quoted:
        return ""
    if shipment.promised_price is None or price.currency != quoted.currency:
        return f"quoted {quoted}, booked {price}"
    return f"promised at the checkout for {quoted}, booked {price}: {price - quoted} on the merchant's account"


def _case(kind: str, shipment: ShipmentRecord, tender: Tender, why: str, now: datetime) -> Case:
    return Case(
        id=new_id("cas", now),
        merchant_id=shipment.merchant_id,
        kind=kind,
        shipment_id=shipment.id,
        tender_id=tender.id,
        why=why,
        created_at=now,
    )


def _quoted_minor(shipment: ShipmentRecord, price: Money) -> int | None:
    quoted = shipment.quoted_price
    return quoted.minor if quoted is not None and quoted.currency == price.currency else None


def _delivery_record(shipment: ShipmentRecord, tender: Tender, now: datetime) -> DeliveryRecord:
    price = shipment.price or tender.rate.price
    return DeliveryRecord(
        merchant_id=shipment.merchant_id,
        shipment_id=shipment.id,
        account_id=tender.account_id,
        carrier=tender.carrier,
        service=tender.rate.service.value,
        zone=shipment.zone,
        ordered_at=shipment.shipment.ordered_at,
        booked_at=now,
        due_on=local_day(shipment.deliver_by or now, recipient_zone(shipment.shipment)),
        ready_at=shipment.ready_at,
        promised_by=shipment.deliver_by,
        quoted_minor=_quoted_minor(shipment, price),
        price_minor=price.minor,
        currency=price.currency,
        co2e_g=tender.rate.co2e_g,
        parcels=len(shipment.shipment.parcels),
        weight_g=shipment.shipment.weight_g,
        declared=shipment.shipment.value,
    )
