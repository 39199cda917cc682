"""Packeta, bound to one account: what it can do, each verb one document and one translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
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
    Label,
    LabelFormat,
    Manifest,
    Profile,
    QuoteRequest,
    Rate,
    ServicePoint,
    ServicePointClosed,
    ShipmentRejected,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    XmlReading,
    card_rates,
)
from carriers.packeta.feed import PointsFeed
from carriers.packeta.wire import envelope, packets, points, tracking

XML = {"accept": "text/xml, application/xml", "content-type": "text/xml; charset=utf-8"}
NOT_CANCELLABLE = "CancelNotAllowedFault"
FEED = PointsFeed()


class Packeta(Carrier):
    """Packeta over its REST API, which is one address that takes and gives XML.

    Nothing finds a packet by our reference, nothing is pushed, and no proof of delivery is documented. A label of the
    carrier that delivers home is left out: its parameters are not documented, and Packeta's own label serves.
    """

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of the account's card: Packeta has no prices to ask for."""
        return card_rates(request, self.account, self.profile, self.clock())

    async def book(self, request: BookRequest) -> Booking:
        """Create a packet. Sent again it would be another one, and no look-up tells: a lost answer is for a person."""
        members = {"packetAttributes": packets.attributes(request, self.account)}
        answer = await self._call("createPacket", members, repeatable=False)
        try:
            return packets.booking(envelope.response(answer), request.tender_reference)
        except ShipmentRejected as refused:
            if packets.is_about_point(request, refused.reasons):
                raise ServicePointClosed.because(refused) from refused
            raise

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Cancel before the hand-over. A refusal is looked into: it may have been cancelled already."""
        members = {"packetId": booking.carrier_reference}
        try:
            envelope.confirmed(await self._call("cancelPacket", members, repeatable=True))
        except ShipmentRejected as refused:
            if refused.carrier_code != NOT_CANCELLABLE:
                raise
            status = envelope.confirmed(await self._call("packetStatus", members, repeatable=True))
            if not tracking.is_cancelled(status, self.statuses):
                return Cancellation(state=CancellationState.TOO_LATE, why=refused.reasons[0])
        return Cancellation(state=CancellationState.ACCEPTED)

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """Packeta's own label.

        Raises:
            ShipmentRejected: asked for anything but PDF.
        """
        members = {"packetId": booking.carrier_reference, "format": packets.label_format(form), "offset": 0}
        return packets.label(envelope.confirmed(await self._call("packetLabelPdf", members, repeatable=True)))

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Where packets are, by id or barcode; Packeta answers one per call."""
        updates = []
        for number in numbers:
            members = {"packetId": tracking.packet_id(number)}
            try:
                answer = envelope.confirmed(await self._call("packetTracking", members, repeatable=True))
            except UnknownReference:
                continue
            updates.append(tracking.update(answer, number, self.statuses, self.profile.polling.zone))
        return updates

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """Packeta's own points and lockers."""
        key = quote(self.account.secret("api_key"), safe="")
        known = await FEED.points(self.http, self.account, key, self.clock())
        return points.nearest(known, near, radius_m, limit)

    async def close_manifest(self, bookings: Sequence[BookingRef], day: date) -> Manifest:
        """Group packets for a bulk hand-over. That grouping them twice is harmless is not documented."""
        members = {"packetIds": {"id": [booking.carrier_reference for booking in bookings]}}
        answer = await self._call("createShipment", members, repeatable=False)
        return packets.manifest(envelope.confirmed(answer), bookings, day)

    async def _call(self, method: str, members: Mapping[str, object], *, repeatable: bool) -> XmlReading:
        body = envelope.request(method, self.account.secret("api_password"), members)
        reply = await self.http.post("api", body=body, headers=XML, repeatable=repeatable)
        return reply.xml()
