"""Stuart, bound to one account: what it can do, each verb its calls and one translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote, urlsplit

from carriers.base import (
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
    ClientCredentials,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ShipmentRejected,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    UrlTokenProof,
    WebhookCall,
    check_doors,
    on_demand_level,
)
from carriers.stuart.wire import answers, asking, tracking

# Some servers do not know a new token for 1 to 2 seconds; Stuart's own client waits 2. Renewed a day early, a token of
# 30 days is never the last one. Source: StuartApp/stuart-client-php@f12738f, src/Stuart/Infrastructure/HttpClient.php.
TOKENS = ClientCredentials(early_s=86_400.0, settles_s=5.0)
JOBS = "/v2/jobs"
DONE = (200, 201, 202, 204)


class Stuart(Carrier):
    """Couriers on demand. Our reference is what lasts: operations may stack a delivery into a new job, with new ids."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # No proof of Stuart's own is known: the URL that it is given has a secret in it.
    webhook_proof = UrlTokenProof()

    async def headers(self) -> Mapping[str, str]:
        """An OAuth2 bearer token, which lives about 30 days."""
        return {"Authorization": f"Bearer {await TOKENS.bearer(self.http, self.account)}"}

    def forget_credentials(self) -> bool:
        """Drop the token that was refused, unless it is too new to be known everywhere."""
        return TOKENS.forget(self.account)

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Stuart's error bodies, by their code."""
        return answers.refusal(reply, settling=TOKENS.settling(self.account))

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """One price, which binds nobody; () outside the area Stuart serves."""
        service = on_demand_level(request)
        if service is None:
            return ()
        body = asking.job(request.shipment, self.account, request.ready_at, request.window, self.clock())
        try:
            reply = await self.http.post("api", f"{JOBS}/pricing", repeatable=True, json=body)
        except ShipmentRejected as refused:
            if refused.carrier_code in answers.NOT_SERVED:
                return ()
            raise
        return (answers.rate(reply.reading(), service, self.profile.services[service], self.account),)

    async def book(self, request: BookRequest) -> Booking:
        """Create a job with one delivery, which bears the tender's reference.

        Raises:
            OutcomeUnknown: also where a delivery of that reference is under way: an earlier sending made it.
        """
        check_doors(request.shipment, called=("recipient",))
        reference = request.tender_reference
        body = asking.job(request.shipment, self.account, request.ready_at, request.window, self.clock(), reference)
        reply = await self.http.post("api", JOBS, repeatable=False, json=body)
        return answers.booking(reply.reading(), reference, request.rate.price.currency)

    async def find(self, tender_reference: str) -> Booking | None:
        """The delivery that bears our reference; how soon it shows is not documented."""
        delivery = await self._current(tender_reference)
        return answers.booked(delivery, tender_reference) if delivery else None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Cancel the delivery that bears our reference now, and it alone: its job may have others' in it.

        It may cost once the courier is on the way; how much is not told.
        """
        number = booking.tracking_number
        delivery = await self._current(number)
        told = answers.cancellation(delivery) if delivery else None
        if told is not None:
            return told
        id_ = delivery.id if delivery else booking.carrier_reference
        try:
            await self.http.post("api", f"/v2/deliveries/{quote(id_, safe='')}/cancel", repeatable=True, expect=DONE)
        except ShipmentRejected as refused:
            delivery = await self._current(number)
            told = answers.cancellation(delivery, refused) if delivery else None
            if told is None:
                raise
            return told
        return Cancellation(state=CancellationState.ACCEPTED)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Where deliveries are, whichever jobs they are in now."""
        updates = []
        for number in numbers:
            delivery = await self._current(number)
            if delivery is not None:
                updates.append(tracking.update(delivery, number, self.statuses, self.clock()))
        return updates

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """News of jobs and deliveries; couriers' positions carry no tracking."""
        return tracking.webhook(Reading.parse(call.body), self.statuses, call.received_at)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """The picture, fetched at once where Stuart keeps it itself: its link dies after 48 hours."""
        delivery = await self._current(booking.tracking_number)
        if delivery is None:
            raise UnknownReference(f"Stuart shows no delivery {booking.tracking_number}")
        proof = tracking.proof(delivery)
        host = urlsplit(proof.photo_url).hostname or ""
        own = {urlsplit(known).hostname for known in self.account.urls.values()}
        if host not in own and not host.endswith(".stuart.com"):
            return proof
        return replace(proof, photo=(await self.http.fetch(proof.photo_url, hosts=[host])).image())

    async def _current(self, client_reference: str) -> answers.Delivery | None:
        reply = await self.http.get("api", JOBS, params={"client_reference": client_reference})
        return answers.current(reply.reading(), client_reference)
