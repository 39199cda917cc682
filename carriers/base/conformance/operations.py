"""The operations that samples show, each with the capability it belongs to and the types that go in and come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from carriers.base.contract import Capability
from carriers.base.messages import BookRequest, PickupRequest, QuoteRequest, Subscription
from gateway.domain.diversions import Slot
from gateway.domain.handover import Manifest, Pickup, ServicePoint
from gateway.domain.quotes import Rate
from gateway.domain.shipments import Booking, BookingRef, Cancellation, Label, LabelFormat
from gateway.domain.tracking import ProofOfDelivery, TrackingUpdate
from gateway.domain.values import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of the contract.

    `message` is set where the method takes one message, which then is `given` as a whole; otherwise `given` has one
    member for each of `arguments`. `cases` are the samples that a carrier with this capability must have.
    """

    capability: Capability
    result: Any
    message: Any = None
    arguments: Mapping[str, Any] | None = None
    cases: tuple[str, ...] = ("ok",)


NUMBERS = tuple[str, ...]
UPDATES = tuple[TrackingUpdate, ...]

OPERATIONS: Mapping[str, Operation] = {
    "quote": Operation(capability=Capability.QUOTES, message=QuoteRequest, result=tuple[Rate, ...]),
    "book": Operation(capability=Capability.BOOKS, message=BookRequest, result=Booking, cases=("ok", "rejected")),
    "quote_return": Operation(capability=Capability.TAKES_RETURNS, message=QuoteRequest, result=tuple[Rate, ...]),
    "book_return": Operation(
        capability=Capability.TAKES_RETURNS, message=BookRequest, result=Booking, cases=("ok", "rejected")
    ),
    "find": Operation(
        capability=Capability.FINDS_BOOKINGS,
        arguments={"tender_reference": str},
        result=Booking | None,
        cases=("ok", "none"),
    ),
    "cancel": Operation(capability=Capability.CANCELS, arguments={"booking": BookingRef}, result=Cancellation),
    "label": Operation(
        capability=Capability.PRINTS_LABELS,
        arguments={"booking": BookingRef, "form": LabelFormat},
        result=Label,
    ),
    "track": Operation(capability=Capability.TRACKS, arguments={"numbers": NUMBERS}, result=UPDATES, cases=()),
    "webhook": Operation(capability=Capability.RECEIVES_WEBHOOKS, result=UPDATES, cases=()),
    "subscribe": Operation(
        capability=Capability.SUBSCRIBES,
        arguments={"numbers": NUMBERS, "callback_url": str},
        result=Subscription,
    ),
    "proof_of_delivery": Operation(
        capability=Capability.PROVES_DELIVERY, arguments={"booking": BookingRef}, result=ProofOfDelivery
    ),
    "schedule_pickup": Operation(capability=Capability.SCHEDULES_PICKUPS, message=PickupRequest, result=Pickup),
    "cancel_pickup": Operation(capability=Capability.CANCELS_PICKUPS, arguments={"pickup": Pickup}, result=None),
    "service_points": Operation(
        capability=Capability.SERVICE_POINTS,
        arguments={"near": Address, "radius_m": int, "limit": int},
        result=tuple[ServicePoint, ...],
    ),
    "close_manifest": Operation(
        capability=Capability.CLOSES_MANIFESTS,
        arguments={"bookings": tuple[BookingRef, ...], "day": date},
        result=Manifest,
    ),
    "instruct": Operation(
        capability=Capability.TAKES_INSTRUCTIONS,
        arguments={"booking": BookingRef, "instructions": str},
        result=None,
    ),
    "other_times": Operation(
        capability=Capability.RESCHEDULES, arguments={"booking": BookingRef}, result=tuple[Slot, ...]
    ),
    "reschedule": Operation(
        capability=Capability.RESCHEDULES,
        arguments={"booking": BookingRef, "slot": Slot, "reference": str},
        result=None,
        cases=("ok", "too_late"),
    ),
    "redirect": Operation(
        capability=Capability.REDIRECTS,
        arguments={"booking": BookingRef, "point": ServicePoint, "reference": str},
        result=None,
        cases=("ok", "too_late"),
    ),
}

# Whatever makes a booking or prices one, on the way out or back, is asked the same questions.
BOOKING = ("book", "book_return")
DIVERTING = ("reschedule", "redirect")
PRICING = ("quote", "quote_return")

# Tracking comes by polling or by push: either way both endings must be shown.
TRACKING = ("track", "webhook")
TRACKING_CASES = ("delivered", "attempt_failed")
