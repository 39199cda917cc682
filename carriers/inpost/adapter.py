"""InPost over ShipX, bound to one account: what it can do, one method each. The words are in `wire`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
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
    Label,
    LabelFormat,
    LabelKind,
    Manifest,
    Pickup,
    PickupRequest,
    Profile,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServiceLevel,
    ServicePoint,
    Shipment,
    ShipmentRejected,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    UrlTokenProof,
    WebhookCall,
    card_rates,
    in_order,
    printable,
)
from carriers.inpost.wire import booking as bookings
from carriers.inpost.wire import handover, points, rating, refusals, tracking

API = "api"
# Shipments have ids of ten digits, parcels numbers of 24.
NUMBER = re.compile(r"\d{20,}")
FORMATS = {LabelKind.PDF: "Pdf", LabelKind.ZPL: "Zpl"}
A6_WIDTH_MM = 105
PRINTOUT = 100
# Bounds a search through the list where ShipX ignores the filter.
LIST_PAGES = 5


class InPost(Carrier):
    """Lockers and couriers. What is booked has only ShipX's id; the tracking number comes with tracking."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # ShipX signs nothing and sends no header of ours: InPost advises an unguessable URL, and the source addresses
    # 91.216.25.0/24, which only whoever runs the gateway's network can check. Source: "[1.23.0] Webhooks".
    webhook_proof = UrlTokenProof()

    async def headers(self) -> Mapping[str, str]:
        """A bearer token that lives until it is revoked."""
        return {"Authorization": f"Bearer {self.account.secret('token')}"}

    def refusal(self, reply: Reply) -> CarrierError | None:
        """ShipX's error bodies."""
        return refusals.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """ShipX's prices where it tells them (prepaid accounts, Poland, a locker once chosen), else the rate card's."""
        sold = self.account.words("services") or self.profile.services.values()
        offered = [
            (level, code)
            for level, code in self.profile.services.items()
            if (not request.services or level in request.services) and code in sold
            if bookings.fits(request.shipment, code)
        ]
        rates = await self._priced(request.shipment, offered) if self.account.options.get("prepaid") else ()
        left = {code for _, code in offered} - {rate.carrier_service for rate in rates}
        if not left or (rates and not self._has_card()):
            return rates
        card = card_rates(request, self.account, self.profile, self.clock())
        return (*rates, *(rate for rate in card if rate.carrier_service in left))

    async def book(self, request: BookRequest) -> Booking:
        """Create a shipment, whose label ShipX then buys. Not recognised when repeated: find it before trying again."""
        body = bookings.order(request.shipment, request.rate.carrier_service, self.account, request.tender_reference)
        reply = await self.http.post(API, self._path("shipments"), json=body, repeatable=False)
        return bookings.booking(reply.reading(), request.tender_reference)

    async def find(self, tender_reference: str) -> Booking | None:
        """The shipment that bears our reference. None proves nothing: see `absence_is_proof` in the profile."""
        for page in range(1, LIST_PAGES + 1):
            params = {"reference": tender_reference, "page": page, "per_page": 100}
            listed = (await self.http.get(API, self._path("shipments"), params=params)).reading()
            found = bookings.found(listed, tender_reference)
            if found or page >= (listed.maybe_integer("total_pages") or 1):
                return found
        return None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Possible until the label is bought. An id that ShipX does not know (any more) proves no cancellation."""
        path = f"/v1/shipments/{quote(booking.carrier_reference, safe='')}"
        try:
            await self.http.delete(API, path, expect=(200, 204), repeatable=True)
        except ShipmentRejected as refused:
            if refused.carrier_code != refusals.TOO_LATE:
                raise
            status = (await self.http.get(API, path)).reading().text("status")
            if status != "canceled":
                return Cancellation(state=CancellationState.TOO_LATE, why=f"the shipment is {status}")
        return Cancellation(state=CancellationState.ACCEPTED)

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """PDF on A6 or A4, or ZPL.

        Raises:
            UnknownReference: the label is not bought yet. ShipmentRejected: asked for another format.
        """
        if form.kind not in FORMATS:
            raise ShipmentRejected("InPost prints PDF and ZPL labels")
        params = {"format": FORMATS[form.kind], "type": "A6" if form.width_mm <= A6_WIDTH_MM else "normal"}
        path = f"/v1/shipments/{quote(booking.carrier_reference, safe='')}/label"
        reply = await self.http.get(API, path, params=params, headers={"accept": "*/*"})
        return printable(form.kind, reply.body)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """By shipment id, and by number for what was not booked here."""
        updates = [await self._update(number) for number in numbers]
        return tuple(update for update in updates if update)

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """One pushed event; polling goes on beside it, because nothing is signed."""
        return (tracking.pushed(Reading.parse(call.body), self.statuses, self.profile.polling.zone),)

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """Lockers and shops, nearest first; open to everybody, so asked without the account's token."""
        params = points.search(near, radius_m, limit)
        reply = await self.http.get(API, "/v1/points", params=params, anonymous=True)
        return points.service_points(reply.reading(), near, radius_m, limit)

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Order the courier for the shipments of `request.bookings`."""
        today = self.clock().astimezone(self.profile.polling.zone).date()
        body = handover.dispatch_order(request, today)
        reply = await self.http.post(API, self._path("dispatch_orders"), json=body, repeatable=False)
        return handover.pickup(reply.reading())

    async def cancel_pickup(self, pickup: Pickup) -> None:
        """Call the courier off."""
        path = f"/v1/dispatch_orders/{quote(pickup.carrier_reference, safe='')}"
        await self.http.delete(API, path, expect=(200, 204), repeatable=True)

    async def close_manifest(self, bookings: Sequence[BookingRef], day: date) -> Manifest:
        """The printout of dispatch orders for the courier to sign; nothing is closed at InPost.

        Raises:
            ShipmentRejected: more shipments than fit on a printout.
        """
        if len(bookings) > PRINTOUT:
            raise ShipmentRejected(f"InPost prints at most {PRINTOUT} shipments on a list")
        ids = [("shipment_ids[]", booking.carrier_reference) for booking in bookings]
        path = self._path("dispatch_orders/printouts")
        reply = await self.http.get(API, path, params=[*ids, ("format", "Pdf")], headers={"accept": "*/*"})
        document = printable(LabelKind.PDF, reply.body).content
        numbers = tuple(booking.tracking_number or booking.carrier_reference for booking in bookings)
        return Manifest(carrier_reference=str(day), day=day, tracking_numbers=numbers, document=document)

    async def _update(self, number: str) -> TrackingUpdate | None:
        """The histories of all its parcels where there are some (the sandbox has none), else what the shipment says of
        itself.
        """
        if NUMBER.fullmatch(number):
            return await self._history(number)
        try:
            shipment = await self.http.get(API, f"/v1/shipments/{quote(number, safe='')}")
        except UnknownReference:
            return None
        state = tracking.state(shipment.reading(), number, self.statuses, self.clock(), self.profile.polling.zone)
        scanned = [await self._history(parcel) for parcel in state.numbers]
        histories = [update.events for update in scanned if update and update.events]
        if not histories or len(histories) < len(state.numbers):
            return state  # one parcel's delivery is not that of all
        unread = chain.from_iterable(update.unread for update in scanned if update)
        return replace(state, events=in_order(chain.from_iterable(histories)), unread=tuple(unread))

    async def _history(self, number: str) -> TrackingUpdate | None:
        try:
            reply = await self.http.get(API, f"/v1/tracking/{quote(number, safe='')}", anonymous=True)
        except UnknownReference:
            return None
        return tracking.history(reply.reading(), number, self.statuses, self.profile.polling.zone)

    async def _priced(self, shipment: Shipment, offered: Sequence[tuple[ServiceLevel, str]]) -> tuple[Rate, ...]:
        services = [service for service in offered if rating.can_be_priced(shipment, service[1])]
        if not services:
            return ()
        body = rating.calculation(shipment, [code for _, code in services], self.account)
        reply = await self.http.post(API, self._path("shipments/calculate"), json=body, repeatable=True)
        return tuple(rating.rates(reply.reading(), services))

    def _has_card(self) -> bool:
        return bool(self.account.rate_card or self.account.options.get("rate_card"))

    def _path(self, what: str) -> str:
        return f"{refusals.ORGANISATION}{quote(self.account.option('organization_id'), safe='')}/{what}"
