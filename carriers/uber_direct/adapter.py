"""Uber Direct, bound to one account: what it can do, each verb one call and one translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote

from carriers.base import (
    AnyProof,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
    ClientCredentials,
    HmacProof,
    OutcomeUnknown,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ShipmentRejected,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    on_demand_level,
)
from carriers.uber_direct.wire import answers, asking, tracking

# Source: https://developer.uber.com/docs/deliveries/guides/authentication
TOKENS = ClientCredentials(scope="eats.deliveries")

# Bounds a search through the list of deliveries; a page is as long as Uber makes it (30 in its example).
LIST_PAGES = 10
LIST_LIMIT = 100


class UberDirect(Carrier):
    """Couriers on demand. Only credentials tell test from live: answers of the other mode are unused."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # Lower-case hex HMAC-SHA256 of the raw body; no timestamp is signed, so only event ids tell replays.
    # The old header name is still in traffic. Source: webhook guide,
    # https://developer.uber.com/docs/deliveries
    webhook_proof = AnyProof(HmacProof("x-uber-signature"), HmacProof("x-postmates-signature"))

    async def headers(self) -> Mapping[str, str]:
        """An OAuth2 bearer token, which lives about 30 days."""
        return {"Authorization": f"Bearer {await TOKENS.bearer(self.http, self.account)}"}

    def forget_credentials(self) -> bool:
        """Drop the token that was refused."""
        return TOKENS.forget(self.account)

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Uber's error bodies, by their code."""
        return answers.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """One rate, good for 15 minutes; () outside the area Uber serves."""
        service = on_demand_level(request)
        if service is None:
            return ()
        body = asking.quote(request, self.account, self.clock())
        try:
            reply = await self.http.post("api", self._path("delivery_quotes"), repeatable=True, json=body)
        except ShipmentRejected as refused:
            if refused.carrier_code == answers.NOT_SERVED:
                return ()
            raise
        return (answers.rate(reply.reading(), service, self.profile.services[service]),)

    async def book(self, request: BookRequest) -> Booking:
        """Create a delivery. Sent again within the hour, the same tender ends at the first delivery.

        Raises:
            ShipmentRejected: also for a quote that expired on its way here; a new one may be asked for.
            OutcomeUnknown: also for a quote that was used, or expired before: perhaps by this tender.
        """
        now = self.clock()
        body = asking.delivery(request, self.account, now)
        path = self._path("deliveries")
        try:
            reply = await self.http.post("api", path, repeatable=False, json=body, expect=(200, 409))
        except ShipmentRejected as refused:
            raise answers.doubted(refused, request.rate, now) from None
        delivery = reply.reading()
        if reply.status == 409:
            delivery = await self._duplicate(delivery, request.tender_reference)
        return answers.booking(answers.own_world(delivery, self.account), request.tender_reference)

    async def find(self, tender_reference: str) -> Booking | None:
        """Look for our reference in the list, up to a bound; not finding it there proves nothing."""
        seen = 0
        for _ in range(LIST_PAGES):
            params = {"limit": str(LIST_LIMIT), "Offset": str(seen)}
            page = (await self.http.get("api", self._path("deliveries"), params=params)).reading()
            deliveries = page.get("data").items()
            for delivery in deliveries:
                if answers.belongs_to(delivery, tender_reference) and not tracking.is_return(delivery):
                    return answers.booking(answers.own_world(delivery, self.account), tender_reference)
            seen += len(deliveries)
            if not deliveries or not page.maybe_text("next_href"):
                break
        return None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Cancel; a refusal is looked into, for how a second cancellation is answered is not documented."""
        path = self._path("deliveries", booking.carrier_reference, "cancel")
        try:
            reply = await self.http.post("api", path, repeatable=True)
        except ShipmentRejected as refused:
            if refused.carrier_code != answers.NOT_CANCELABLE:
                raise
            delivery = await self._delivery(booking.carrier_reference)
            return answers.cancellation(delivery, otherwise=CancellationState.TOO_LATE)
        delivery = answers.own_world(reply.reading(), self.account)
        return answers.cancellation(delivery, otherwise=CancellationState.PENDING)

    async def instruct(self, booking: BookingRef, instructions: str) -> None:
        """The notes of the dropoff; Uber refuses them once the courier's job has no use for them any more.

        Source: POST /customers/{customer_id}/deliveries/{delivery_id} (UpdateDeliveryReq.dropoff_notes).
        """
        path = self._path("deliveries", booking.carrier_reference)
        reply = await self.http.post("api", path, repeatable=True, json=asking.notes(instructions))
        answers.own_world(reply.reading(), self.account)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Where deliveries are; for one that is coming back, also where its return leg is."""
        updates = []
        for number in numbers:
            try:
                delivery = await self._delivery(number)
            except UnknownReference:
                continue
            update = tracking.update(delivery, self.statuses)
            back = await self._return_leg(tracking.return_of(delivery))
            updates.append(replace(update, events=(*update.events, *back)))
        return updates

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """Delivery status and courier updates; refunds and shopping progress carry no tracking."""
        return tracking.webhook(Reading.parse(call.body), self.account, self.statuses)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """What the delivery tells, and its images, which Uber keeps for 30 days."""
        proof = tracking.proof(await self._delivery(booking.carrier_reference))
        photo = await self._image(booking, "picture")
        signature = await self._image(booking, "signature")
        return replace(proof, photo=photo, signature=signature)

    async def _image(self, booking: BookingRef, kind: str) -> bytes:
        path = self._path("deliveries", booking.carrier_reference, "proof-of-delivery")
        try:
            reply = await self.http.post("api", path, repeatable=True, json={"waypoint": "dropoff", "type": kind})
        except (UnknownReference, ShipmentRejected):
            # None was taken at this door; asking for a kind nobody required may be called invalid.
            return b""
        return answers.image(reply.reading())

    async def _delivery(self, id_: str) -> Reading:
        reply = await self.http.get("api", self._path("deliveries", id_))
        return answers.own_world(reply.reading(), self.account)

    async def _duplicate(self, refused: Reading, tender_reference: str) -> Reading:
        """The delivery that stood in the way, when it is the one this tender made before."""
        id_ = answers.twin(refused)
        if not id_:
            raise OutcomeUnknown("Uber Direct has a delivery like this and does not say which")
        try:
            delivery = await self._delivery(id_)
        except CarrierError as error:
            raise OutcomeUnknown(f"Uber Direct has a delivery like this, but {id_} cannot be read: {error}") from error
        ours = answers.belongs_to(delivery, tender_reference)
        if ours is None:
            raise OutcomeUnknown(f"Uber Direct has a delivery like this, and {id_} does not say whose it is")
        if not ours:
            raise ShipmentRejected(f"delivery {id_} of another booking is in the way", carrier_code=answers.DUPLICATE)
        return delivery

    async def _return_leg(self, id_: str) -> Sequence[TrackingEvent]:
        """The events of the delivery that brings it back, if GET knows it: that is not documented."""
        if not id_:
            return ()
        try:
            delivery = await self._delivery(id_)
        except UnknownReference:
            return ()
        return tracking.update(delivery, self.statuses).events if tracking.is_return(delivery) else ()

    def _path(self, *parts: str) -> str:
        customer = self.account.option("customer_id")
        return "/".join(("/customers", *(quote(part, safe="") for part in (customer, *parts))))
