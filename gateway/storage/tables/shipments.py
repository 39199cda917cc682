"""Shipments, their tenders, labels, recalls and cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.diversions import Agreed
from gateway.domain.eta import Eta
from gateway.domain.quotes import Rate, ServiceLevel
from gateway.domain.shipments import BookingRef, LabelFormat, LabelKind, Personal, Shipment, ShipmentState, TenderState
from gateway.domain.tracking import Leg, ProofOfDelivery
from gateway.domain.values import TimeWindow
from gateway.storage.tables.base import (
    Currency,
    Maybe,
    Minor,
    Named,
    Owned,
    Row,
    due_index,
    index,
    of,
)

REFERENCE = index("shipments_reference", "merchant_id", "mode", "reference", unique=True)
ONE_RETURN = index(
    "shipments_one_return",
    "merchant_id",
    "return_of",
    unique=True,
    where="return_of IS NOT NULL AND state NOT IN ('failed', 'cancelled')",
)
ONE_OPEN_TENDER = index(
    "tenders_one_open",
    "merchant_id",
    "shipment_id",
    unique=True,
    where="state IN ('offered', 'uncertain', 'accepted')",
)
ONE_TENDER_A_BOOKING = index(
    "tenders_one_a_booking",
    "merchant_id",
    "account_id",
    "carrier_reference",
    unique=True,
    where="state = 'accepted'",
)
ONE_RECALL_A_BOOKING = index(
    "recalls_one_a_booking",
    "merchant_id",
    "account_id",
    "carrier_reference",
    unique=True,
    where="state = 'due'",
)
ONE_OPEN_CASE = index("cases_one_open", "merchant_id", "kind", "subject_id", unique=True, where="state = 'open'")


class ShipmentRow(Named, Row):
    """What a merchant wants moved and how far it has come.

    `quote_id`, `chosen_offer_id`: no foreign keys, quotes are forgotten sooner than shipments. `tender_id`: none
    either, tenders point here already. `return_of`: a shipment of the same merchant, which `gateway audit` checks.
    """

    __tablename__ = "shipments"
    mode: Mapped[str]
    state: Mapped[ShipmentState]
    shipment: Mapped[Shipment]
    policy: Mapped[str]
    policy_version: Mapped[int] = mapped_column(server_default="0", default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    reference: Mapped[Maybe]
    quote_id: Mapped[Maybe]
    chosen_offer_id: Mapped[Maybe]
    zone: Mapped[str]
    label_format: Mapped[LabelFormat]
    ready_at: Mapped[datetime | None]
    window: Mapped[TimeWindow | None]
    why: Mapped[str]
    account_id: Mapped[Maybe]
    account: Mapped[str]
    carrier: Mapped[str]
    service: Mapped[ServiceLevel | None]
    tender_id: Mapped[Maybe]
    price_minor: Mapped[Minor | None]
    price_currency: Mapped[Currency | None]
    quoted_price_minor: Mapped[Minor | None]
    quoted_price_currency: Mapped[Currency | None]
    promised_price_minor: Mapped[Minor | None]
    promised_price_currency: Mapped[Currency | None]
    deliver_by: Mapped[datetime | None]
    tracking_number: Mapped[Maybe]
    carrier_tracking_url: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    phase: Mapped[str]
    attempts: Mapped[int]
    status_conflict: Mapped[bool]
    status_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    last_progress_status: Mapped[str]
    leg: Mapped[Leg] = mapped_column(server_default=Leg.OUTBOUND.value)
    pieces: Mapped[Mapping[str, str]] = mapped_column(server_default="{}")
    eta: Mapped[Eta | None]
    agreed: Mapped[Agreed | None]
    alarms: Mapped[tuple[str, ...]] = mapped_column(server_default="[]")
    proof: Mapped[ProofOfDelivery | None]
    booking: Mapped[BookingRef | None]
    return_of: Mapped[Maybe]
    personal: Mapped[Personal] = mapped_column(server_default=Personal.ALL.value)
    link_version: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int]
    due_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        of("account_id", "accounts"),
        REFERENCE,
        ONE_RETURN,
        index("shipments_returns", "merchant_id", "return_of", where="return_of IS NOT NULL"),
        index("shipments_by_id", "id"),
        index("shipments_newest", "merchant_id", "mode", "created_at", "id"),
        index("shipments_booked", "merchant_id", "mode", "state", "created_at", "account", where="state = 'booked'"),
        index("shipments_being_booked", "updated_at", where="state = 'booking'"),
        index("shipments_by_status", "merchant_id", "mode", "status", "created_at", "id"),
        index("shipments_by_state", "merchant_id", "mode", "state", "created_at", "id"),
        index(
            "shipments_unfinished", "merchant_id", "mode", "created_at", "id", "deliver_by", where="phase != 'final'"
        ),
        *(
            index(f"shipments_by_{name}", "merchant_id", "mode", name, "created_at", "id")
            for name in ("carrier", "account", "service")
        ),
        index("shipments_by_promise", "merchant_id", "mode", "deliver_by", "id"),
        index("shipments_by_number", "merchant_id", "mode", "tracking_number", "created_at", "id"),
        index("shipments_personal", "merchant_id", "personal", "updated_at", where="personal <> 'none'"),
        due_index("shipments"),
    )


class ShipmentTermRow(Owned, Row):
    """A word under which people look for a shipment; the key is the index that the search walks along."""

    __tablename__ = "shipment_terms"
    term: Mapped[str] = mapped_column(String().with_variant(String(collation="C"), "postgresql"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(primary_key=True)
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (of("shipment_id", "shipments", ondelete="CASCADE"),)


class LabelRow(Owned, Row):
    """A label as the carrier made it."""

    __tablename__ = "labels"
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[LabelKind] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    __table_args__ = (of("shipment_id", "shipments"),)


class TenderRow(Named, Row):
    """One offer of a shipment to one carrier account."""

    __tablename__ = "tenders"
    shipment_id: Mapped[str]
    account_id: Mapped[str]
    account: Mapped[str]
    carrier: Mapped[str]
    offer_id: Mapped[str]
    rate: Mapped[Rate]
    price_minor: Mapped[Minor]
    price_currency: Mapped[Currency]
    state: Mapped[TenderState]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    why: Mapped[str]
    carrier_code: Mapped[str | None]
    carrier_message: Mapped[str | None]
    booking: Mapped[BookingRef | None]
    carrier_reference: Mapped[Maybe]
    answer_ms: Mapped[int | None]
    due_at: Mapped[datetime | None]
    lookups: Mapped[int]
    tries: Mapped[int]
    __table_args__ = (
        of("shipment_id", "shipments"),
        of("account_id", "accounts"),
        ONE_OPEN_TENDER,
        ONE_TENDER_A_BOOKING,
        index("tenders_of_shipment", "merchant_id", "shipment_id"),
        index("tenders_made", "merchant_id", "created_at"),
        index("tenders_booking", "merchant_id", "account_id", "carrier_reference"),
        index("tenders_lease", "state", "lease_until"),
        due_index("tenders"),
    )


class RecallRow(Named, Row):
    """A booking to be taken back."""

    __tablename__ = "recalls"
    shipment_id: Mapped[str]
    tender_id: Mapped[str]
    account_id: Mapped[str]
    booking: Mapped[BookingRef]
    carrier_reference: Mapped[str]
    purpose: Mapped[str]
    state: Mapped[str]
    why: Mapped[str]
    asked: Mapped[int]
    tries: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    __table_args__ = (
        of("shipment_id", "shipments"),
        of("tender_id", "tenders"),
        of("account_id", "accounts"),
        ONE_RECALL_A_BOOKING,
        index("recalls_of_shipment", "merchant_id", "shipment_id"),
        index("recalls_due", "state", "due_at"),
    )


class CaseRow(Named, Row):
    """What a person must settle; `subject_id` is the tender, else the shipment, else the case itself. `mode`: its
    shipment's, NULL for both. `due_at` is always there: SQLite cannot be told so of a column that is new.
    """

    __tablename__ = "cases"
    kind: Mapped[str]
    subject_id: Mapped[str]
    shipment_id: Mapped[Maybe]
    tender_id: Mapped[Maybe]
    why: Mapped[str]
    state: Mapped[str]
    mode: Mapped[Maybe]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str]
    note: Mapped[str]
    owner_id: Mapped[Maybe]
    __table_args__ = (
        of("shipment_id", "shipments"),
        of("tender_id", "tenders"),
        ONE_OPEN_CASE,
        index("cases_of_shipment", "merchant_id", "shipment_id"),
        index("cases_by_state", "merchant_id", "state", "created_at", "id"),
        index("cases_by_clock", "merchant_id", "due_at", "id", where="state = 'open'"),
        index("cases_by_kind", "merchant_id", "kind", "due_at", "id", where="state = 'open'"),
        index("cases_by_owner_id", "merchant_id", "owner_id", "due_at", "id", where="state = 'open'"),
    )
