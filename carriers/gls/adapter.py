"""GLS, bound to one account: what it can do, each verb one call and one translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar
from urllib.parse import quote

from carriers.base import (
    Address,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
    ClientCredentials,
    Manifest,
    Pickup,
    PickupRequest,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServicePoint,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    card_rates,
)
from carriers.gls.wire import booking as booked
from carriers.gls.wire import handover, refusals, tracking

# A token lives four hours; an app may ask for 100,000 a day. Source: authentification-service-v2.
TOKENS = ClientCredentials()
# Source: ShipIT REST 5.0.11, index: its own media type, plain JSON being accepted in answers too.
MEDIA = "application/glsVersion1+json"
SHIPIT = {"accept": f"{MEDIA}, application/json", "content-type": MEDIA}
# How far back a booking is looked for: longer than GLS takes to transmit it by itself, four days after its label.
LOOK_BACK = timedelta(days=7)


class Gls(Carrier):
    """GLS over ShipIT and Track & Trace. Labels come with the booking only: a reprint would cancel the parcel and
    make another, so there is none.
    """

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)

    async def headers(self) -> Mapping[str, str]:
        """An OAuth2 bearer token."""
        return {"Authorization": f"Bearer {await TOKENS.bearer(self.http, self.account)}"}

    def forget_credentials(self) -> bool:
        """Drop the token that was refused."""
        return TOKENS.forget(self.account)

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Faults in headers, in Java, or as problem+json."""
        return refusals.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of the account's card: GLS has no prices to ask for."""
        return card_rates(request, self.account, self.profile, self.clock())

    async def book(self, request: BookRequest) -> Booking:
        """Create a shipment with its label. GLS recognises no repetition: find it before trying again."""
        body = booked.shipment_request(request, self.account, self._today(request))
        return booked.booking(await self._shipit("/rs/shipments", body, repeatable=False), request)

    async def find(self, tender_reference: str) -> Booking | None:
        """The parcels of the last days under our reference. None proves nothing: ShipIT shows a parcel only after
        its end of day.
        """
        today = self.clock().astimezone(self.profile.polling.zone).date()
        asked = {
            "ShipmentReference": tender_reference,
            "DateFrom": (today - LOOK_BACK).isoformat(),
            "DateTo": (today + timedelta(days=1)).isoformat(),
        }
        return tracking.found(await self._shipit("/rs/tracking/parcels", asked, repeatable=True), tender_reference)

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Cancel each parcel. GLS may only schedule it, and may say with 200 that it is too late."""
        return tracking.together([await self._cancel(id_) for id_ in booking.carrier_reference.split(",")])

    async def _cancel(self, track_id: str) -> Cancellation:
        """A second cancellation is answered with 500, so that one is looked into; no scan known yet decides nothing."""
        path = f"/rs/shipments/cancel/{quote(track_id, safe='')}"
        reply = await self.http.post("shipit", path, headers=SHIPIT, repeatable=True, expect=(200, 500))
        if reply.status == 200:
            return tracking.cancelled(reply.reading())
        try:
            details = await self._shipit("/rs/tracking/parceldetails", {"TrackID": track_id}, repeatable=True)
        except UnknownReference as error:
            return Cancellation(state=CancellationState.PENDING, why=f"GLS does not say what became of it: {error}")
        return tracking.settled(details, self.statuses)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Where parcels are, ten to a call."""
        pieces = [piece for number in numbers for piece in number.split(",")]
        found: dict[str, list[Reading]] = {}
        for start in range(0, len(pieces), self.profile.polling.batch):
            asked = ",".join(pieces[start : start + self.profile.polling.batch])
            reply = await self.http.get(
                "track",
                f"/tracking/simple/trackids/{quote(asked, safe=',')}",
                params={"showEvents": "true", "showLinks": "false"},
                headers={"Accept-Language": "EN"},
            )
            found |= tracking.parcels(reply.reading())
        return tracking.updates(numbers, found, self.statuses, self.profile.polling.zone)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """The PDF of the first parcel's delivery.

        Raises:
            UnknownReference: not delivered yet, or not known.
        """
        asked = {"TrackID": booking.carrier_reference.partition(",")[0]}
        return tracking.proof(await self._shipit("/rs/tracking/parcelpod", asked, repeatable=True))

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Order a sporadic collection; there is no way to call it off."""
        body = handover.collection_request(request, self.account.option("contact_id"))
        answer = await self._shipit("/rs/sporadiccollection", body, repeatable=False)
        return handover.collection(answer, request.reference, self.profile.polling.zone)

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """ParcelShops and lockers within 50 km at most."""
        path, body = handover.search(near, radius_m, limit)
        return handover.service_points(await self._shipit(path, body, repeatable=True), near, radius_m, limit)

    async def close_manifest(self, bookings: Sequence[BookingRef], day: date) -> Manifest:
        """Close the day and transmit its parcels. What a lost answer would have listed, a second one no longer does."""
        reply = await self.http.post(
            "shipit", "/rs/shipments/endofday", params={"date": day.isoformat()}, headers=SHIPIT, repeatable=False
        )
        return handover.manifest(reply.reading(), bookings, day)

    async def _shipit(self, path: str, body: Mapping[str, object], *, repeatable: bool) -> Reading:
        reply = await self.http.post("shipit", path, json=body, headers=SHIPIT, repeatable=repeatable)
        return reply.reading()

    def _today(self, request: BookRequest) -> date:
        """When it is handed over, by GLS' clock; never a day that is over."""
        return max(request.ready_at, self.clock()).astimezone(self.profile.polling.zone).date()
