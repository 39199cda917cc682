"""InPost over the Group API, bound to one account: what it can do, one method each. The words are in `wire`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

from carriers.base import (
    Address,
    AnyProof,
    BasicProof,
    Booking,
    BookingRef,
    BookRequest,
    Carrier,
    ClientCredentials,
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
    RsaProof,
    ServiceLevel,
    ServicePoint,
    SharedTokenProof,
    ShipmentRejected,
    StatusTable,
    TrackingUpdate,
    WebhookCall,
    card_rates,
    printable,
)
from carriers.inpost_group.wire import booking as bookings
from carriers.inpost_group.wire import handover, tracking

API = "api"
# A token lives 599 seconds. Source: developers.inpost-group.com, authentication.
TOKENS = ClientCredentials(
    scope=" ".join(
        (
            "openid api:points:read api:shipments:write api:shipments:read api:tracking:read",
            "api:one-time-pickups:write api:one-time-pickups:read api:labels:read",
        )
    )
)
SIGNATURE, TIMESTAMP = "x-inpost-signature", "x-inpost-timestamp"
# Calls are repeated for 37 minutes, and whether under a new timestamp is not documented.
TOLERANCE_S = 3600
A6_WIDTH_MM = 105
LABELS = (LabelKind.PDF, LabelKind.ZPL)
ZPL = "text/zpl;dpi=203"


class InPostGroup(Carrier):
    """Lockers, shops and doors in eight countries. Bookings are never taken back: the API has no way to."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # Each client chooses one, and whether the timestamp is signed with the body. Without the timestamp only event ids
    # tell replays. Source: webhooks page; InPost/webhooks-java@37aa897b (both algorithms, over the body).
    webhook_proof = AnyProof(
        HmacProof(SIGNATURE, encoding="base64"),
        HmacProof(SIGNATURE, encoding="base64", timestamp_header=TIMESTAMP, tolerance_s=TOLERANCE_S),
        RsaProof(SIGNATURE),
        RsaProof(SIGNATURE, timestamp_header=TIMESTAMP, tolerance_s=TOLERANCE_S),
        BasicProof(),
        SharedTokenProof("x-gateway-token", secret="webhook_token"),  # noqa: S106 the name under which it is kept
    )

    async def headers(self) -> Mapping[str, str]:
        """An OAuth2 bearer token, which lives ten minutes."""
        return {"Authorization": f"Bearer {await TOKENS.bearer(self.http, self.account)}"}

    def forget_credentials(self) -> bool:
        """Drop the token that was refused."""
        return TOKENS.forget(self.account)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """From the account's rate card: the API has no prices. To a point only, once one is chosen."""
        chosen = bool(request.shipment.service_point)
        rates = card_rates(request, self.account, self.profile, self.clock())
        return tuple(rate for rate in rates if not chosen or rate.service is ServiceLevel.SERVICE_POINT)

    async def book(self, request: BookRequest) -> Booking:
        """Book under the tender's reference as deduplication id, so that sending it again soon books nothing new."""
        sent = {"X-Inpost-Deduplication-Id": request.tender_reference}
        body = bookings.order(request, self.account)
        reply = await self.http.post(API, self._path("shipping/v2"), headers=sent, json=body, repeatable=False)
        return bookings.booking(reply.reading(), request.tender_reference)

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """PDF on A6 or A4, or ZPL for 203 dots per inch. Raises ShipmentRejected: asked for another format."""
        if form.kind not in LABELS:
            raise ShipmentRejected("InPost prints PDF and ZPL labels")
        paper = "A6" if form.width_mm <= A6_WIDTH_MM else "A4"
        accept = ZPL if form.kind is LabelKind.ZPL else f"application/pdf;format={paper}"
        path = f"{self._path('shipping/v2')}/{quote(booking.carrier_reference, safe='')}/label"
        reply = await self.http.get(API, path, headers={"accept": accept})
        return printable(form.kind, reply.body)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Open to everybody, so asked without a token."""
        params = {"trackingNumbers": ",".join(numbers)}
        version = {"x-inpost-event-version": "V2"}
        reply = await self.http.get(API, "/tracking/v1/parcels", params=params, headers=version, anonymous=True)
        return tracking.updates(reply.reading(), self.statuses, self.profile.polling.zone)

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """One event. InPost gives up after six tries, so polling goes on beside it."""
        return (tracking.pushed(Reading.parse(call.body), self.statuses, self.profile.polling.zone),)

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """Lockers and shops, nearest first."""
        params = handover.search(near, radius_m, limit)
        reply = await self.http.get(API, "/location/v1/points/search-by-location", params=params)
        return handover.service_points(reply.reading(), radius_m, limit)

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Order a courier, up to seven days ahead."""
        body = handover.pickup_order(request)
        path = self._path("pickups/v1", "one-time-pickups")
        reply = await self.http.post(API, path, json=body, repeatable=False)
        return handover.pickup(reply.reading(), request)

    async def cancel_pickup(self, pickup: Pickup) -> None:
        """Call the courier off."""
        order = quote(pickup.carrier_reference, safe="")
        path = f"{self._path('pickups/v1', 'one-time-pickups')}/{order}/cancel"
        await self.http.put(API, path, expect=(200, 202, 204), repeatable=True)

    def _path(self, api: str, what: str = "shipments") -> str:
        return f"/{api}/organizations/{quote(self.account.option('organization_id'), safe='')}/{what}"
