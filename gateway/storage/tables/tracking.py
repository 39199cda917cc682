"""Tracking numbers we follow, their events and status history, and raw messages from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.eta import Eta
from gateway.domain.messages import InboxState
from gateway.domain.tracking import Leg, Place, Source
from gateway.storage.tables.base import Maybe, Named, Owned, Row, due_index, index, of

FOLLOWED_ONCE = index("trackers_number", "merchant_id", "account_id", "tracking_number", unique=True)
SAME_MESSAGE = index("inbox_dedupe", "merchant_id", "account_id", "dedupe_key", unique=True)


class TrackerRow(Named, Row):
    """A tracking number we follow. `due_at`: when its carrier is asked; `leased_until`: until when a worker has it.

    Pages are left a tenth empty, where PostgreSQL puts a leased row (see `gateway.storage.claims`).
    """

    __tablename__ = "trackers"
    account_id: Mapped[str]
    carrier: Mapped[str]
    tracking_number: Mapped[str]
    created_at: Mapped[datetime]
    mode: Mapped[str]
    shipment_id: Mapped[Maybe]
    tender_id: Mapped[Maybe]
    parcel_numbers: Mapped[tuple[str, ...]]
    parcels: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str]
    phase: Mapped[str]
    attempts: Mapped[int]
    status_conflict: Mapped[bool]
    status_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    last_progress_status: Mapped[str]
    estimated_delivery_at: Mapped[datetime | None]
    estimated_as_of: Mapped[datetime | None]
    promised_by: Mapped[datetime | None]
    timezone: Mapped[Maybe]
    version: Mapped[int]
    finished: Mapped[bool]
    subscribed_until: Mapped[datetime | None]
    pushed_at: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int]
    __table_args__ = (
        of("account_id", "accounts"),
        of("shipment_id", "shipments"),
        of("tender_id", "tenders"),
        FOLLOWED_ONCE,
        index("trackers_of_tender", "merchant_id", "tender_id"),
        index("trackers_newest", "merchant_id", "mode", "created_at", "id"),
        due_index("trackers"),
    )


class TrackerWatchRow(Named, Row):
    """What is expected of a number that was not booked here, and when that is looked at again. `id`: the tracker's."""

    __tablename__ = "tracker_watches"
    eta: Mapped[Eta | None]
    alarms: Mapped[tuple[str, ...]] = mapped_column(server_default="[]")
    due_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (of("id", "trackers", ondelete="CASCADE"), due_index("tracker_watches"))


class TrackerNumberRow(Owned, Row):
    """A number by which a carrier may speak of a tracker: its own or one of its parcels'."""

    __tablename__ = "tracker_numbers"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    tracker_id: Mapped[str]
    __table_args__ = (of("tracker_id", "trackers", ondelete="CASCADE"),)


class EventRow(Owned, Row):
    """One scan. Written once; only a smaller copy of the same scan replaces it, or another reading of its code.

    On PostgreSQL a partition holds those of the trackers of one month (see `gateway.storage.months`).
    `inbox_id`: no foreign key, raw messages are forgotten sooner than events.
    """

    __tablename__ = "tracking_events"
    tracker_id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    occurred_at: Mapped[datetime]
    status: Mapped[str]
    reason: Mapped[str]
    carrier_code: Mapped[str]
    carrier_qualifier: Mapped[str]
    description: Mapped[str]
    place: Mapped[Place | None]
    leg: Mapped[Leg]
    piece: Mapped[str]
    occurred_at_local: Mapped[str]
    tz_source: Mapped[str]
    raw: Mapped[Mapping[str, object]]
    source: Mapped[Source | None]
    received_at: Mapped[datetime | None]
    correction: Mapped[bool]
    withdraws: Mapped[Maybe]
    claimed_at: Mapped[Maybe]
    inbox_id: Mapped[Maybe]
    __table_args__ = (
        of("tracker_id", "trackers"),
        index("tracking_events_unmapped", "merchant_id", "tracker_id", where="reason = 'unmapped_carrier_code'"),
        {"postgresql_partition_by": "RANGE (tracker_id)"},
    )


class HistoryRow(Owned, Row):
    """A change of a tracker's status, under the version that it made."""

    __tablename__ = "status_history"
    tracker_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    status: Mapped[str]
    reason: Mapped[str]
    caused_by: Mapped[str]
    correction: Mapped[bool]
    __table_args__ = (of("tracker_id", "trackers"),)


class InboxRow(Named, Row):
    """A raw message from outside; `due_at` says when it is tried (again), NULL when it is settled."""

    __tablename__ = "inbox"
    account_id: Mapped[str]
    source: Mapped[str]
    dedupe_key: Mapped[str]
    received_at: Mapped[datetime]
    method: Mapped[str]
    headers: Mapped[Mapping[str, str]]
    query: Mapped[Mapping[str, str]]
    body: Mapped[bytes]
    state: Mapped[InboxState]
    why: Mapped[str]
    tries: Mapped[int]
    due_at: Mapped[datetime | None]
    __table_args__ = (
        of("account_id", "accounts"),
        SAME_MESSAGE,
        index("inbox_due", "merchant_id", "account_id", "due_at", where="due_at IS NOT NULL"),
        index("inbox_waiting", "merchant_id", "received_at", "id", where="state IN ('parked', 'quarantined')"),
    )
