"""Our own fleet as a carrier like any other. What it sells are places in delivery windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from carriers.base import (
    Address,
    AuthenticationFailed,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    DeliveryWindows,
    InvalidValue,
    Place,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    RateCard,
    ReturnWay,
    Shipment,
    ShipmentRejected,
    Slot,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    Window,
    card_of,
    taxed,
)
from carriers.own_fleet import wire
from carriers.own_fleet.terms import Terms


class OwnFleet(Carrier):
    """Our vans. Its coroutines await nothing: the windows are in our own database, given by the account."""

    profile = Profile.load(__package__)
    statuses = StatusTable.load(__package__)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """One rate for each window with room that is still on sale; () outside the zones of the account's card."""
        return self._places(request, request.shipment.destination)

    async def quote_return(self, request: QuoteRequest) -> Sequence[Rate]:
        """The same for a van that fetches it at the recipient's, in his zone and at its prices."""
        if ReturnWay.PICKUP not in request.shipment.return_ways:
            return ()
        rates = self._places(request, request.shipment.origin)
        return tuple(replace(rate, return_way=ReturnWay.PICKUP) for rate in rates)

    def _places(self, request: QuoteRequest, door: Address) -> Sequence[Rate]:
        """Places in the windows of the door's zone, priced as a delivery there."""
        terms, card = self._terms(), card_of(self.account, self.profile, request.ready_at)
        zone = card.zone(door) if card else None
        if card is None or zone is None:
            return ()
        ordered_at = max(self.clock(), request.ready_at)
        windows = self._windows().open_windows(zone, ordered_at, ordered_at + terms.horizon)
        wanted = [window for window in windows if _suits(window, request)]
        rates = self._rates(terms, card, wanted, replace(request.shipment, destination=door), ordered_at)
        return tuple(rate for rate in rates if not request.services or rate.service in request.services)

    def _rates(
        self, terms: Terms, card: RateCard, windows: Sequence[Window], shipment: Shipment, ordered_at: datetime
    ) -> Iterator[Rate]:
        divisor = self.profile.limits.dimensional_divisor_cm3_per_kg
        for window in windows:
            sold = terms.service(ordered_at, window.start)
            priced = card.price(shipment, sold[0], divisor) if sold else None
            if sold and priced:
                price, surcharges = taxed(priced, self.account)
                yield wire.rate(window, sold[0], price, surcharges, cut_off=sold[1])

    async def book(self, request: BookRequest) -> Booking:
        """Take a place in the rate's window, once per tender however often it is asked.

        Raises:
            ShipmentRejected: the window is full, or past its cut-off.
        """
        windows, tender = self._windows(), request.tender_reference
        held = windows.find(tender)
        if held is None:
            expires_at = request.rate.expires_at
            if expires_at is None or self.clock() > expires_at:
                raise ShipmentRejected("the window is no longer on sale")
            if not windows.reserve(request.rate.carrier_quote_id, tender):
                raise ShipmentRejected("the window is full")
        deliver_by = held.end if held else request.rate.deliver_by
        return wire.booking(tender, deliver_by, request.rate.price, len(request.shipment.parcels))

    async def book_return(self, request: BookRequest) -> Booking:
        """Take a place for the van that fetches it. Raises as `book`."""
        return await self.book(request)

    async def find(self, tender_reference: str) -> Booking | None:
        """The place that a tender holds."""
        held = self._windows().find(tender_reference)
        return wire.booking(tender_reference, held.end) if held else None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Give the place back, until its window begins.

        Raises:
            UnknownReference: this tender never had a place.
        """
        windows = self._windows()
        held = windows.find(booking.carrier_reference)
        if held and held.start <= self.clock():
            return Cancellation(state=CancellationState.TOO_LATE, why="the delivery window has begun")
        if not windows.release(booking.carrier_reference):
            raise UnknownReference("this tender never had a place in a window")
        return Cancellation(state=CancellationState.ACCEPTED)

    async def instruct(self, booking: BookingRef, instructions: str) -> None:
        """Drivers read the shipment itself, so nothing is sent; it is for parcels that have a place with us.

        Raises:
            UnknownReference: this tender never had a place.
        """
        if self._windows().find(booking.carrier_reference) is None:
            raise UnknownReference("this tender never had a place in a window")

    async def other_times(self, booking: BookingRef) -> Sequence[Slot]:
        """Windows of the same zone with room that are still on sale.

        Raises:
            UnknownReference: this tender never had a place. ShipmentRejected: its window has begun.
        """
        self._movable(booking)
        terms, now = self._terms(), self.clock()
        found = self._windows().others(booking.carrier_reference, now, now + terms.horizon)
        return tuple(wire.slot(window) for window in found if terms.service(now, window.start))

    async def reschedule(self, booking: BookingRef, slot: Slot, reference: str) -> None:
        """Move the place into another window; the tender has one place, so asking twice is asking once.

        Raises:
            UnknownReference, ShipmentRejected: as `other_times`; or that window is full by now.
        """
        held = self._windows().find(booking.carrier_reference)
        if held is not None and held.id == slot.id:  # moved before, and the answer was lost: begun or not, it is there
            return
        self._movable(booking)
        if not self._windows().move(slot.id, booking.carrier_reference):
            raise ShipmentRejected("that window is full by now", carrier_code="window_full")

    def _movable(self, booking: BookingRef) -> None:
        held, now = self._windows().find(booking.carrier_reference), self.clock()
        if held is None:
            raise UnknownReference("this tender never had a place in a window")
        if held.start <= now < held.end:
            raise ShipmentRejected("the delivery window has begun", carrier_code="too_late")

    def read_scan(
        self,
        *,
        client_event_id: str,
        tracking_number: str,
        code: str,
        occurred_at: datetime,
        detail: str = "",
        place: Place | None = None,
        piece: str = "",
        proof: ProofOfDelivery | None = None,
    ) -> TrackingUpdate:
        """One scan of a driver or a depot, in our words; the codes are in `statuses.csv`.

        Args:
            client_event_id: made by the device, the same each time the scan is sent; becomes the event id.
            tracking_number: of the shipment, or of one of its parcels.
            code: what happened, such as `delivered`; a code that is not listed is unknown.
            occurred_at: when the device scanned it, aware.
            detail: finer than the code, such as `neighbour`.
            piece: which parcel, where it is not the whole shipment: its number, or its place alone, such as `2`.
        """
        return wire.scan(
            self.statuses,
            client_event_id=client_event_id,
            tracking_number=tracking_number,
            code=code,
            detail=detail,
            occurred_at=occurred_at,
            place=place,
            piece=piece,
            proof=proof,
        )

    def _terms(self) -> Terms:
        try:
            return Terms.read(self.account.options)
        except InvalidValue as error:
            raise AuthenticationFailed(f"account {self.account.name}, option {error}") from None

    def _windows(self) -> DeliveryWindows:
        if self.account.windows is None:
            raise AuthenticationFailed(f"account {self.account.name} has no delivery windows")
        return self.account.windows


def _suits(window: Window, request: QuoteRequest) -> bool:
    asked = request.window
    return asked is None or (asked.start <= window.start and window.end <= asked.end)
