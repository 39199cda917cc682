"""DoorDash Drive, bound to one account: what it can do, each verb its calls and one translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote, urlsplit

from carriers.base import (
    AnyProof,
    BasicProof,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
    Label,
    LabelFormat,
    OutcomeUnknown,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    SharedTokenProof,
    ShipmentRejected,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    check_doors,
    on_demand_level,
)
from carriers.doordash_drive.wire import answers, asking, signing, tracking

QUOTES, DELIVERIES = "/drive/v2/quotes", "/drive/v2/deliveries"
TAKEN = (200, 409)


class DoorDashDrive(Carrier):
    """Dashers on demand. A delivery has no id but the one we give it, which is the tender's; only credentials tell
    test from live.
    """

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # DoorDash signs nothing: it sends the Authorization header that was typed into its portal, word for word, or made
    # of a user and a password. Source: developer.doordash.com/en-US/docs/drive/how_to/webhooks.
    webhook_proof = AnyProof(SharedTokenProof("authorization"), BasicProof())

    async def headers(self) -> Mapping[str, str]:
        """A token signed for this very call."""
        return {"Authorization": f"Bearer {signing.token(self.account.secrets, self.clock())}"}

    def refusal(self, reply: Reply) -> CarrierError | None:
        """DoorDash's error bodies, by code and reason."""
        return answers.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """One rate, good for five minutes; () outside the area DoorDash serves.

        A quote takes up an id for good, and a tender has none before it is made; so this one only tells the price.
        """
        service = on_demand_level(request)
        if service is None:
            return ()
        now = self.clock()
        body = asking.delivery(request.shipment, self.account, request.ready_at, request.window, now)
        question = asking.price_question(body, now)
        try:
            reply = await self.http.post("api", QUOTES, repeatable=True, json=question)
        except ShipmentRejected as refused:
            if refused.carrier_code in answers.NOT_SERVED:
                return ()
            raise
        return (answers.rate(reply.reading(), service, self.profile.services[service], now),)

    async def book(self, request: BookRequest) -> Booking:
        """Quote under the tender's reference, then accept that quote: one id, so that there is one delivery at most.

        A quote is no booking: until it is accepted, nothing was applied. An id that is taken is an earlier sending of
        this tender, as far as it came.

        Raises:
            OutcomeUnknown: also where a quote of an earlier sending is no longer accepted.
        """
        check_doors(request.shipment, called=("recipient",))
        reference = request.tender_reference
        body = asking.delivery(request.shipment, self.account, request.ready_at, request.window, self.clock())
        body["external_delivery_id"] = reference
        reply = await self.http.post("api", QUOTES, repeatable=True, json=body, expect=TAKEN)
        reply.reading()
        sent_before = reply.status == 409
        if sent_before and (found := await self._taken(reference)):
            return found
        return await self._accept(reference, sent_before=sent_before)

    async def find(self, tender_reference: str) -> Booking | None:
        """The delivery of that id. A quote nobody accepted is none."""
        try:
            delivery = await self._delivery(tender_reference)
        except UnknownReference:
            return None
        return None if answers.is_quote(delivery) else answers.booking(delivery, tender_reference)

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Cancel, which goes until a Dasher is assigned; a refusal that settles nothing is looked into."""
        path = f"{_path(booking.carrier_reference)}/cancel"
        try:
            reply = await self.http.put("api", path, repeatable=True)
        except ShipmentRejected as refused:
            if refused.carrier_code == answers.CANCELLED_ALREADY:
                return Cancellation(state=CancellationState.ACCEPTED)
            if refused.carrier_code in answers.TOO_LATE:
                return Cancellation(state=CancellationState.TOO_LATE, why=str(refused))
            delivery = await self._delivery(booking.carrier_reference)
            return answers.cancellation(delivery, otherwise=CancellationState.PENDING)
        return answers.cancellation(reply.reading(), otherwise=CancellationState.PENDING)

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """The 4 x 6 inch label of a parcel delivery, in the format that DoorDash made."""
        return answers.label(await self._delivery(booking.carrier_reference), form)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Where deliveries are, one call each: there is no list."""
        updates = []
        for number in numbers:
            try:
                updates.append(tracking.update(await self._delivery(number), self.statuses))
            except UnknownReference:
                continue
        return updates

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """Every event carries tracking."""
        return tracking.webhook(Reading.parse(call.body), self.statuses)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """Photo and signature, fetched at once, for nobody says how long the links live."""
        proof = tracking.proof(await self._delivery(booking.carrier_reference))
        photo, signature = await self._image(proof.photo_url), await self._image(proof.signature_url)
        return replace(proof, photo=photo, signature=signature)

    async def _image(self, url: str) -> bytes:
        """What a link shows; nothing where there is none, where it has died, or where it leads elsewhere."""
        host = urlsplit(url).hostname or ""
        own = {urlsplit(known).hostname for known in self.account.urls.values()}
        if not tracking.keeps_images(host) and host not in own:
            return b""
        try:
            return (await self.http.fetch(url, hosts=[host])).image()
        except UnknownReference:
            return b""

    async def _accept(self, reference: str, *, sent_before: bool) -> Booking:
        path = f"{_path(reference, QUOTES)}/accept"
        try:
            reply = await self.http.post("api", path, repeatable=False, expect=TAKEN)
        except (ShipmentRejected, UnknownReference) as refused:
            if sent_before:
                raise OutcomeUnknown(f"an earlier sending may have been accepted: {refused}") from refused
            raise ShipmentRejected(str(refused), carrier_code=refused.carrier_code) from refused
        if reply.status == 200:
            return answers.booking(reply.reading(), reference)
        found = await self._taken(reference)
        if found is None:
            raise OutcomeUnknown(f"DoorDash calls {reference} accepted, and shows a quote")
        return found

    async def _taken(self, reference: str) -> Booking | None:
        """The booking that has an id which is taken; None when it is only a quote."""
        try:
            delivery = await self._delivery(reference)
            return None if answers.is_quote(delivery) else answers.booking(delivery, reference)
        except CarrierError as error:
            raise OutcomeUnknown(f"DoorDash has {reference} already, but it cannot be read: {error}") from error

    async def _delivery(self, id_: str) -> Reading:
        return (await self.http.get("api", _path(id_))).reading()


def _path(id_: str, below: str = DELIVERIES) -> str:
    return f"{below}/{quote(id_, safe='')}"
