"""The contract: `Carrier`, and one Protocol per role. Methods say what a carrier can do; nothing is declared twice.

A role a carrier does not have is absent; no method ever raises "not supported". Adapters are coroutines that await
only `self.http` (and each other): who drives them, over which transport and until when, is the gateway's business.
After the first answer an adapter's code may run in the thread through which all answers come: it must never block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import ClassVar, Protocol, final, runtime_checkable

from carriers.base.errors import CarrierError, WebhookRejected
from carriers.base.http import Call, Http, Reply
from carriers.base.messages import (
    Account,
    BookRequest,
    PickupRequest,
    QuoteRequest,
    Subscription,
    WebhookCall,
    WebhookReply,
)
from carriers.base.profile import Profile
from carriers.base.statuses import StatusTable
from carriers.base.webhooks import WebhookProof
from gateway.domain.clock import Clock, utc_now
from gateway.domain.diversions import Slot
from gateway.domain.handover import Manifest, Pickup, ServicePoint
from gateway.domain.quotes import Rate
from gateway.domain.shipments import Booking, BookingRef, Cancellation, Label, LabelFormat
from gateway.domain.tracking import ProofOfDelivery, TrackingUpdate
from gateway.domain.values import Address


class Carrier:
    """One carrier's code, bound to one account. Subclasses set `profile` and `statuses` and implement roles."""

    profile: ClassVar[Profile]
    statuses: ClassVar[StatusTable]

    def __init__(self, account: Account, clock: Clock = utc_now) -> None:
        self.account = account
        self.clock = clock
        if account.statuses:  # an account's own readings, for this object alone: every adapter asks `self.statuses`
            vars(self)["statuses"] = self.statuses.overridden(account.statuses)
        self.http = Http(
            account, headers=self.headers, sign=self.sign, refusal=self.refusal, forget=self.forget_credentials
        )

    async def headers(self) -> Mapping[str, str]:
        """Credentials for every call; may await a token first (see `carriers.base.tokens`)."""
        return {}

    def sign(self, call: Call) -> Mapping[str, str]:
        """Credentials of one call: a signature over the method, the URL and the bytes of the body that go out."""
        return {}

    def forget_credentials(self) -> bool:
        """Drop cached credentials that were refused; True when there were some, so that a new try makes sense."""
        return False

    def refusal(self, reply: Reply) -> CarrierError | None:
        """What this carrier's error answer means; None leaves the judgement to the HTTP status alone."""
        return None

    @final
    def prove(self, call: WebhookCall) -> WebhookReply:
        """Check who sent a webhook, inside the request, before anything is parsed or stored.

        Raises:
            WebhookRejected: no valid proof, or this carrier sends no webhooks.
        """
        if not isinstance(self, ReceivesWebhooks):
            raise WebhookRejected(f"{self.profile.code} sends no webhooks")
        return self.webhook_proof.prove(call, self.account)

    @final
    def receive(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """Prove, then parse."""
        self.prove(call)
        if not isinstance(self, ReceivesWebhooks):
            raise WebhookRejected(f"{self.profile.code} sends no webhooks")
        return self.parse_webhook(call)


@runtime_checkable
class Quotes(Protocol):
    """Prices a shipment."""

    async def quote(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates for it; () where the carrier does not serve it."""


@runtime_checkable
class Books(Protocol):
    """Accepts tenders."""

    async def book(self, request: BookRequest) -> Booking:
        """Book once, under `request.tender_reference`."""


@runtime_checkable
class TakesReturns(Protocol):
    """Brings parcels back: from a recipient to the merchant, at the merchant's cost."""

    async def quote_return(self, request: QuoteRequest) -> Sequence[Rate]:
        """Rates of the ways in `request.shipment.return_ways` that it has, each with its `return_way`."""

    async def book_return(self, request: BookRequest) -> Booking:
        """Book once, as `book` does; found, cancelled, labelled and tracked like any other booking."""


@runtime_checkable
class FindsBookings(Protocol):
    """Can tell whether a tender became a booking."""

    async def find(self, tender_reference: str) -> Booking | None:
        """The booking made under our reference; None when the carrier shows none (yet)."""


@runtime_checkable
class Cancels(Protocol):
    """Takes bookings back."""

    async def cancel(self, booking: BookingRef) -> Cancellation:
        """Accepted also when it was cancelled already."""


@runtime_checkable
class PrintsLabels(Protocol):
    """Hands out labels."""

    async def label(self, booking: BookingRef, form: LabelFormat) -> Label:
        """The label in the asked format; raises ShipmentRejected where the carrier has no such format."""


@runtime_checkable
class Tracks(Protocol):
    """Answers where parcels are."""

    async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
        """Updates for at most `[polling] batch` tracking numbers; a number it does not know is left out."""


@runtime_checkable
class ReceivesWebhooks(Protocol):
    """Pushes tracking to us."""

    webhook_proof: ClassVar[WebhookProof]

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        """The updates in a proven call; () for kinds of call that carry none."""


@runtime_checkable
class SubscribesToTracking(Protocol):
    """Pushes only what it was asked to push."""

    async def subscribe(self, numbers: Sequence[str], callback_url: str) -> Subscription:
        """Ask for events of these numbers at `callback_url`; asking twice is harmless."""


@runtime_checkable
class ProvesDelivery(Protocol):
    """Hands out proof of delivery."""

    async def proof_of_delivery(self, booking: BookingRef) -> ProofOfDelivery:
        """What the courier collected at the door."""


@runtime_checkable
class SchedulesPickups(Protocol):
    """Collects from the merchant on request."""

    async def schedule_pickup(self, request: PickupRequest) -> Pickup:
        """Order a collection."""


@runtime_checkable
class CancelsPickups(Protocol):
    """Takes a pickup back."""

    async def cancel_pickup(self, pickup: Pickup) -> None:
        """Call a collection off."""


@runtime_checkable
class OffersServicePoints(Protocol):
    """Has shops or lockers where recipients collect."""

    async def service_points(self, near: Address, radius_m: int, limit: int) -> Sequence[ServicePoint]:
        """Service points around an address, nearest first."""


@runtime_checkable
class ClosesManifests(Protocol):
    """Takes an end-of-day list."""

    async def close_manifest(self, bookings: Sequence[BookingRef], day: date) -> Manifest:
        """Close the day for these bookings."""


@runtime_checkable
class TakesInstructions(Protocol):
    """Hands wishes of recipients to its couriers."""

    async def instruct(self, booking: BookingRef, instructions: str) -> None:
        """What the courier is to know at the door, in place of what was said before; saying it twice is harmless.

        Raises ShipmentRejected where it is too late for that.
        """


@runtime_checkable
class Reschedules(Protocol):
    """Delivers at another time, on request of who waits for it. Carriers that do not know a repeated request by its
    reference cannot have this role: a lost answer is cleared up by asking again.
    """

    async def other_times(self, booking: BookingRef) -> Sequence[Slot]:
        """When else it would deliver, soonest first, each under an id of its own; () where it offers no other time.

        Raises ShipmentRejected where it is too late for that.
        """

    async def reschedule(self, booking: BookingRef, slot: Slot, reference: str) -> None:
        """Deliver then; returns only what the carrier has confirmed. The same reference again is the same wish.

        Raises ShipmentRejected where it is too late, or that time is no longer to be had.
        """


@runtime_checkable
class Redirects(Protocol):
    """Takes parcels that are under way to a service point instead; see `Reschedules`."""

    async def redirect(self, booking: BookingRef, point: ServicePoint, reference: str) -> None:
        """Take it there, as `reschedule` does: confirmed, or refused in words, or unknown."""


class Capability(StrEnum):
    """The roles, by the word used in the API, in `gateway carriers` and in the conformance kit."""

    QUOTES = "quotes"
    BOOKS = "books"
    TAKES_RETURNS = "takes_returns"
    FINDS_BOOKINGS = "finds_bookings"
    CANCELS = "cancels"
    PRINTS_LABELS = "prints_labels"
    TRACKS = "tracks"
    RECEIVES_WEBHOOKS = "receives_webhooks"
    SUBSCRIBES = "subscribes"
    PROVES_DELIVERY = "proves_delivery"
    SCHEDULES_PICKUPS = "schedules_pickups"
    CANCELS_PICKUPS = "cancels_pickups"
    SERVICE_POINTS = "service_points"
    CLOSES_MANIFESTS = "closes_manifests"
    TAKES_INSTRUCTIONS = "takes_instructions"
    RESCHEDULES = "reschedules"
    REDIRECTS = "redirects"


ROLES: Mapping[Capability, tuple[str, ...]] = {
    Capability.QUOTES: ("quote",),
    Capability.BOOKS: ("book",),
    Capability.TAKES_RETURNS: ("quote_return", "book_return"),
    Capability.FINDS_BOOKINGS: ("find",),
    Capability.CANCELS: ("cancel",),
    Capability.PRINTS_LABELS: ("label",),
    Capability.TRACKS: ("track",),
    Capability.RECEIVES_WEBHOOKS: ("webhook_proof", "parse_webhook"),
    Capability.SUBSCRIBES: ("subscribe",),
    Capability.PROVES_DELIVERY: ("proof_of_delivery",),
    Capability.SCHEDULES_PICKUPS: ("schedule_pickup",),
    Capability.CANCELS_PICKUPS: ("cancel_pickup",),
    Capability.SERVICE_POINTS: ("service_points",),
    Capability.CLOSES_MANIFESTS: ("close_manifest",),
    Capability.TAKES_INSTRUCTIONS: ("instruct",),
    Capability.RESCHEDULES: ("other_times", "reschedule"),
    Capability.REDIRECTS: ("redirect",),
}


def capabilities(carrier: type[Carrier]) -> frozenset[Capability]:
    """The roles a carrier's class has, read off its methods."""
    return frozenset(
        role for role, names in ROLES.items() if all(getattr(carrier, name, None) is not None for name in names)
    )
