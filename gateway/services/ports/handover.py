"""What handover and the poll budget need from outside, as Protocols (see `gateway.services.ports`)."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from gateway.domain.handovers import ManifestRecord, PickupRecord, PollingSpend
from gateway.domain.records import ShipmentRecord
from gateway.services.handover_sheet import HandoverSheet
from gateway.services.ports.answers import HandoverSearch, Mode, Page


class Pickups(Protocol):
    """Pickups and the shipments they were ordered for. The database forbids a second live one of a door and day."""

    def waiting(
        self, merchant_id: str, mode: Mode, account_id: str, day: date, ready_by: datetime, limit: int
    ) -> Sequence[ShipmentRecord]:
        """Booked, not yet collected, ready by then and in no live pickup of that day or later; locked, oldest first."""

    def add(self, pickup: PickupRecord, shipment_ids: Collection[str]) -> bool:
        """False when a live one of that account, door and day exists."""

    def get(self, merchant_id: str, pickup_id: str) -> PickupRecord | None: ...
    def live(self, merchant_id: str, account_id: str, day: date) -> Sequence[PickupRecord]: ...
    def shipment_ids(self, merchant_id: str, pickup_id: str) -> Sequence[str]: ...
    def close(self, pickup: PickupRecord, expected: Sequence[str]) -> bool:
        """Write it if its stored state is one of `expected`; False when somebody else was first."""

    def list(self, merchant_id: str, search: HandoverSearch) -> Page[PickupRecord]: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[PickupRecord]:
        """Pickups whose sender's lease is over, and cancellations to be asked for again."""


class Manifests(Protocol):
    """Manifests and the shipments they hold. The database forbids a shipment on two."""

    def waiting(
        self, merchant_id: str, mode: Mode, account_id: str, ready_before: datetime, limit: int, *, left: bool
    ) -> Sequence[ShipmentRecord]:
        """Booked, ready before then and on no manifest; locked, oldest first. Parcels that have arrived are left out,
        and with `left` False those that have left too.
        """

    def unlisted(self, merchant_id: str, mode: Mode, account_id: str, limit: int) -> Sequence[ShipmentRecord]:
        """Booked, here still and on no manifest, oldest first."""

    def unscanned(
        self, merchant_id: str, mode: Mode, before: datetime, limit: int
    ) -> Sequence[tuple[ShipmentRecord, ManifestRecord]]:
        """On a manifest that was closed before then, and not seen by its carrier since; oldest manifest first."""

    def add(self, manifest: ManifestRecord, shipment_ids: Collection[str]) -> None:
        """Raises StaleVersion when a shipment is on another one meanwhile."""

    def get(self, merchant_id: str, manifest_id: str) -> ManifestRecord | None: ...
    def of_day(self, merchant_id: str, account_id: str, day: date) -> Sequence[ManifestRecord]:
        """Those that hold shipments, oldest first."""

    def shipments(self, merchant_id: str, manifest_id: str) -> Sequence[ShipmentRecord]: ...
    def close(self, manifest: ManifestRecord, expected: Sequence[str]) -> bool:
        """Write it if its stored state is one of `expected`; False when somebody else was first."""

    def release(self, manifest: ManifestRecord, shipment_ids: Collection[str] | None = None) -> None:
        """Let these shipments (None: all) go to the next manifest."""

    def keep_document(self, merchant_id: str, manifest_id: str, content: bytes) -> None: ...
    def document(self, merchant_id: str, manifest_id: str) -> bytes | None: ...
    def list(self, merchant_id: str, search: HandoverSearch) -> Page[ManifestRecord]: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ManifestRecord]:
        """Manifests whose sender's lease is over."""


class PollingSpends(Protocol):
    """What accounts have spent of their daily calls. Every verb is atomic: any number of workers share one count."""

    def take(self, merchant_id: str, account_id: str, day: date, calls: int, most: int) -> int:
        """Spend up to so many calls while the day's count stays within `most`; how many were granted."""

    def settle(self, merchant_id: str, account_id: str, day: date, calls: int) -> None:
        """Correct the count by what was spent beyond (or below) what had been taken."""

    def rest(self, merchant_id: str, account_id: str, day: date, until: datetime) -> None:
        """No polling until then."""

    def get(self, merchant_id: str, account_id: str) -> PollingSpend | None: ...


class HandoverPrinter(Protocol):
    """Makes the list that courier and merchant sign where a carrier has no list of its own."""

    def pdf(self, sheet: HandoverSheet) -> bytes:
        """The list as PDF: the same sheet, the same bytes."""
