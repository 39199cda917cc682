"""What is asked of a store and what it answers, where that is no noun of the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import LabelKind

T = TypeVar("T")
Mode = Literal["test", "live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list, newest first, and the cursor of the next (None at the end)."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundShipment:
    """A shipment, which labels it has, and whether there are cases of it."""

    shipment: ShipmentRecord
    labels: frozenset[LabelKind]
    has_cases: bool


MANY = 20_000
"""Up to how many shipments of a word are counted, and how many of the newest are looked through for other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentSearch:
    """What a list of shipments is narrowed by; empty fields do not narrow. `text` is matched against any id, name,
    e-mail, phone tail, town or postcode: as a `whole`, or each of its `words`, or as the `beginning` of one, or those
    with `most` of its words first. `status` may be several, commas between.

    `promised_from` and `promised_before` bound the promise, `unfinished` leaves out what has ended. `attempts`: how
    often a courier was at the door; `status_since`: it has its status from then on or later. `newest`: where a text is
    narrowed further, only so many of the newest that it names are looked at; 0 for all.
    """

    mode: Mode
    reference: str = ""
    tracking_number: str = ""
    status: str = ""
    state: str = ""
    account: str = ""
    carrier: str = ""
    service: str = ""
    promised_from: datetime | None = None
    promised_before: datetime | None = None
    unfinished: bool = False
    attempts: int = 0
    status_since: datetime | None = None
    tag: str = ""
    text: str = ""
    match: Literal["whole", "words", "beginning", "most"] = "whole"
    newest: int = 0
    created_after: datetime | None = None
    limit: int = 50
    cursor: str | None = None

    @property
    def narrowed(self) -> bool:
        """By more than a status or a text."""
        words = (self.reference, self.tracking_number, self.state, self.account, self.carrier, self.service, self.tag)
        times = (self.promised_from, self.promised_before, self.status_since)
        return any((*words, *times, self.unfinished, self.attempts))


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSearch:
    """What a list of pickups or manifests is narrowed by; empty fields do not narrow."""

    mode: Mode
    day: date | None = None
    account: str = ""
    state: str = ""
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken invariant: its name (I1..I16), the merchant and object it is about, and what is wrong."""

    invariant: str
    merchant_id: str
    subject_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedCode:
    """A code that carriers told of an account's parcels and no table maps: how often, when, and one raw message."""

    merchant_id: str
    account: str
    carrier: str
    code: str
    qualifier: str
    events: int
    first_seen: datetime
    last_seen: datetime
    inbox_id: str
