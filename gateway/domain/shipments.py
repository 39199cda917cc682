"""What a merchant wants moved, whom we tendered it to, and what the carrier promised in return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.domain.values import Address, Money, Parcel, Requirements


class ShipmentState(StrEnum):
    """How far the booking of a shipment has come (where the parcel is, is its status)."""

    BOOKING = "booking"
    BOOKED = "booked"
    UNCERTAIN = "uncertain"
    NEEDS_REVIEW = "needs_review"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class Personal(StrEnum):
    """What is still known of the people whose parcel it is. `asked`: all of it, until it is over and can be erased.
    `some`: all but instructions and what carriers wrote about each event. `none`: the shipment is pseudonymised.
    """

    ALL = "all"
    ASKED = "asked"
    SOME = "some"
    NONE = "none"


class TenderState(StrEnum):
    """How a carrier answered one tender. `offered`, `uncertain` and `accepted` are open: at most one per shipment."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


OPEN_TENDER_STATES = (TenderState.OFFERED, TenderState.UNCERTAIN, TenderState.ACCEPTED)


class LabelKind(StrEnum):
    """File formats of a label."""

    PDF = "pdf"
    ZPL = "zpl"
    PNG = "png"


class ReturnWay(StrEnum):
    """How a parcel that goes back is handed over: fetched at the door, or brought to a service point with a label that
    the sender prints, or there with nothing but a code.
    """

    PICKUP = "pickup"
    DROP_OFF = "drop_off"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFormat:
    """What the label printer takes. 102 x 152 mm is the 4 x 6 inch thermal label."""

    kind: LabelKind = LabelKind.PDF
    width_mm: int = 102
    height_mm: int = 152


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A printable label as the carrier made it."""

    kind: LabelKind
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What a merchant wants moved: one or more parcels to one recipient.

    `service_point` is the carrier's own id of the point where it is collected, `service_point_carrier` whose id it is.
    `facility` is the code of the origin's. `ordered_at` is when its buyer ordered it, None where nobody said so.
    `return_ways` are set on the way back: those that will do.
    """

    origin: Address
    destination: Address
    parcels: tuple[Parcel, ...]
    requirements: Requirements = field(default_factory=Requirements)
    reference: str = ""
    service_point: str = ""
    service_point_carrier: str = ""
    facility: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    ordered_at: datetime | None = None
    return_ways: tuple[ReturnWay, ...] = ()

    @property
    def weight_g(self) -> int:
        """Real weight of all parcels."""
        return sum(parcel.weight_g for parcel in self.parcels)

    @property
    def value(self) -> Money | None:
        """Declared value of all parcels together; None when none declares one."""
        values = [parcel.value for parcel in self.parcels if parcel.value is not None]
        if not values:
            return None
        result = values[0]
        for value in values[1:]:
            result = result + value
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRef:
    """How to speak to a carrier about one booking.

    `carrier_reference` is the carrier's own id, `tender_reference` ours (the tender's id), `label_url` where the
    carrier keeps the label when it has no other way to fetch one. `drop_off_codes` are what somebody who returns
    parcels tells (or writes on them) where he hands them in, one for each parcel or one for all.
    """

    carrier_reference: str
    tracking_number: str
    tender_reference: str = ""
    parcel_numbers: tuple[str, ...] = ()
    label_url: str = ""
    drop_off_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A carrier's acceptance of a tender. `price` is None where the carrier names none (the rate's stands)."""

    ref: BookingRef
    price: Money | None = None
    label: Label | None = None
    deliver_by: datetime | None = None
    tracking_url: str = ""


class CancellationState(StrEnum):
    """A carrier's answer to a cancellation.

    `agreed`: it will try, and only the parcel's own tracking tells the outcome, so it is not asked again. `pending`: it
    has not answered yet.
    """

    ACCEPTED = "accepted"
    AGREED = "agreed"
    TOO_LATE = "too_late"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """What came of asking a carrier to cancel."""

    state: CancellationState
    why: str = ""
    fee: Money | None = None
