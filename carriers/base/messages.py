"""What crosses the line between the gateway and an adapter, besides the domain's nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from carriers.base.calendar import Calendar, MondayToFriday
from carriers.base.errors import AuthenticationFailed
from carriers.base.ratecard import RateCards
from carriers.base.statuses import StatusRow
from gateway.domain.quotes import Rate, ServiceLevel
from gateway.domain.shipments import BookingRef, LabelFormat, Shipment
from gateway.domain.values import Address, Parcel, TimeWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A delivery window of our own fleet with what is left of its capacity."""

    id: str
    start: datetime
    end: datetime
    capacity: int
    booked: int


class DeliveryWindows(Protocol):
    """Capacity of delivery windows, given to adapters that sell it. Every verb is idempotent by tender reference."""

    def open_windows(self, zone: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows of a zone that start in [since, until) and have capacity left, earliest first."""

    def reserve(self, window_id: str, tender_reference: str) -> bool:
        """Take one place, atomically; True also when this tender has it already, False when the window is full."""

    def release(self, tender_reference: str) -> bool:
        """Give the tender's place back; True also when it is given back already, False when it never had one."""

    def find(self, tender_reference: str) -> Window | None:
        """The window in which this tender holds a place."""

    def others(self, tender_reference: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows as `open_windows`, of the zone in which this tender holds a place; without the one it has."""

    def move(self, window_id: str, tender_reference: str) -> bool:
        """Give the place up for one in another window of its zone, atomically; True also when it is there already.

        False when that window is full, and when the tender holds no place: then nothing has changed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A contract held with a carrier: where to call, with what secrets and options.

    `urls` are named (`api`, `token`, `label` ...), complete and without trailing slash; `secrets` never show in repr.
    `calendar` says which days are worked where, for promises in working days.
    `statuses` are the account's own readings of the carrier's codes, which stand over those of its table.
    """

    id: str
    name: str
    mode: Literal["test", "live"]
    urls: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, object] = field(default_factory=dict)
    windows: DeliveryWindows | None = field(default=None, repr=False)
    rate_card: RateCards | None = field(default=None, repr=False)
    calendar: Calendar = field(default=MondayToFriday(), repr=False)
    statuses: tuple[StatusRow, ...] = field(default=(), repr=False)

    def secret(self, name: str) -> str:
        """A secret that cannot be done without. Raises AuthenticationFailed: there is none."""
        return self._needed("secret", name, self.secrets.get(name))

    def option(self, name: str) -> str:
        """An option that cannot be done without, as text. Raises AuthenticationFailed: there is none."""
        return self._needed("option", name, self.options.get(name))

    def words(self, name: str) -> tuple[str, ...]:
        """An option that is a list, or a text of words separated by commas or spaces; () where there is none."""
        value = self.options.get(name)
        words = value.replace(",", " ").split() if isinstance(value, str) else value
        return tuple(str(word) for word in words) if isinstance(words, list | tuple) else ()

    def _needed(self, kind: str, name: str, value: object) -> str:
        if value is None or not str(value).strip():
            raise AuthenticationFailed(f"account {self.name} has no {kind} {name}")
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """What an adapter is asked to price."""

    shipment: Shipment
    ready_at: datetime
    window: TimeWindow | None = None
    services: tuple[ServiceLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRequest:
    """One tender. `tender_reference` goes to the carrier as our reference and as its idempotency key."""

    shipment: Shipment
    rate: Rate
    tender_reference: str
    ready_at: datetime
    window: TimeWindow | None = None
    label_format: LabelFormat = field(default_factory=LabelFormat)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupRequest:
    """Ask the carrier to come by on a day. Parcels of `parcels` sizes wait at `address`.

    `bookings` are those whose parcels wait, where they are known; some carriers collect only what is named.
    """

    address: Address
    day: date
    ready_at: datetime
    closes_at: datetime | None
    parcels: tuple[Parcel, ...]
    reference: str
    instructions: str = ""
    bookings: tuple[BookingRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A carrier's promise to push events of some numbers until `expires_at`."""

    carrier_reference: str
    tracking_numbers: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """A carrier's call to us as it came over the wire. Header names are lower case; the body is untouched bytes."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReply:
    """The answer this carrier wants to hear."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
