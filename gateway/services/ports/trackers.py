"""The ports to tracking numbers that are followed, and to what the watch knows of those that were not booked here."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from gateway.domain.eta import TrackerWatch
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import TrackingEvent
from gateway.services.ports.answers import Mode, Page


class Trackers(Protocol):
    """Tracking numbers we follow and their events."""

    def add(self, tracker: TrackerRecord) -> bool:
        """False when the account's tracking number is followed already."""

    def get(self, merchant_id: str, tracker_id: str, *, lock: bool = False) -> TrackerRecord | None: ...
    def find(
        self, merchant_id: str, account_id: str, tracking_number: str, *, lock: bool = False
    ) -> TrackerRecord | None:
        """By the tracker's number or by one of its parcels' numbers."""

    def add_numbers(self, tracker: TrackerRecord, numbers: Sequence[str]) -> None:
        """Find it by these too; a number that another tracker has stays with that one."""

    def of_tender(self, merchant_id: str, tender_id: str, *, lock: bool = False) -> TrackerRecord | None: ...
    def update(self, tracker: TrackerRecord) -> None: ...
    def count_due(self, merchant_id: str, account_id: str) -> int:
        """How many of the account's trackers are polled at all, now or later."""

    def list(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[TrackerRecord]: ...
    def append(
        self, tracker: TrackerRecord, event: TrackingEvent, inbox_id: str
    ) -> Literal["new", "replaced", "duplicate"]:
        """Keep one event. Of two copies of one event id that with the smaller `fold.sort_key` stays."""

    def events(self, merchant_id: str, tracker_id: str) -> Sequence[TrackingEvent]: ...
    def add_history(self, tracker: TrackerRecord, at: datetime, caused_by: str, correction: bool) -> None:
        """A change of the folded status, under the tracker's version."""

    def reschedule(self, trackers: Sequence[TrackerRecord]) -> None:
        """Give them back: write only `due_at`, `tries`, `polled_at` and `pushed_at`."""

    def due(self, now: datetime, limit: int) -> Sequence[tuple[TrackerRecord, datetime]]:
        """Those due for polling and since when, longest due first; nothing is claimed."""

    def claim_due(
        self, now: datetime, lease: timedelta, limit: int, of: Sequence[tuple[str, str]] | None = None
    ) -> Sequence[TrackerRecord]:
        """Trackers due for polling that no other worker has; `due_at` stays what it was."""


class TrackerWatches(Protocol):
    """What the watch knows of numbers that were not booked here."""

    def wake(self, trackers: Sequence[TrackerRecord], at: datetime) -> None:
        """Have the watch look at them by then: they are of one merchant, and no longer watched once they ended."""

    def of(self, merchant_id: str, tracker_ids: Sequence[str]) -> Mapping[str, TrackerWatch]: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[TrackerWatch]:
        """Those that the watch is to look at; the claim moves `due_at` past the lease."""

    def keep(self, watch: TrackerWatch) -> None: ...
    def forget(self, watch: TrackerWatch) -> None: ...
