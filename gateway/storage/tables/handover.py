"""Pickups, manifests, which shipments are on them, and the polling calls that accounts have spent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.handover import Pickup
from gateway.domain.handovers import ManifestState, PickupState
from gateway.domain.values import Address, Parcel
from gateway.storage.tables.base import Maybe, Named, Owned, Row, due_index, index, of

ONE_LIVE_PICKUP = index(
    "pickups_one_live",
    "merchant_id",
    "account_id",
    "day",
    "door",
    unique=True,
    where="state IN ('ordering', 'uncertain', 'scheduled', 'cancelling')",
)


class PickupRow(Named, Row):
    """A collection ordered from one account at one door on one day."""

    __tablename__ = "pickups"
    mode: Mapped[str]
    account_id: Mapped[str]
    account: Mapped[str]
    carrier: Mapped[str]
    day: Mapped[date]
    door: Mapped[str]
    address: Mapped[Address]
    ready_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    parcels: Mapped[tuple[Parcel, ...]]
    instructions: Mapped[str]
    state: Mapped[PickupState]
    why: Mapped[str]
    pickup: Mapped[Pickup | None]
    cancel_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    __table_args__ = (
        of("account_id", "accounts"),
        ONE_LIVE_PICKUP,
        index("pickups_newest", "merchant_id", "mode", "created_at", "id"),
        due_index("pickups"),
    )


class PickupEntryRow(Owned, Row):
    """A shipment that a pickup was ordered for."""

    __tablename__ = "pickup_entries"
    pickup_id: Mapped[str] = mapped_column(primary_key=True)
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (
        of("pickup_id", "pickups"),
        of("shipment_id", "shipments"),
        index("pickup_entries_of_shipment", "merchant_id", "shipment_id"),
    )


class ManifestRow(Named, Row):
    """A day's end with one account."""

    __tablename__ = "manifests"
    mode: Mapped[str]
    account_id: Mapped[str]
    account: Mapped[str]
    carrier: Mapped[str]
    day: Mapped[date]
    by: Mapped[str]
    state: Mapped[ManifestState]
    tracking_numbers: Mapped[tuple[str, ...]]
    carrier_reference: Mapped[Maybe]
    carrier_data: Mapped[Mapping[str, str]]
    why: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    __table_args__ = (
        of("account_id", "accounts"),
        index("manifests_newest", "merchant_id", "mode", "created_at", "id"),
        due_index("manifests"),
    )


class ManifestEntryRow(Owned, Row):
    """A shipment that a manifest holds. The key is the promise: a shipment is on at most one."""

    __tablename__ = "manifest_entries"
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    manifest_id: Mapped[str]
    __table_args__ = (
        of("shipment_id", "shipments"),
        of("manifest_id", "manifests"),
        index("manifest_entries_of_manifest", "merchant_id", "manifest_id"),
    )


class ManifestDocumentRow(Owned, Row):
    """The carrier's own document of a manifest."""

    __tablename__ = "manifest_documents"
    manifest_id: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    __table_args__ = (of("manifest_id", "manifests"),)


class PollingSpendRow(Owned, Row):
    """The polling calls of an account on its carrier's present day; a new day begins anew."""

    __tablename__ = "polling_spends"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date]
    calls: Mapped[int]
    resting_until: Mapped[datetime | None]
    __table_args__ = (of("account_id", "accounts"),)
