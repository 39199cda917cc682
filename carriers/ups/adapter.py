"""UPS over its REST APIs: what it can do, one method each. The words are in `wire`."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote
from uuid import uuid4

from carriers.base import (
    Address,
    AnyProof,
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
    SharedTokenProof,
    ShipmentRejected,
    StatusTable,
    Subscription,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    together,
)
from carriers.ups.wire import alerts, labels, pickups, points, rating, refusals, shipping, tracking

API = "api"
RATING = "/rating/v2409/Shoptimeintransit"
SHIPMENTS = "/shipments/v2409"
RECOVERY = "/labels/v1/recovery"
PICKUPS = "/pickupcreation/v2409/pickup"
LOCATIONS = f"/locations/v3/search/availabilities/{points.ACCESS_POINTS}"
DETAILS = "/track/v1/details"
# All packages of a shipment, page by page; a shipment has 200 at most.
SHIPMENT_DETAILS = "/track/v1/shipment/details"
PAGE, PAGES = 50, 4


def _basic(client_id: str, client_secret: str) -> Mapping[str, str]:
    """Source: OAuth Client Credentials API, `Authorization: Basic` (RFC 7617)."""
    return {"authorization": "Basic " + b64encode(f"{client_id}:{client_secret}".encode()).decode()}


# A token lives four hours; all values of the answer are texts.
TOKENS = ClientCredentials(headers=_basic)


class Ups(Carrier):
    """UPS, bound to one shipper number."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # v1 sends our credential back, v2 a token that UPS got from the merchant's own endpoint. Neither signs the body:
    # what is worth money is asked of the Tracking API again.
    webhook_proof = AnyProof(SharedTokenProof(alerts.PROOF_HEADER), SharedTokenProof("authorization", prefix="Bearer "))

    async def headers(self) -> Mapping[str, str]:
        """An OAuth2 bearer token."""
        return {"authorization": f"Bearer {await TOKENS.bearer(self.http, self.account)}"}

    def forget_credentials(self) -> bool:
        """Drop the token that was refused."""
        return TOKENS.forget(self.account)

    def refusal(self, reply: Reply) -> CarrierError | None:
        """UPS's error bodies, by their code."""
        return refusals.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates with times in transit, at the account's own prices where it has any; () where UPS does not go."""
        body = rating.rating_request(request, self._number(), self.profile.polling.zone)
        params = {"additionalinfo": "timeintransit"}
        try:
            reply = await self.http.post(API, RATING, json=body, params=params, repeatable=True)
        except ShipmentRejected as refused:
            if refused.carrier_code == rating.NOT_SERVED:
                return ()
            raise
        return rating.rates(reply.reading(), request, self.profile.polling.zone)

    async def book(self, request: BookRequest) -> Booking:
        """Book one shipment. UPS does not recognise a repeated one: find it before trying again."""
        point = await self._point(request) if request.shipment.service_point else None
        body = shipping.shipment_request(request, self._number(), point)
        reply = await self.http.post(API, f"{SHIPMENTS}/ship", json=body, repeatable=False)
        return shipping.booking(reply.reading(), request)

    async def _point(self, request: BookRequest) -> Reading | None:
        """The access point, whose address UPS wants again; None where the Locator does not show it."""
        shipment = request.shipment
        reply = await self._locate(points.by_id(shipment.service_point, shipment.destination.country))
        for location in points.locations(reply.reading()):
            access = location.maybe("AccessPointInformation")
            if access and access.maybe_text("PublicAccessPointID") == shipment.service_point:
                return location
        return None

    async def quote_return(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of returns by a label that the merchant hands out and the recipient drops off. What UPS fetches, or
        sends labels for, is left out: those labels are not ours to give.
        """
        if ReturnWay.DROP_OFF not in request.shipment.return_ways:
            return ()
        return tuple(replace(rate, return_way=ReturnWay.DROP_OFF) for rate in await self.quote(request))

    async def book_return(self, request: BookRequest) -> Booking:
        """Book one shipment that UPS knows for a return. Raises as `book`."""
        return await self.book(request)

    async def find(self, tender_reference: str) -> Booking | None:
        """The shipment whose labels bear our reference; None proves nothing."""
        body = labels.by_reference(tender_reference, self._number())
        try:
            reply = await self.http.post(API, RECOVERY, json=body, repeatable=True)
        except (UnknownReference, ShipmentRejected):
            return None
        return shipping.found(reply.reading(), tender_reference)

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Void the shipment. A refusal is looked into: how a second void is answered is not documented."""
        path = f"{SHIPMENTS}/void/cancel/{quote(booking.carrier_reference, safe='')}"
        try:
            reply = await self.http.delete(API, path, repeatable=True)
        except ShipmentRejected as refused:
            update = await self._update(booking.tracking_number)
            if update and shipping.voided_before(update, booking):
                return Cancellation(state=CancellationState.ACCEPTED)
            return Cancellation(state=CancellationState.TOO_LATE, why=refused.reasons[0])
        return shipping.voided(reply.reading())

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """The labels of all packages again, as PDF or ZPL.

        Raises:
            ShipmentRejected: asked for PNG, which only the booking answer has.
        """
        if form.kind not in labels.RECOVERED:
            raise ShipmentRejected("UPS prints PNG labels only once, when it books")
        contents = []
        for number in booking.parcel_numbers or (booking.tracking_number,):
            reply = await self.http.post(API, RECOVERY, json=labels.by_number(number, form.kind), repeatable=True)
            contents.append(labels.recovered(reply.reading(), number, form.kind))
        return together(form.kind, contents)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Updates by package number; UPS answers one per call."""
        updates = [await self._update(number) for number in numbers]
        return tuple(update for update in updates if update)

    async def _update(self, number: str, **also: str) -> TrackingUpdate | None:
        """What is known of a number; of a shipment of several packages, asked for by its first, all of them."""
        known = await self._packages(DETAILS, number, also)
        if tracking.untold(known):
            known = await self._shipment(number, also) or known
        return tracking.update(known, number, self.statuses, self.profile.polling.zone) if known else None

    async def _shipment(self, number: str, also: Mapping[str, str]) -> list[Reading]:
        """All packages of a shipment; none where UPS does not take this number for it."""
        found: list[Reading] = []
        for offset in range(0, PAGE * PAGES, PAGE):
            params = {**also, "offset": str(offset), "count": str(PAGE)}
            page = await self._packages(SHIPMENT_DETAILS, number, params)
            found += page
            if len(page) < PAGE:
                break
        return found

    async def _packages(self, path: str, number: str, also: Mapping[str, str]) -> list[Reading]:
        params = {"locale": "en_US", **also}
        try:
            reply = await self.http.get(API, f"{path}/{quote(number, safe='')}", params=params, headers=_trace())
        except UnknownReference:
            return []
        return tracking.packages(reply.reading(), number)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """Who took it, with signature and photo where UPS has them.

        Raises:
            UnknownReference: not delivered yet, or not known.
        """
        update = await self._update(booking.tracking_number, returnSignature="true", returnPOD="true")
        if update is None or update.proof is None:
            raise UnknownReference(f"UPS shows no delivery of {booking.tracking_number}")
        return update.proof

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """One pushed event. UPS documents no second try, so polling reconciles."""
        return (tracking.pushed(Reading.parse(call.body), self.statuses, self.profile.polling.zone),)

    async def subscribe(self, numbers: Sequence[str], callback_url: str) -> Subscription:
        """Push events of these numbers for 14 days, 100 to a call; the numbers that UPS refuses are left out."""
        version = str(self.account.options.get("track_alert") or "v2")
        answers = []
        trace = _trace()
        for start in range(0, len(numbers), alerts.BATCH):
            body = alerts.subscription_request(numbers[start : start + alerts.BATCH], self._country())
            if version == "v1":
                body = alerts.with_destination(body, callback_url, self.account.secret("webhook_secret"))
            path = f"/track/{version}/subscription/standard/package"
            reply = await self.http.post(API, path, json=body, headers=trace, repeatable=True)
            answers.append(reply.reading())
        return alerts.subscription(answers, trace["transId"], self.clock())

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Order a collection."""
        body = pickups.pickup_request(request, self._number(), self._country(), self.profile.polling.zone)
        reply = await self.http.post(API, PICKUPS, json=body, repeatable=False)
        return pickups.pickup(reply.reading(), request, self.profile.polling.zone)

    async def cancel_pickup(self, pickup: Pickup) -> None:
        """Call a collection off, by its PRN."""
        prn = {"Prn": pickup.carrier_reference}
        reply = await self.http.delete(API, f"{SHIPMENTS}/pickup/02", headers=prn, repeatable=True)
        pickups.check_cancelled(reply.reading())

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """UPS Access Points around an address."""
        reply = await self._locate(points.near(near, radius_m, limit))
        return points.service_points(reply.reading(), radius_m, limit)

    async def _locate(self, body: Mapping[str, object]) -> Reply:
        params = {"Locale": "en_US"}
        return await self.http.post(API, LOCATIONS, json=body, params=params, headers=_trace(), repeatable=True)

    def _country(self) -> str:
        return str(self.account.options.get("account_country") or "US")

    def _number(self) -> str:
        return self.account.option("account_number")


def _trace() -> dict[str, str]:
    """Who asks, and a name for the call, which some APIs require. It traces; it does not recognise a repetition."""
    return {"transId": uuid4().hex, "transactionSrc": "doorstep"}
