"""Onfleet, bound to one organisation: a delivery is a pickup task and a dropoff task that depends on it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote

from carriers.base import (
    AddressCheck,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    Cancellation,
    CancellationState,
    Carrier,
    CarrierError,
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
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    card_rates,
)
from carriers.onfleet.wire import answers, asking, tracking


class Onfleet(Carrier):
    """A merchant's own drivers, run with Onfleet. It names no prices: what a delivery costs is in the rate card."""

    profile: ClassVar[Profile] = Profile.load(__package__)
    statuses: ClassVar[StatusTable] = StatusTable.load(__package__)
    # Lower-case hex HMAC-SHA512 of the raw body; the secret is the key in hex. When a webhook is made, Onfleet calls
    # GET ?check=... and wants that text back. No time is signed, so that replays are told by what they tell.
    # Source: testwebhooks.py of github.com/onfleet/developer@5cc0d36; docs.onfleet.com (webhooks, secrets).
    webhook_proof = AddressCheck(HmacProof("X-Onfleet-Signature", digest="sha512", key="hex"), echo="check")

    async def headers(self) -> Mapping[str, str]:
        """Basic authentication: the API key is the user, the password is empty."""
        key = self.account.secrets.get("api_key", "")
        if not key:
            raise AuthenticationFailed(f"account {self.account.name} has no secret api_key")
        return {"Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}

    def refusal(self, reply: Reply) -> CarrierError | None:
        """Onfleet's errors, by their number."""
        return answers.refusal(reply)

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """What the account's rate card says; () where it does not serve."""
        return card_rates(request, self.account, self.profile, self.clock())

    async def book(self, request: BookRequest) -> Booking:
        """Make the pickup task, then the dropoff task. A pickup whose dropoff is refused is taken back.

        Raises:
            OutcomeUnknown: no answer came, or the pickup could not be taken back; `find` tells a half from a whole.
        """
        asking.check(request.shipment)
        pickup = await self._pickup(request)
        try:
            dropoff = await self._make(asking.dropoff(request, self.account, pickup))
        except (OutcomeUnknown, BadCarrierResponse):
            raise
        except CarrierError as refused:
            await self._take_back(pickup, refused)
            raise
        return answers.booking(dropoff, request.tender_reference)

    async def find(self, tender_reference: str) -> Booking | None:
        """The pair of tasks that carries our reference. The search may lag, so that finding nothing proves nothing.

        Raises:
            UnknownReference: there is a half of it: a task of a booking that broke off, or that the search lacks yet.
        """
        dropoff = answers.pair(await self._search(tender_reference), tender_reference)
        return answers.booking(dropoff, tender_reference) if dropoff else None

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Delete both tasks, the pickup first, as long as no courier has begun either.

        So a cancellation that breaks off leaves a dropoff that nobody can begin, and is carried on when it is asked
        for again. A task that is gone was deleted: Onfleet answers 404 from then on.
        """
        try:
            dropoff = await self._task(booking.carrier_reference)
        except UnknownReference:
            return Cancellation(state=CancellationState.ACCEPTED, why="Onfleet has no such task any more")
        pickups = await self._pickups(dropoff)
        if too_late := answers.begun([*pickups, dropoff]):
            return too_late
        for task in (*pickups, dropoff):
            try:
                await self._delete(task.text("id"))
            except ShipmentRejected as refused:
                # It may have been begun since it was read.
                if too_late := answers.begun([await self._task(task.text("id"))]):
                    return too_late
                raise refused
        return Cancellation(state=CancellationState.ACCEPTED)

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Where deliveries are: what their dropoff tells, and the pickup before it."""
        updates = []
        for number in numbers:
            asked_at = self.clock()
            try:
                dropoff = await self._task(number)
            except UnknownReference:
                continue
            tasks = [*await self._pickups(dropoff), dropoff]
            told = [
                tracking.update(task, self.statuses, self.account, answers.moment(task, "timeLastModified") or asked_at)
                for task in tasks
            ]
            updates.append(replace(told[-1], events=tuple(event for each in told for event in each.events)))
        return updates

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """What became of a task; () for workers and routes, and for checks of the address."""
        if not call.body:
            return ()
        return tracking.webhook(Reading.parse(call.body), self.statuses, self.account, call.received_at)

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """What the dropoff tells; uploads may come after it was completed."""
        return tracking.proof(await self._task(booking.carrier_reference), self.account)

    async def _pickup(self, request: BookRequest) -> str:
        """Make the pickup task; one whose answer was lost is gone on with where it is found, never made again."""
        try:
            return (await self._make(asking.pickup(request, self.account))).text("id")
        except (OutcomeUnknown, BadCarrierResponse) as lost:
            try:
                made = answers.lone_pickup(await self._search(request.tender_reference))
            except CarrierError:
                raise lost from None
            if not made:
                raise
            return made

    async def _search(self, tender_reference: str) -> Sequence[Reading]:
        body = asking.search(tender_reference)
        return (await self.http.post("api", "/tasks/metadata", repeatable=True, json=body)).reading().items()

    async def _make(self, task: Mapping[str, object]) -> Reading:
        return (await self.http.post("api", "/tasks", repeatable=False, json=task)).reading()

    async def _take_back(self, pickup: str, why: CarrierError) -> None:
        """Delete the pickup of a delivery that was refused, or say that a half is left."""
        try:
            await self._delete(pickup)
        except CarrierError as error:
            raise OutcomeUnknown(
                f"Onfleet refused the dropoff ({why}), and its pickup task {pickup} could not be deleted: {error}"
            ) from error

    async def _delete(self, id_: str) -> None:
        try:
            await self.http.delete("api", self._path(id_), repeatable=True)
        except UnknownReference:
            return  # gone already

    async def _pickups(self, dropoff: Reading) -> Sequence[Reading]:
        """The tasks that come before a dropoff, without those that were deleted."""
        found = []
        for id_ in answers.texts(dropoff, "dependencies"):
            try:
                found.append(await self._task(id_))
            except UnknownReference:
                continue
        return found

    async def _task(self, id_: str) -> Reading:
        task = (await self.http.get("api", self._path(id_))).reading()
        if task.text("id") != id_:
            raise BadCarrierResponse(f"asked for task {id_}, got another")
        return task

    def _path(self, id_: str) -> str:
        return f"/tasks/{quote(id_, safe='')}"
