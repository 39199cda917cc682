"""The port through which thousands of trackers are read and written at once, and what is written."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from gateway.domain.messages import OutboxMessage
from gateway.domain.records import DeliveryRecord, ShipmentRecord, TrackerRecord
from gateway.domain.tracking import TrackingEvent
from gateway.services.ports.answers import Mode

Key = tuple[str, str]
"""A tracker's id and an event's."""


class Followed(NamedTuple):
    """A tracker as far as it must be known to lock it: its id, and its shipment's, which is locked first."""

    id: str
    shipment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedCode:
    """A carrier's word that no table of the account explains: on how many events of how many trackers, and when."""

    account_id: str
    account: str
    carrier: str
    carrier_code: str
    carrier_qualifier: str
    events: int
    trackers: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A change of a tracker's status: the tracker as it was then, when, by what, and whether a person's word did it."""

    tracker: TrackerRecord
    at: datetime
    caused_by: str
    correction: bool


@dataclass(slots=True, kw_only=True)
class Changes:
    """What waits to be written, the last word on each row. What was there is (as read, as it is now)."""

    made: list[TrackerRecord] = field(default_factory=list)
    appended: dict[Key, tuple[TrackerRecord, TrackingEvent, str]] = field(default_factory=dict)
    replaced: dict[Key, tuple[TrackerRecord, TrackingEvent, str]] = field(default_factory=dict)
    reread: dict[Key, tuple[TrackerRecord, TrackingEvent]] = field(default_factory=dict)
    trackers: dict[str, tuple[TrackerRecord, TrackerRecord]] = field(default_factory=dict)
    history: list[History] = field(default_factory=list)
    shipments: dict[str, tuple[ShipmentRecord, ShipmentRecord]] = field(default_factory=dict)
    records: dict[str, tuple[DeliveryRecord, DeliveryRecord]] = field(default_factory=dict)
    messages: list[OutboxMessage] = field(default_factory=list)
    woken: dict[str, tuple[TrackerRecord, datetime]] = field(default_factory=dict)


class Many(Protocol):
    """The database's side: of one merchant each."""

    def by_id(self, merchant_id: str, tracker_ids: Collection[str]) -> Sequence[TrackerRecord]: ...
    def told_by(self, merchant_id: str, account_id: str, codes: Collection[str], after: str, limit: int) -> list[str]:
        """Ids of an account's trackers, from the next after one on, with events of these codes or of unmapped ones."""

    def unmapped(self, merchant_id: str, mode: Mode) -> Sequence[UnmappedCode]: ...

    def by_number(self, merchant_id: str, account_id: str, numbers: Collection[str]) -> Mapping[str, Followed]: ...
    def by_tender(self, merchant_id: str, tender_ids: Collection[str]) -> Mapping[str, Followed]: ...
    def lock(
        self, merchant_id: str, trackers: Collection[Followed | TrackerRecord]
    ) -> tuple[Sequence[TrackerRecord], Sequence[ShipmentRecord]]:
        """They and their shipments as they are now, locked until the transaction ends, everybody in one order."""

    def events(self, merchant_id: str, tracker_ids: Collection[str]) -> Mapping[str, Sequence[TrackingEvent]]:
        """Their events as far as they are folded and read again: without what they were told with and when."""

    def records(self, merchant_id: str, shipment_ids: Collection[str]) -> Sequence[DeliveryRecord]: ...
    def add_all(self, rows: Sequence[object]) -> None:
        """Quotes, shipments, tenders or flat facts, of which none is there. StaleVersion follows when one is."""

    def write(self, changes: Changes) -> None:
        """Write them. StaleVersion follows when somebody else wrote the same rows without the lock."""
