"""Lalamove, bound to one account: what it can do, each verb one call and one translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote, urlsplit
from uuid import uuid4

from carriers.base import (
    AddressCheck,
    BadCarrierResponse,
    BodySignatureProof,
    Booking,
    BookingRef,
    BookRequest,
    Call,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
    CarrierUnavailable,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServiceLevel,
    ShipmentRejected,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
)
from carriers.lalamove.wire import answers, asking, tracking

# Images of proofs lie on hosts below it (sg-oimg-pre.lalamove.com in recorded traffic), named with plain http.
OWN_DOMAIN = ".lalamove.com"


class Lalamove(Carrier):
    """Couriers on demand in one market. There is no idempotency and no search: a lost order is for a person."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # When an address is saved, it must answer 200 to calls without a body, GET and POST alike. Calls are repeated for
    # 24 hours, so that their age proves nothing. Source: v3_Webhook_v1.4.pdf; the signed text as in
    # github.com/laraditz/courier-lalamove@fb822d5 and two more implementations.
    webhook_proof = AddressCheck(
        BodySignatureProof(
            secret="api_secret",  # noqa: S106 the name under which an account keeps it
            content="{timestamp}\r\nPOST\r\n{path}\r\n\r\n{data}",
        ),
        methods=frozenset({"GET", "POST"}),
    )

    async def headers(self) -> Mapping[str, str]:
        """The market, for keys are of one market."""
        return {"Market": self.account.option("market")}

    def sign(self, call: Call) -> Mapping[str, str]:
        """The signature, and an id by which Lalamove finds a call in its logs; it makes no call idempotent."""
        return {**asking.authorization(call, self.account, self.clock()), "Request-ID": str(uuid4())}

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Lalamove's errors, by their id."""
        return answers.refusal(reply, self.clock())

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """One rate, good for five minutes; () outside the account's market or the area served."""
        service = self._level(request)
        if service is None or request.window or not self._in_market(request):
            return ()
        try:
            return (await self._quotation(request, service),)
        except ShipmentRejected as refused:
            if refused.carrier_code == answers.NOT_SERVED:
                return ()
            raise

    async def book(self, request: BookRequest) -> Booking:
        """Place an order, on a new quotation where the rate's has ended; what that costs is the booking's price.

        Raises:
            OutcomeUnknown: no answer came. It cannot be looked up or sent again: only a webhook that names our
                reference, or the partner portal, tells.
        """
        asking.check(request.shipment)
        rate = request.rate
        if not answers.holds(rate, self.clock()):
            rate = await self._renewed(request)
        body = asking.order(request, rate, self.account)
        reply = await self.http.post("api", "/orders", repeatable=False, json=body)
        return answers.booking(reply.reading(), request.tender_reference)

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Cancel, within five minutes after a driver took it; a refusal is looked into."""
        path = self._path(booking.carrier_reference)
        try:
            await self.http.delete("api", path, repeatable=True, expect=(200, 204))
        except ShipmentRejected as refused:
            if refused.carrier_code != answers.TOO_LATE:
                raise
            return answers.cancellation(await self._order(booking.carrier_reference))
        return Cancellation(state=CancellationState.ACCEPTED)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Where orders are."""
        updates = []
        for number in numbers:
            asked_at = self.clock()
            try:
                order = await self._order(number)
            except UnknownReference:
                continue
            updates.append(tracking.update(order, self.statuses, asked_at))
        return updates

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """What became of an order or its proof; () for wallets and for checks of the address."""
        if not call.body:
            return ()
        return tracking.webhook(Reading.parse(call.body), self.statuses, call.received_at)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """The photo at the door, fetched at once: how long its link lives is not documented."""
        proof = tracking.proof(await self._order(booking.carrier_reference))
        if not proof.photo_url:
            return proof
        host = urlsplit(proof.photo_url).hostname or ""
        theirs = host.endswith(OWN_DOMAIN)
        link = proof.photo_url.replace("http://", "https://", 1) if theirs else proof.photo_url
        try:
            reply = await self.http.fetch(link, hosts=[host] if theirs else [])
        except UnknownReference:
            return proof
        return replace(proof, photo=answers.image(reply))

    async def _quotation(self, request: QuoteRequest | BookRequest, service: ServiceLevel) -> Rate:
        body = asking.quotation(request.shipment, request.ready_at, self.account, self.clock())
        reply = await self.http.post("api", "/quotations", repeatable=True, json=body)
        return answers.rate(reply.reading(), service, self.account, self.clock())

    async def _renewed(self, request: BookRequest) -> Rate:
        """The rate, quoted again. Until it is, nothing was ordered, so that an answer we cannot read is no perhaps."""
        try:
            return await self._quotation(request, request.rate.service)
        except BadCarrierResponse as error:
            raise CarrierUnavailable(f"no new quotation, nothing was ordered: {error}") from error

    async def _order(self, id_: str) -> Reading:
        order = (await self.http.get("api", self._path(id_))).reading().get("data")
        if order.text("orderId") != id_:
            raise BadCarrierResponse(f"asked for order {id_}, got another")
        return order

    def _level(self, request: QuoteRequest) -> ServiceLevel | None:
        """At once, or later the same day; None when neither was asked for."""
        later = asking.scheduled(request.ready_at, self.clock())
        offered = [ServiceLevel.SAME_DAY] if later else [ServiceLevel.INSTANT, ServiceLevel.SAME_DAY]
        return next((level for level in offered if not request.services or level in request.services), None)

    def _in_market(self, request: QuoteRequest) -> bool:
        """Whether both ends lie in the account's country; markets are countries, some with a city: `SG_SIN`."""
        country = self.account.option("market")[:2]
        return {request.shipment.origin.country, request.shipment.destination.country} == {country}

    def _path(self, id_: str) -> str:
        return f"/orders/{quote(id_, safe='')}"
