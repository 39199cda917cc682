"""The sandbox carrier over its own JSON API. The option `without` chooses what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
    Clock,
    HmacProof,
    Label,
    LabelFormat,
    Manifest,
    OutcomeUnknown,
    Pickup,
    PickupRequest,
    Profile,
    ProofOfDelivery,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServicePoint,
    Slot,
    StatusTable,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    updates_of,
    utc_now,
)
from carriers.sandbox import wire, wire_diversions, wire_handover

IDEMPOTENCY = "idempotency"
# Methods that an account's carrier may lack.
OPERATIONS = frozenset({"find", "cancel", "label", "track"})
SEVERAL = {"returns": ("quote_return", "book_return"), "diversions": ("other_times", "reschedule", "redirect")}
"""Abilities of several methods."""


class Sandbox(Carrier):
    """A carrier that does not exist. Each account says in `without` which abilities its carrier lacks.

    Such an account gets a class of its own, with its own profile and None in the place of a lacking method, so that
    `isinstance(carrier, FindsBookings)` is false as it is for a carrier that never had it.
    """

    profile = Profile.load(__package__)
    statuses = StatusTable.load(__package__)
    webhook_proof = HmacProof(header="sandbox-signature", timestamp_header="sandbox-timestamp")

    def __new__(cls, account: Account, clock: Clock = utc_now) -> Sandbox:
        """The adapter, of the class that this account has."""
        settle_s = account.options.get("settle_s")
        return object.__new__(_variant(_without(account), settle_s if isinstance(settle_s, int) else None))

    async def headers(self) -> Mapping[str, str]:
        """A bearer key, whose books it goes into, and what the server shall lack."""
        key = self.account.secrets.get("api_key")
        if not key:
            raise AuthenticationFailed(f"account {self.account.name} has no secret api_key")
        without = _without(self.account)
        if not without <= OPERATIONS | {IDEMPOTENCY, *SEVERAL}:
            raise AuthenticationFailed(f"account {self.account.name}: option without names what cannot be lacked")
        return {
            "Authorization": f"Bearer {key}",
            "Sandbox-Account": self.account.id,
            "Sandbox-Without": ",".join(sorted(without)),
        }

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Errors in the body, by their code."""
        return wire.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates good for 15 minutes."""
        body = wire.quote_request(request, self.profile.services)
        reply = await self.http.post("api", "/quotes", repeatable=True, json=body)
        return wire.rates(reply.reading(), self.profile.services)

    async def book(self, request: BookRequest) -> Booking:
        """Book a quoted rate.

        Raises:
            OutcomeUnknown: also when the sandbox says that it is still working on it.
        """
        reply = await self.http.post(
            "api",
            "/bookings",
            repeatable=False,
            json=wire.book_request(request, str(self.account.options.get("webhook_url", ""))),
            headers={"Idempotency-Key": request.tender_reference},
        )
        if reply.status == 202:
            raise OutcomeUnknown("the sandbox is still working on this booking")
        return wire.booking(reply.reading().get("booking"), request.tender_reference)

    async def quote_return(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of each service by each way back that will do."""
        return await self.quote(request)

    async def book_return(self, request: BookRequest) -> Booking:
        """Book a quoted rate of the way back; by code, with the codes to hand the parcels in. Raises as `book`."""
        return await self.book(request)

    async def find(self, tender_reference: str) -> Booking | None:
        """The booking that stands under our reference."""
        reply = await self.http.get("api", "/bookings", params={"reference": tender_reference})
        found = reply.reading().get("bookings").items()
        return wire.booking(found[0], tender_reference) if found else None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Free until it is picked up."""
        reply = await self.http.post(
            "api", f"/bookings/{booking.carrier_reference}/cancel", repeatable=True, expect=(200, 202, 409)
        )
        return wire.cancellation(reply.reading())

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """PDF, ZPL or PNG, always 102 x 152 mm."""
        path = f"/bookings/{booking.carrier_reference}/label"
        reply = await self.http.get("api", path, params={"format": form.kind.value})
        if not reply.body.startswith(wire.LABEL_STARTS[form.kind]):
            raise BadCarrierResponse(f"the label is not {form.kind.value}")
        return Label(kind=form.kind, content=reply.body)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Everything known of these numbers; those it does not know are left out."""
        reply = await self.http.get("api", "/tracking", params={"numbers": ",".join(numbers)})
        return updates_of(reply.reading().get("shipments").items(), lambda each: wire.update(each, self.statuses))

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """One event, in the same words as tracking."""
        return wire.pushed(Reading.parse(call.body), self.statuses)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """Who took it, with a signature.

        Raises:
            UnknownReference: not delivered yet.
        """
        reply = await self.http.get("api", f"/bookings/{booking.carrier_reference}/proof")
        return wire.proof(reply.reading())

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """A collection between two moments; the same reference again is the same pickup."""
        reply = await self.http.post(
            "api",
            "/pickups",
            repeatable=False,
            json=wire_handover.pickup_request(request),
            headers={"Idempotency-Key": request.reference},
        )
        return wire_handover.pickup(reply.reading())

    async def cancel_pickup(self, pickup: Pickup) -> None:
        """Call it off; also when it is called off already."""
        reply = await self.http.delete("api", f"/pickups/{pickup.carrier_reference}", repeatable=True)
        if wire.cancellation(reply.reading()).state is not CancellationState.ACCEPTED:
            raise BadCarrierResponse("the pickup is not cancelled")

    async def close_manifest(self, bookings: Sequence[BookingRef], day: date) -> Manifest:
        """The day's list; the sandbox keeps no document of it."""
        body = wire_handover.manifest_request(bookings, day)
        reply = await self.http.post("api", "/manifests", repeatable=False, json=body)
        return wire_handover.manifest(reply.reading(), day)

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """Made-up shops and lockers, nearest first."""
        params = {
            "country": near.country,
            "postal_code": near.postal_code,
            "radius_m": str(radius_m),
            "limit": str(limit),
        }
        try:
            reply = await self.http.get("api", "/service-points", params=params)
        except UnknownReference:
            return ()
        return tuple(wire_handover.service_point(each) for each in reply.reading().get("service_points").items())

    async def other_times(self, booking: BookingRef) -> Sequence[Slot]:
        """Mornings and evenings of the next days, until it is on the vehicle."""
        reply = await self.http.get("api", f"/bookings/{booking.carrier_reference}/times")
        return wire_diversions.slots(reply.reading())

    async def reschedule(self, booking: BookingRef, slot: Slot, reference: str) -> None:
        """Deliver then. Raises OutcomeUnknown also while the sandbox has not decided."""
        await self._divert(booking, "reschedule", wire_diversions.rescheduling(slot, reference))

    async def redirect(self, booking: BookingRef, point: ServicePoint, reference: str) -> None:
        """Take it to a service point. Raises as `reschedule`."""
        await self._divert(booking, "redirect", wire_diversions.redirection(point, reference))

    async def _divert(self, booking: BookingRef, what: str, body: Mapping[str, str]) -> None:
        path = f"/bookings/{booking.carrier_reference}/{what}"
        reply = await self.http.post("api", path, repeatable=False, json=body)
        wire_diversions.check_agreed(reply.reading())


def _without(account: Account) -> frozenset[str]:
    option = account.options.get("without", ())
    words = option.split(",") if isinstance(option, str) else option
    return frozenset(str(word).strip() for word in words) if isinstance(words, Sequence) else frozenset()


@cache
def _variant(without: frozenset[str], settle_s: int | None) -> type[Sandbox]:
    """The sandbox without some abilities, and with another time to settle."""
    promises = Sandbox.profile.booking
    own = replace(
        promises,
        idempotent=IDEMPOTENCY not in without,
        settle_s=promises.settle_s if settle_s is None else settle_s,
    )
    lacking = [*(without & OPERATIONS), *(name for word in without & SEVERAL.keys() for name in SEVERAL[word])]
    members = {"profile": replace(Sandbox.profile, booking=own), **dict.fromkeys(lacking)}
    return type(Sandbox.__name__, (Sandbox,), members)
