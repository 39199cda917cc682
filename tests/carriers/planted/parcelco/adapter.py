"""Parcel & Co over its JSON API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parcelco import wire

from carriers.base import (
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    Carrier,
    CarrierError,
    HmacProof,
    Label,
    LabelFormat,
    LabelKind,
    Pickup,
    PickupRequest,
    Profile,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServicePoint,
    Slot,
    StatusTable,
    TrackingUpdate,
    WebhookCall,
)


class ParcelCo(Carrier):
    """Parcel & Co."""

    profile = Profile.load(__package__)
    statuses = StatusTable.load(__package__)
    webhook_proof = HmacProof(header="x-parcelco-signature", timestamp_header="x-parcelco-time")

    async def headers(self) -> Mapping[str, str]:
        """One static key."""
        return {"X-Api-Key": self.account.secrets["api_key"]}

    def refusal(self, reply: Reply) -> CarrierError | None:
        """422 names a reason."""
        return wire.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of all services."""
        reply = await self.http.post("api", "/rates", json=wire.rate_request(request), repeatable=True)
        return wire.rates(reply.reading())

    async def book(self, request: BookRequest) -> Booking:
        """Book once under the idempotency key."""
        key = {"Idempotency-Key": request.tender_reference}
        body = wire.book_request(request)
        reply = await self.http.post("api", "/bookings", json=body, headers=key, repeatable=False)
        return wire.booking(reply.reading(), request.tender_reference)

    async def find(self, tender_reference: str) -> Booking | None:
        """By our reference."""
        reply = await self.http.get("api", "/bookings", params={"reference": tender_reference})
        found = reply.reading().get("bookings").items()
        return wire.booking(found[0], tender_reference) if found else None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Until the van has it."""
        path = f"/bookings/{booking.carrier_reference}/cancel"
        reply = await self.http.post("api", path, repeatable=True)
        return wire.cancellation(reply.reading())

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Come by on a day."""
        body = {"day": request.day.isoformat(), "parcels": len(request.parcels), "reference": request.reference}
        reply = await self.http.post("api", "/pickups", json=body, repeatable=False)
        return Pickup(carrier_reference=reply.reading().text("id"))

    async def other_times(self, booking: BookingRef) -> Sequence[Slot]:
        """When else it would come."""
        reply = await self.http.get("api", f"/bookings/{booking.carrier_reference}/times")
        return wire.slots(reply.reading())

    async def reschedule(self, booking: BookingRef, slot: Slot, reference: str) -> None:
        """Come then."""
        await self._divert(booking, {"time": slot.id, "reference": reference})

    async def redirect(self, booking: BookingRef, point: ServicePoint, reference: str) -> None:
        """Take it to a shop."""
        await self._divert(booking, {"shop": point.id, "reference": reference})

    async def _divert(self, booking: BookingRef, wish: Mapping[str, str]) -> None:
        path = f"/bookings/{booking.carrier_reference}/wish"
        reply = await self.http.post("api", path, json=wish, repeatable=False)
        wire.check_agreed(reply.reading())

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """A PDF."""
        reply = await self.http.get("api", f"/bookings/{booking.carrier_reference}/label")
        if not reply.body.startswith(b"%PDF"):
            raise BadCarrierResponse("the label is not a PDF")
        return Label(kind=LabelKind.PDF, content=reply.body)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """All numbers in one call."""
        reply = await self.http.get("api", "/tracking", params={"numbers": ",".join(numbers)})
        return [wire.update(each, self.statuses) for each in reply.reading().get("parcels").items()]

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """One parcel, as in tracking."""
        return [wire.update(Reading.parse(call.body), self.statuses)]
