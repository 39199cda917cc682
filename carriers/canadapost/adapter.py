"""Canada Post over its JSON API: what it can do, one method each. The words are in `wire`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar
from urllib.parse import quote

from carriers.base import (
    Address,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
    ClientCredentials,
    Label,
    LabelFormat,
    LabelKind,
    Manifest,
    OutcomeUnknown,
    Pickup,
    PickupRequest,
    Profile,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServicePoint,
    ShipmentRejected,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    kind_of,
    printable,
)
from carriers.canadapost.wire import handover, rating, refusals, shipping, tracking

API = "api"
TOKENS = ClientCredentials(
    scope="merchant",
    headers=lambda client_id, secret: {"X-IBM-Client-Id": client_id, "X-IBM-Client-Secret": secret},
)


class CanadaPost(Carrier):
    """Canada Post. Only the App's credentials tell test from live."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)

    async def headers(self) -> Mapping[str, str]:
        """A bearer token, good for an hour; errors in English, the language of the status table."""
        token = await TOKENS.bearer(self.http, self.account)
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en-CA"}

    def forget_credentials(self) -> bool:
        """Drop the token that was refused."""
        return TOKENS.forget(self.account)

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Errors in the body say more than the HTTP status."""
        return refusals.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of one parcel within Canada; () without a call for anything else."""
        services = rating.levels(request, rating.sold(self.account, self.profile.services))
        if not services:
            return ()
        body = rating.rating_request(request, services, self.account)
        try:
            reply = await self.http.post(API, "/rating/v1/prices", json=body, repeatable=True)
            return rating.rates(reply.reading(), services, request.shipment, self.profile.polling.zone)
        except ShipmentRejected as refused:
            if refused.carrier_code == refusals.NOT_SERVED:
                return ()
            raise

    async def book(self, request: BookRequest) -> Booking:
        """Make a shipment, which is charged at once. What is sent twice is paid twice: find it before trying again.

        Raises:
            OutcomeUnknown: also for a conflict, for nothing documented says that it is not with this very shipment.
        """
        body = shipping.shipment_request(request, self.account)
        expect = (200, 201, 202, 409)
        reply = await self.http.post(API, self._path("shipments"), json=body, repeatable=False, expect=expect)
        if reply.status == 409:
            raise OutcomeUnknown("Canada Post answers 409: perhaps it has this shipment already")
        return shipping.booking(reply.reading(), request.tender_reference, self.account.urls[API])

    async def find(self, tender_reference: str) -> Booking | None:
        """The shipment made under our reference. None proves nothing: how soon the list knows one is not documented.

        Raises:
            BadCarrierResponse: several shipments carry the reference, so it was paid more than once: for a person.
        """
        try:
            reply = await self.http.get(API, self._path("shipments"), params={"request-id": tender_reference})
        except UnknownReference:
            return None
        ids = shipping.listed(reply.reading())
        if len(ids) > 1:
            raise BadCarrierResponse(f"{tender_reference} names several shipments: {', '.join(ids)}")
        if not ids:
            return None
        found = await self._shipment(ids[0])
        if found.maybe_text("customerRequestId", tender_reference) != tender_reference:
            return None
        return shipping.booking(found, tender_reference, self.account.urls[API])

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Void a shipment that waits for its manifest; ask for a refund of one that was transmitted.

        Raises:
            UnknownReference: Canada Post does not show it. That is no void: it may be charged all the same.
        """
        number = booking.carrier_reference
        if not shipping.is_transmitted(await self._shipment(number)):
            await self.http.delete(API, self._path("shipments", number), repeatable=True, expect=(200, 204))
            return Cancellation(state=CancellationState.ACCEPTED)
        path, body = self._path("shipments", number, "refund"), {"email": self.account.option("contact_email")}
        try:
            reply = await self.http.post(API, path, json=body, repeatable=False, expect=(200, 201, 202, 204))
        except ShipmentRejected as refused:
            return Cancellation(state=CancellationState.TOO_LATE, why=str(refused))
        return shipping.refund(reply.reading() if reply.body else None)

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """The label behind the shipment's link, which is followed only to the API's own artifacts.

        Raises:
            ShipmentRejected: asked for another format than the one it was booked with.
        """
        if form.kind not in shipping.MEDIA:
            raise ShipmentRejected(f"Canada Post prints PDF and ZPL, not {form.kind.value.upper()}")
        path = shipping.artifact(booking.label_url, self.account.urls[API])
        if not path:
            again = shipping.booking(await self._shipment(booking.carrier_reference), "", self.account.urls[API])
            path = shipping.artifact(again.ref.label_url, self.account.urls[API])
        if not path:
            raise BadCarrierResponse("the shipment links to no label of Canada Post's")
        reply = await self.http.get(API, path, headers={"Accept": shipping.MEDIA[form.kind]})
        kind = kind_of(reply.body)
        if kind in shipping.MEDIA and kind is not form.kind:
            raise ShipmentRejected(f"it was booked with a {kind.upper()} label; the format is chosen then")
        return printable(form.kind, reply.body)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Updates by PIN, one call each, and a second one for the expected day while a parcel is under way; where
        Canada Post has none to tell, the scans stand.
        """
        updates = [await self._update(number) for number in numbers]
        return tuple(update for update in updates if update)

    async def _update(self, number: str) -> TrackingUpdate | None:
        try:
            details = await self._pin(number, "details")
            update = tracking.update(details, number, self.statuses, self.profile.polling.zone)
        except UnknownReference:
            return None
        if update.deliver_by or tracking.is_over(update):
            return update
        try:
            summary = tracking.item(await self._pin(number, "summaries"))
        except (UnknownReference, ShipmentRejected):
            return update
        return replace(update, deliver_by=tracking.expected(summary, self.profile.polling.zone))

    async def _pin(self, number: str, what: str) -> Reading:
        return (await self.http.get(API, f"/tracking/v1/pins/{quote(number, safe='')}/{what}")).reading()

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Order a collection on demand, which Canada Post charges for."""
        body = handover.pickup_request(request, self.account.option("contact_email"), self.profile.polling.zone)
        reply = await self.http.post(API, self._pickups(), json=body, repeatable=False)
        return handover.pickup(reply.reading(), request)

    async def cancel_pickup(self, pickup: Pickup) -> None:
        """Call a collection off; one that Canada Post does not know (any more) is off."""
        path = self._pickups(pickup.carrier_reference)
        await self.http.delete(API, path, repeatable=True, expect=(200, 204, 404))

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """Post offices where recipients collect; () outside Canada without a call."""
        if near.country != "CA":
            return ()
        params = handover.search(near, limit)
        try:
            reply = await self.http.get(API, "/postoffice/v1/post-offices", params=params)
        except UnknownReference:
            return ()
        return handover.post_offices(reply.reading(), radius_m, limit)

    async def close_manifest(self, bookings: Sequence[BookingRef], day: date) -> Manifest:
        """Transmit the shipments that wait, exactly these. That is done once it is answered, with or without document.

        Raises:
            ShipmentRejected: this account's shipments were transmitted when booked.
        """
        by = shipping.manifest_address(self.account)
        if not by:
            raise ShipmentRejected("shipments of an account without manifest_address are transmitted when booked")
        body = handover.manifest_request(bookings, by, shipping.payment(self.account))
        reply = await self.http.post(API, self._path("manifests"), json=body, repeatable=False)
        ids = handover.manifest_ids(reply.reading())
        closed = handover.manifest(ids, bookings, day)
        return await self._with_document(closed) if len(ids) == 1 else closed

    async def _with_document(self, closed: Manifest) -> Manifest:
        """The manifest with its PDF, or with why there is none: the shipments are transmitted all the same."""
        try:
            links = (await self.http.get(API, self._path("manifests", closed.carrier_reference))).reading()
            path = handover.document(links, self.account.urls[API])
            if not path:
                return replace(closed, carrier_data={"document": "Canada Post links to none"})
            reply = await self.http.get(API, path, headers={"Accept": shipping.MEDIA[LabelKind.PDF]})
        except CarrierError as error:
            return replace(closed, carrier_data={"document": f"not read: {error}"})
        return replace(closed, document=reply.body)

    async def _shipment(self, number: str) -> Reading:
        return (await self.http.get(API, self._path("shipments", number))).reading()

    def _path(self, *parts: str) -> str:
        mailed_by = self.account.option("customer_number")
        mobo = str(self.account.options.get("mobo") or mailed_by)
        return "/".join(("/shipping/v1", *(quote(part, safe="") for part in (mailed_by, mobo, *parts))))

    def _pickups(self, *parts: str) -> str:
        mailed_by = self.account.option("customer_number")
        return "/".join((f"/pickup/v1/{quote(mailed_by, safe='')}/pickup-request", *(quote(p, safe="") for p in parts)))
