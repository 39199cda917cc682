"""What learning needs of a store."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.domain.quotes import Outlook
from gateway.domain.records import DeliveryRecord
from gateway.domain.shipments import Shipment
from gateway.services.ports.adjustments import StoredAdjustment
from gateway.services.ports.answers import Mode


@dataclass(frozen=True, slots=True)
class Settled:
    """A delivery that has ended, and what the offer it was booked by had said about it."""

    record: DeliveryRecord
    said: Outlook


class Reliability(Protocol):
    """Histories of accounts, tables for quotes, and the deliveries they come from."""

    def settled(self, merchant_id: str, mode: Mode, by: datetime, limit: int) -> Sequence[Settled]:
        """Deliveries that have ended by then and were not learnt from, oldest first."""

    def on_their_way(self, merchant_id: str, mode: Mode, since: datetime, limit: int) -> Sequence[DeliveryRecord]:
        """Deliveries booked since then that have not ended, newest first."""

    def mark_learnt(self, merchant_id: str, settled: Settled, at: datetime) -> bool:
        """False when somebody else has learnt from it."""

    def measured(self, merchant_id: str, mode: Mode, since: datetime, until: datetime) -> Sequence[Settled]:
        """Deliveries booked in a period that were learnt from."""

    def histories(self, merchant_id: str, account_ids: Sequence[str]) -> Mapping[str, Any]:
        """What was learnt of these accounts, by id: the data of an `AccountHistory`."""

    def tables(self, merchant_id: str, account_ids: Sequence[str]) -> Mapping[str, Any]:
        """What quotes read of these accounts, by id: the data of a `ReliabilityTable`."""

    def keep(self, merchant_id: str, account_id: str, at: datetime, history: Any) -> None: ...
    def publish(self, merchant_id: str, account_id: str, at: datetime, table: Any) -> None:
        """Only of accounts with a history. What was read of the merchant's settings before is stale then."""

    def trackers_of(self, merchant_id: str, shipment_ids: Sequence[str]) -> Mapping[str, str]:
        """The trackers of these shipments' bookings: tracker id -> shipment id."""

    def courses(self, merchant_id: str, account_ids: Sequence[str]) -> Mapping[str, Any]:
        """What finished shipments of these accounts taught of their way, by id: the data of `Courses`."""

    def keep_courses(self, merchant_id: str, account_id: str, at: datetime, courses: Any) -> None: ...
    def ended(
        self, merchant_id: str, mode: Mode, since: datetime, limit: int
    ) -> Iterator[tuple[DeliveryRecord, Shipment]]:
        """Deliveries booked since then that were learnt from, newest first, read while they are asked for."""

    def adjusted_at(self, merchant_id: str, mode: Mode) -> datetime | None:
        """When an adjustment was last learnt, with or without success; None for never."""

    def somebody_adjusted(self) -> tuple[str, Mode] | None:
        """A merchant and mode with an adjustment that changes forecasts; None while there are none."""

    def adjustment(self, merchant_id: str, mode: Mode) -> StoredAdjustment | None:
        """What was learnt last.

        Raises:
            NotAdjusted: what is stored is damaged.
        """

    def keep_adjustment(self, merchant_id: str, mode: Mode, made: StoredAdjustment) -> None:
        """In place of an earlier one. What was read of the merchant's settings before is stale then."""

    def emission_profiles(self, merchant_id: str) -> Mapping[str, Mapping[str, object]]:
        """What a merchant says of emissions: by account id, "*" for all."""

    def put_emission_profile(self, merchant_id: str, of: str, data: Mapping[str, object] | None) -> None:
        """In place of an earlier one; None forgets it."""
