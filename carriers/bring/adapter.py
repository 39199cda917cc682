"""Bring over its REST APIs: what it can do, one method each. The words are in `wire`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from carriers.base import (
    Address,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    Carrier,
    CarrierError,
    Label,
    LabelFormat,
    LabelKind,
    Pickup,
    PickupRequest,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ReturnWay,
    ServicePoint,
    ServicePointClosed,
    SharedTokenProof,
    ShipmentRejected,
    StatusTable,
    Subscription,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
)
from carriers.bring.products import suitable, ways_back
from carriers.bring.wire import booking, eventcast, pickups, points, rating, refusals, stops, tracking

API, MODIFY = "api", "modify"
TRACKING = "/tracking/api/v2/tracking.json"
WEBHOOKS = "/event-cast/api/v1/webhooks"
WEBHOOKS_BATCH = "/event-cast/batch/api/v1/webhooks"


class Bring(Carrier):
    """Bring and Posten."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    webhook_proof = SharedTokenProof(header=eventcast.PROOF_HEADER)

    async def headers(self) -> Mapping[str, str]:
        """Three static headers on every call; there is no token and no expiry.

        Source: Bring API, getting started, authentication.
        """
        return {
            "X-Mybring-API-Uid": self.account.secret("api_uid"),
            "X-Mybring-API-Key": self.account.secret("api_key"),
            "X-Bring-Client-URL": self.account.option("client_url"),
        }

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Errors in the body say more than the HTTP status."""
        return refusals.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of every product that takes the shipment; () without a call where none does."""
        sold = self.account.words("products")
        products = suitable(request.shipment, request.services, sold)
        if not products:
            return ()
        body = rating.rating_request(request, products, self.account.option("customer_number"))
        reply = await self.http.post(API, "/shippingguide/api/v2/products", json=body, repeatable=True)
        return rating.rates(reply.reading(), products, request.shipment.destination.country)

    async def book(self, request: BookRequest) -> Booking:
        """Book one consignment. Bring does not recognise a repeated booking: find it before trying again."""
        body = booking.booking_request(request, self.account, self.account.option("customer_number"))
        try:
            reply = await self.http.post(API, "/booking/api/booking", json=body, repeatable=False)
            return booking.booking(reply.reading(), request.tender_reference)
        except ShipmentRejected as refused:
            if request.shipment.service_point and refusals.is_about_point(refused):
                raise ServicePointClosed.because(refused) from refused
            raise

    async def quote_return(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of the return products, each by label and by code. A code is sent to an e-mail address as well, so that
        without the sender's there is none.
        """
        ways = [
            way for way in request.shipment.return_ways if way is not ReturnWay.CODE or request.shipment.origin.email
        ]
        return tuple(
            replace(rate, return_way=way)
            for rate in await self.quote(request)
            for way in ways
            if way in ways_back(rate.carrier_service)
        )

    async def book_return(self, request: BookRequest) -> Booking:
        """Book one consignment of a return product. Raises as `book`."""
        return await self.book(request)

    async def find(self, tender_reference: str) -> Booking | None:
        """The consignment whose sender's reference is ours; without a label link, which only booking tells.

        None proves nothing: how soon tracking knows a booking is not documented, and a test booking may never
        show.
        """
        try:
            return tracking.found(await self._tracked(tender_reference), tender_reference)
        except UnknownReference:
            return None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Stop the parcel, if Bring says that it can be stopped. Never `accepted`: see `wire.stops.stopped`.

        Bring has no way to annul a booking. That an unused label costs nothing is likely but not documented,
        so nothing here claims it.
        """
        number = booking.carrier_reference
        allowed = await self.http.get(MODIFY, "/allowed-modification", params={"q": number})
        refused = stops.impossible(allowed.reading())
        if refused:
            return refused
        reply = await self.http.post(MODIFY, "/stop-shipment", json={"shipmentNumber": number}, repeatable=False)
        return stops.stopped(reply.reading())

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """The PDF behind the link of the booking answer, one redirect away in Bring's storage.

        The storage's host is not documented; the account's option `label_hosts` names it.

        Raises:
            ShipmentRejected: asked for anything but PDF.
            UnknownReference: the booking was found by its reference, so its link is not known.
        """
        if form.kind is not LabelKind.PDF:
            raise ShipmentRejected("Bring prints PDF labels only")
        if not booking.label_url:
            raise UnknownReference("Bring gives the label's link in the booking answer only, and that is lost")
        reply = await self.http.fetch(booking.label_url, hosts=self.account.words("label_hosts"))
        if not reply.body.startswith(b"%PDF"):
            raise BadCarrierResponse("the label is not a PDF")
        return Label(kind=LabelKind.PDF, content=reply.body)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Updates by consignment or package number; Bring answers one number per call."""
        updates = [await self._update(number) for number in numbers]
        return tuple(update for update in updates if update)

    async def _update(self, number: str) -> TrackingUpdate | None:
        try:
            return tracking.update(await self._tracked(number), number, self.statuses)
        except UnknownReference:
            return None

    async def _tracked(self, query: str) -> Reading:
        reply = await self.http.get(API, TRACKING, params={"q": query, "lang": "en"})
        return reply.reading()

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """Who signed, from the tracking answer.

        Raises:
            UnknownReference: not delivered yet, or not known.
        """
        update = await self._update(booking.tracking_number)
        if update is None or update.proof is None:
            raise UnknownReference(f"Bring shows no delivery of {booking.tracking_number}")
        return update.proof

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """One pushed event. Bring gives up after three tries, so polling reconciles."""
        return eventcast.pushed(Reading.parse(call.body), self.statuses)

    async def subscribe(self, numbers: Sequence[str], callback_url: str) -> Subscription:
        """One subscription per number, 100 to a call, for 30 days. A number that is subscribed already stays
        so.
        """
        request = eventcast.subscription_request(callback_url, self.account.secret("webhook_secret"))
        created: list[Reading] = []
        for start in range(0, len(numbers), eventcast.BATCH):
            created += await self._subscribed(numbers[start : start + eventcast.BATCH], request)
        return eventcast.subscription(created, numbers)

    async def _subscribed(self, numbers: Sequence[str], request: Mapping[str, object]) -> list[Reading]:
        """A batch; one by one where Bring calls it a duplicate, because it does not say of which."""
        if len(numbers) == 1:
            body = {**request, "trackingId": numbers[0]}
            reply = await self.http.post(API, WEBHOOKS, json=body, repeatable=True, expect=(201, 409))
            return [reply.reading()] if reply.status == 201 else []
        body = {**request, "trackingIds": list(numbers)}
        reply = await self.http.post(API, WEBHOOKS_BATCH, json=body, repeatable=True, expect=(201, 409))
        if reply.status == 201:
            return reply.reading().items()
        return [webhook for number in numbers for webhook in await self._subscribed([number], request)]

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Order a collection. Bring documents no way to call it off."""
        body = pickups.pickup_request(request, self.account, self.account.option("customer_number"))
        reply = await self.http.post(API, "/booking/api/pickupOrder", json=body, repeatable=False)
        return pickups.pickup(reply.reading(), request.reference)

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """Points around coordinates where they are known, else around the postal code and street."""
        path, params = points.search(near, limit)
        try:
            reply = await self.http.get(API, path, params=params)
        except UnknownReference:
            return ()
        return points.service_points(reply.reading(), radius_m, limit)
