"""Tracking events and the words they are told in.

The fold over a shipment's events, `current_status`, is in `gateway.domain.fold`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files

from gateway.domain.errors import InvalidValue
from gateway.domain.values import aware


class Leg(StrEnum):
    """Towards the recipient, or back to the sender."""

    OUTBOUND = "outbound"
    RETURN = "return"


class Source(StrEnum):
    """Who told us. `gateway` events are our own acts (booked, cancelled), `manual` ones a person's, `import` ones
    a merchant's own history.
    """

    WEBHOOK = "webhook"
    POLL = "poll"
    SCAN = "scan"
    MANUAL = "manual"
    IMPORT = "import"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFacts:
    """One of the 17 statuses. `rank` orders events of the same moment: the further along wins."""

    name: str
    phase: str
    terminal: bool
    rank: int
    meaning: str
    recipient_sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonFacts:
    """Why a shipment is where it is: who caused it, who must act next.

    `belongs_to`: the statuses that it can stand beside without contradicting them; of most reasons that is any.
    """

    name: str
    attributable_to: str
    action_required_by: str
    meaning: str
    recipient_sentence: str
    belongs_to: tuple[str, ...]

    def contradicts(self, status: str) -> str:
        """What is wrong with it as the reason of a status, in words; "" where nothing is."""
        if not self.belongs_to or status in (*self.belongs_to, "unknown"):
            return ""
        return f"{self.name} contradicts {status}: it is a reason of {', '.join(self.belongs_to)}"


def _rows(name: str) -> list[dict[str, str]]:
    text = files("gateway.domain").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def statuses() -> Mapping[str, StatusFacts]:
    """The closed list of statuses by name. Source: the project's status model, `statuses.csv` beside this file."""
    return {
        row["status"]: StatusFacts(
            name=row["status"],
            phase=row["phase"],
            terminal=row["terminal"] == "yes",
            rank=int(row["rank"]),
            meaning=row["meaning"],
            recipient_sentence=row["recipient_sentence"],
        )
        for row in _rows("statuses.csv")
    }


@cache
def reasons() -> Mapping[str, ReasonFacts]:
    """The open list of reasons by name, from `reasons.csv` beside this file.

    Source of `belongs_to`: the statuses that carriers' tables and the status model use a reason with, and our reading.
    """
    return {
        row["reason"]: ReasonFacts(
            name=row["reason"],
            attributable_to=row["attributable_to"],
            action_required_by=row["action_required_by"],
            meaning=row["meaning"],
            recipient_sentence=row["recipient_sentence"],
            belongs_to=tuple(row["belongs_to"].split()),
        )
        for row in _rows("reasons.csv")
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a scan happened, as far as the carrier tells."""

    city: str = ""
    postal_code: str = ""
    country: str = ""
    facility: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEvent:
    """One scan, in the carrier's words and in ours.

    `event_id` names the scan: the same from push and from poll, different for different scans (built in the carrier's
    `wire.py`). `occurred_at` is aware; where the carrier gave a local time without zone, `occurred_at_local` keeps it
    verbatim and `tz_source` says how the zone was found (carrier, location, assumed).
    `source`, `received_at` and `correction` are set when it is ingested. `withdraws` is the id of an event that no
    longer counts: a correction that its author took back. Nothing is ever deleted. `claimed_at` is the time that was
    told where it could not be (ISO 8601; see `fold.clamp`), "" where it was believed.
    """

    event_id: str
    occurred_at: datetime
    status: str
    reason: str = "none"
    carrier_code: str = ""
    carrier_qualifier: str = ""
    description: str = ""
    place: Place | None = None
    leg: Leg = Leg.OUTBOUND
    piece: str = ""
    occurred_at_local: str = ""
    tz_source: str = "carrier"
    raw: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    source: Source | None = None
    received_at: datetime | None = None
    correction: bool = False
    withdraws: str = ""
    claimed_at: str = ""

    def __post_init__(self) -> None:
        if self.status not in statuses():
            raise InvalidValue(f"{self.status!r} is not one of our statuses")
        if self.reason not in reasons():
            raise InvalidValue(f"{self.reason!r} is not one of our reasons")
        aware(self.occurred_at, "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOfDelivery:
    """What shows that it was handed over: who took it, images (by link or bytes), where and when.

    Kept with a shipment are only its facts; images are `gateway.domain.proof_files`.
    """

    delivered_at: datetime | None = None
    received_by: str = ""
    relationship: str = ""
    signature_url: str = ""
    photo_url: str = ""
    signature: bytes = field(default=b"", repr=False)
    photo: bytes = field(default=b"", repr=False)
    pin_matched: bool | None = None
    min_age_verified: int | None = None
    barcodes: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    id_checked: bool | None = None

    @property
    def facts(self) -> ProofOfDelivery:
        """It without its images."""
        return replace(self, signature_url="", photo_url="", signature=b"", photo=b"")

    def over(self, earlier: ProofOfDelivery | None) -> ProofOfDelivery:
        """This one with what only an earlier one told."""
        if earlier is None:
            return self
        blank = ProofOfDelivery()
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(earlier, **{name: value for name, value in told.items() if value != getattr(blank, name)})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingUpdate:
    """A batch of events for one tracking number (or, where `reference` is set, for our own tender reference).

    `deliver_by` is the carrier's current estimate; `proof` travels with the event that delivered. `numbers` are
    others that the carrier knows the same booking by, that for recipients first: some are given only after booking.
    `unread` says which entries of the same message could not be read, and why: the message is kept for a person.
    An update that says nothing else names no parcel.
    """

    tracking_number: str
    events: tuple[TrackingEvent, ...]
    reference: str = ""
    proof: ProofOfDelivery | None = None
    deliver_by: datetime | None = None
    numbers: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
