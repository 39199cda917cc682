"""What we keep about a delivery: the shipment and its trackers, accounts, cases and messages as they are stored.

`tries` on rows that workers claim counts the claims since the last result: the claim counts one up, a result sets it
back to 0. A row that is claimed again and again without a result crashes its workers, and is parked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from gateway.domain.diversions import Agreed
from gateway.domain.eta import Eta
from gateway.domain.quotes import Rate, ServiceLevel
from gateway.domain.shipments import BookingRef, LabelFormat, Personal, Shipment, ShipmentState, TenderState
from gateway.domain.tracking import Leg, ProofOfDelivery
from gateway.domain.values import Money, TimeWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """A carrier account of a merchant as stored; `secrets` are plain here and encrypted at rest, never in repr.

    `version` grows with every change. `failures` and `resting_until` are the account's circuit.
    """

    id: str
    merchant_id: str
    name: str
    carrier: str
    mode: Literal["test", "live"]
    urls: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, object] = field(default_factory=dict)
    enabled: bool = True
    version: int = 1
    failures: int = 0
    resting_until: datetime | None = None
    resting_why: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """An API key: who may do what. The key itself is shown once and kept only as a digest."""

    id: str
    merchant_id: str
    name: str
    public_id: str
    digest: str = field(repr=False)
    mode: Literal["test", "live"]
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRecord:
    """A shipment and how far it has come.

    `state` is the booking's progress, `status`/`reason`/`phase` where the parcels are (the cached fold); `version`
    grows with every change of either and orders the merchant's webhooks. `promised_price` is what a checkout's offer
    was to cost the merchant; the buyer's price stands whatever it becomes. `deliver_by` is the first promise, which
    never moves; `eta` is what is expected now, `agreed` for when it was put off by wish. `pieces` has each parcel's own
    status by number, where its carrier tells them apart. `alarms` are the kinds of cases that `gateway.services.watch`
    has opened; it looks again when it is `due_at`. `return_of`: what this brings back. `personal`: what is still known.
    """

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    state: ShipmentState
    shipment: Shipment
    policy: str
    created_at: datetime
    updated_at: datetime
    policy_version: int = 0
    reference: str = ""
    quote_id: str = ""
    chosen_offer_id: str = ""
    zone: str = ""
    label_format: LabelFormat = field(default_factory=LabelFormat)
    ready_at: datetime | None = None
    window: TimeWindow | None = None
    why: str = ""
    account_id: str = ""
    account: str = ""
    carrier: str = ""
    service: ServiceLevel | None = None
    tender_id: str = ""
    price: Money | None = None
    quoted_price: Money | None = None
    promised_price: Money | None = None
    deliver_by: datetime | None = None
    tracking_number: str = ""
    carrier_tracking_url: str = ""
    status: str = "created"
    reason: str = "none"
    phase: str = "pre_transit"
    attempts: int = 0
    status_conflict: bool = False
    status_at: datetime | None = None
    delivered_at: datetime | None = None
    last_progress_status: str = ""
    leg: Leg = Leg.OUTBOUND
    pieces: Mapping[str, str] = field(default_factory=dict)
    eta: Eta | None = None
    agreed: Agreed | None = None
    alarms: tuple[str, ...] = ()
    proof: ProofOfDelivery | None = None
    booking: BookingRef | None = None
    return_of: str = ""
    personal: Personal = Personal.ALL
    link_version: int = 0  # how often the recipient's link was revoked
    version: int = 1
    due_at: datetime | None = None
    tries: int = 0

    @property
    def expected(self) -> Eta | None:
        """The ETA while it is on its way to the recipient; the watch comes a moment after the event that ends it."""
        return None if self.phase in ("final", "return") else self.eta


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """One offer of a shipment to one carrier account. Its id is the reference the carrier gets.

    `lease_until`: how long the process that sends it may still be waiting. `due_at`: when its outcome is looked up
    again (open tenders) or checked once more (tenders closed by an empty look-up). `lookups`: empty look-ups so far.
    `answer_ms`: how long the carrier took to answer, or we to give up; None where nothing was sent, or its sender died.
    """

    id: str
    merchant_id: str
    shipment_id: str
    account_id: str
    account: str
    carrier: str
    offer_id: str
    rate: Rate
    state: TenderState
    created_at: datetime
    updated_at: datetime
    lease_until: datetime
    why: str = ""
    carrier_code: str | None = None
    carrier_message: str | None = None
    booking: BookingRef | None = None
    answer_ms: int | None = None
    due_at: datetime | None = None
    lookups: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerRecord:
    """A tracking number we follow: of a booking of ours (`shipment_id`, `tender_id`) or of one made elsewhere.

    `promised_by` is the first promise: the booking's, or what the merchant said of one made elsewhere. `timezone` is
    the recipient's ("" where nobody knows), `pushed_at` when the carrier last told by itself (None once a poll has
    found what no push had told), `estimated_as_of` when things stood as its estimate has it. `parcels` is how many
    there are, however few have numbers.
    """

    id: str
    merchant_id: str
    account_id: str
    carrier: str
    tracking_number: str
    created_at: datetime
    mode: Literal["test", "live"] = "live"
    shipment_id: str = ""
    tender_id: str = ""
    parcel_numbers: tuple[str, ...] = ()
    parcels: int = 1
    status: str = "unknown"
    reason: str = "not_tracked_yet"
    phase: str = "unknown"
    attempts: int = 0
    status_conflict: bool = False
    status_at: datetime | None = None
    delivered_at: datetime | None = None
    last_progress_status: str = ""
    estimated_delivery_at: datetime | None = None
    estimated_as_of: datetime | None = None
    promised_by: datetime | None = None
    timezone: str = ""
    version: int = 0
    finished: bool = False
    subscribed_until: datetime | None = None
    pushed_at: datetime | None = None
    polled_at: datetime | None = None
    due_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """A booking to be taken back at its carrier: because the merchant asked, or because it must not exist.

    `purpose` is `merchant` (a cancellation) or `compensation` (a late "booked" of a closed tender). `agreed`: the
    carrier has taken it on and is not asked again; tracking tells the outcome.
    """

    id: str
    merchant_id: str
    shipment_id: str
    tender_id: str
    account_id: str
    booking: BookingRef
    purpose: Literal["merchant", "compensation"]
    state: Literal["due", "agreed", "done", "refused"] = "due"
    why: str = ""
    asked: int = 0
    tries: int = 0
    created_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something a person must settle, about a tender, a shipment or (a pickup or manifest) the `subject_id`.

    The kinds are in `case_kinds.toml`. `owner_id` is the user who works on it; `due_at` is by when somebody shall have
    settled it, as its kind says unless it is given.
    """

    id: str
    merchant_id: str
    kind: str
    shipment_id: str = ""
    subject_id: str = ""
    tender_id: str = ""
    why: str = ""
    state: Literal["open", "closed"] = "open"
    created_at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: str = ""
    note: str = ""
    owner_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """The flat facts of one shipment; money in minor units of `currency`. `due_on`: the recipient's day of the promise,
    or of the booking. `estimates`: what the carrier said of its arrival as each of `gateway.domain.stages` began.
    `declared`: the value of its parcels; `apart_m`: metres from the address to where the proof was made.
    """

    merchant_id: str
    shipment_id: str
    account_id: str
    carrier: str
    service: str
    zone: str
    ordered_at: datetime | None = None
    booked_at: datetime
    due_on: date
    ready_at: datetime | None = None
    promised_by: datetime | None = None
    picked_up_at: datetime | None = None
    first_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    outcome: str = ""
    quoted_minor: int | None = None
    price_minor: int | None = None
    currency: str = ""
    co2e_g: int | None = None
    parcels: int = 1
    weight_g: int = 0
    declared: Money | None = None
    apart_m: int | None = None
    estimates: Mapping[str, datetime] = field(default_factory=dict)
