"""Pickups and manifests as we keep them, and what of an account's daily calls is spent.

`due_at` and `tries` are those of all rows that workers claim (see `gateway.domain.records`): of an open pickup or
manifest `due_at` says until when the process that asks the carrier may still be waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from gateway.domain.handover import Pickup
from gateway.domain.values import Address, Parcel


class PickupState(StrEnum):
    """How far a pickup has come. `ordering`, `uncertain`, `scheduled` and `cancelling` are live: a courier may come."""

    ORDERING = "ordering"
    SCHEDULED = "scheduled"
    UNCERTAIN = "uncertain"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


LIVE_PICKUP_STATES = (
    PickupState.ORDERING,
    PickupState.UNCERTAIN,
    PickupState.SCHEDULED,
    PickupState.CANCELLING,
)


class ManifestState(StrEnum):
    """How far a manifest has come. `closing`, `uncertain` and `closed` hold their shipments."""

    CLOSING = "closing"
    CLOSED = "closed"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


HOLDING_MANIFEST_STATES = (ManifestState.CLOSING, ManifestState.UNCERTAIN, ManifestState.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupRecord:
    """A collection ordered from one account at one door on one day. `door` is that door's name in comparisons."""

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    account_id: str
    account: str
    carrier: str
    day: date
    door: str
    address: Address
    ready_at: datetime
    closes_at: datetime
    parcels: tuple[Parcel, ...]
    instructions: str = ""
    state: PickupState = PickupState.ORDERING
    why: str = ""
    pickup: Pickup | None = None
    cancel_asked_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRecord:
    """A day's end with one account. `by` says who wrote the list: the carrier's API, or we.

    `tracking_numbers` is what it was asked for, also where it came to nothing.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    account_id: str
    account: str
    carrier: str
    day: date
    by: Literal["carrier", "list"]
    state: ManifestState
    tracking_numbers: tuple[str, ...]
    carrier_reference: str = ""
    carrier_data: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingSpend:
    """An account's polling calls on one day of its carrier, and until when its polling rests."""

    merchant_id: str
    account_id: str
    day: date
    calls: int = 0
    resting_until: datetime | None = None
