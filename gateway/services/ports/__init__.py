"""What services need from outside, as Protocols, a module a topic; `gateway.storage` and `gateway.engines` implement.

A unit of work is one transaction: `with work() as uow:` rolls back unless `uow.commit()` was called. Carriers are
never called inside one. `claim` methods lease due rows to one worker, count the try, and commit by themselves.
"""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.quotes import Quote
from gateway.domain.records import (
    DeliveryRecord,
    KeyRecord,
    Recall,
    ShipmentRecord,
    Tender,
)
from gateway.domain.shipments import Label, LabelKind
from gateway.services.ports.accounts import Accounts as Accounts
from gateway.services.ports.accounts import RateCardVersions as RateCardVersions
from gateway.services.ports.accounts import Windows as Windows
from gateway.services.ports.answers import MANY as MANY
from gateway.services.ports.answers import FoundShipment as FoundShipment
from gateway.services.ports.answers import HandoverSearch as HandoverSearch
from gateway.services.ports.answers import Mode as Mode
from gateway.services.ports.answers import Page as Page
from gateway.services.ports.answers import ShipmentSearch as ShipmentSearch
from gateway.services.ports.answers import UnmappedCode as UnmappedCode
from gateway.services.ports.answers import Violation as Violation
from gateway.services.ports.backtests import Backtests as Backtests
from gateway.services.ports.bulk import Bulk as Bulk
from gateway.services.ports.calls import Calls as Calls
from gateway.services.ports.cases import Cases as Cases
from gateway.services.ports.cases import Corrections as Corrections
from gateway.services.ports.checkouts import CheckoutStore as CheckoutStore
from gateway.services.ports.diversions import Diversions as Diversions
from gateway.services.ports.handover import Manifests as Manifests
from gateway.services.ports.handover import Pickups as Pickups
from gateway.services.ports.handover import PollingSpends as PollingSpends
from gateway.services.ports.history import History as History
from gateway.services.ports.history import PastDays as PastDays
from gateway.services.ports.inbox import Inbox as Inbox
from gateway.services.ports.inbox import StatusTables as StatusTables
from gateway.services.ports.many import Many as Many
from gateway.services.ports.measured import Measured as Measured
from gateway.services.ports.messages import News as News
from gateway.services.ports.messages import Outbox as Outbox
from gateway.services.ports.notifications import Notifications as Notifications
from gateway.services.ports.people import OfPeople
from gateway.services.ports.places import Facilities as Facilities
from gateway.services.ports.places import ZoneSets as ZoneSets
from gateway.services.ports.policies import Policies as Policies
from gateway.services.ports.privacy import Privacy as Privacy
from gateway.services.ports.proofs import ProofFiles as ProofFiles
from gateway.services.ports.pushes import Pushes as Pushes
from gateway.services.ports.recipients import Brands as Brands
from gateway.services.ports.recipients import Codes as Codes
from gateway.services.ports.recipients import Ratings as Ratings
from gateway.services.ports.recipients import Tries as Tries
from gateway.services.ports.reliability import Reliability as Reliability
from gateway.services.ports.repeats import Idempotency as Idempotency
from gateway.services.ports.trackers import Trackers as Trackers
from gateway.services.ports.trackers import TrackerWatches as TrackerWatches
from gateway.services.ports.waves import Assignments as Assignments


class Keys(Protocol):
    """Merchants and their API keys."""

    def add_merchant(self, merchant_id: str, name: str, created_at: datetime) -> None: ...
    def settings_version(self, merchant_id: str) -> int:
        """Rises with every change of the merchant's accounts and policies: what was read before is stale then."""

    def wishes_version(self, merchant_id: str) -> int:
        """The same without what only says that an account rests: rises with what the merchant wants."""

    def merchants(self) -> Sequence[tuple[str, str]]:
        """(id, name) of every merchant."""

    def add(self, key: KeyRecord) -> None: ...
    def by_public_id(self, public_id: str) -> KeyRecord | None: ...
    def list(self, merchant_id: str, mode: Mode) -> Sequence[KeyRecord]: ...
    def revoke(self, merchant_id: str, mode: Mode, key_id: str, at: datetime) -> bool: ...
    def used(self, merchant_id: str, key_id: str, at: datetime) -> None: ...


class QuoteStore(Protocol):
    """Quotes with their offers."""

    def add(self, quote: Quote) -> None: ...
    def get(self, merchant_id: str, quote_id: str) -> Quote | None: ...
    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget quotes whose id is smaller; how many. Ids sort by time."""


class Shipments(Protocol):
    """Shipments, their tenders, labels and recalls."""

    def add(self, shipment: ShipmentRecord) -> bool:
        """False when the merchant's reference is taken."""

    def get(self, merchant_id: str, shipment_id: str, *, lock: bool = False) -> ShipmentRecord | None:
        """`lock` holds the row until the transaction ends."""

    def by_id(self, shipment_id: str) -> ShipmentRecord | None:
        """Across merchants: only for recipients, whose link names the shipment alone."""

    def look_up(self, merchant_id: str, shipment_id: str) -> FoundShipment | None:
        """What the most frequent question wants to know, in one statement."""

    def by_reference(self, merchant_id: str, mode: Mode, reference: str) -> ShipmentRecord | None: ...
    def returns_of(self, merchant_id: str, shipment_id: str) -> Sequence[ShipmentRecord]: ...
    def update(self, shipment: ShipmentRecord) -> None: ...
    def claim_stranded(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ShipmentRecord]:
        """Shipments in `booking` without an open tender that nobody touched for a lease; touched by this, committed."""

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[ShipmentRecord]:
        """Shipments that the watch is to look at; the claim moves `due_at` past the lease."""

    def foresee(self, shipment: ShipmentRecord) -> None:
        """Write only `eta`, `alarms`, `due_at` and `tries`, of whatever version."""

    def wake(self, merchant_id: str, shipment_id: str, at: datetime) -> None:
        """Have the watch look at it by then."""

    def search(self, merchant_id: str, search: ShipmentSearch) -> Page[ShipmentRecord]: ...
    def led_to(self, merchant_id: str, words: Sequence[str]) -> Mapping[str, int]:
        """How many shipments each word leads to, up to `MANY`."""

    def booked_since(self, merchant_id: str, mode: Mode, since: datetime) -> Mapping[str, int]:
        """How many shipments that were made since then are booked, by account name."""

    def add_label(self, merchant_id: str, shipment_id: str, label: Label) -> None:
        """Idempotent: the first label of a kind stays."""

    def label(self, merchant_id: str, shipment_id: str, kind: LabelKind) -> Label | None: ...
    def label_kinds(self, merchant_id: str, shipment_id: str) -> Collection[LabelKind]:
        """Which labels there are, without reading them."""


class Tenders(Protocol):
    """Tenders. The database itself forbids a second open one for a shipment."""

    def add(self, tender: Tender) -> bool:
        """False when the shipment has an open tender already."""

    def get(self, merchant_id: str, tender_id: str) -> Tender | None: ...
    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Tender]:
        """Oldest first."""

    def close(self, tender: Tender, expected: Sequence[str]) -> bool:
        """Write the tender if its stored state is one of `expected`; False when somebody else was first."""

    def booked_elsewhere(self, merchant_id: str, account_id: str, carrier_reference: str, tender_id: str) -> str | None:
        """Another open tender's id that holds this booking of the account already."""

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Tender]:
        """Offered tenders whose sender's lease is over; uncertain ones, and closed ones, that are due."""


class Recalls(Protocol):
    """Bookings to be taken back."""

    def add(self, recall: Recall) -> bool:
        """False when that very booking is being recalled already."""

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Recall]: ...
    def update(self, recall: Recall) -> None: ...
    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Recall]: ...


class DeliveryRecords(Protocol):
    """Flat facts for measures."""

    def put(self, record: DeliveryRecord) -> None: ...
    def get(self, merchant_id: str, shipment_id: str) -> DeliveryRecord | None: ...


class UnitOfWork(OfPeople, Measured, Protocol):
    """One transaction and the repositories in it."""

    accounts: Accounts
    rate_cards: RateCardVersions
    keys: Keys
    policies: Policies
    zones: ZoneSets
    facilities: Facilities
    assignments: Assignments
    backtests: Backtests
    bulk: Bulk
    past_days: PastDays
    quotes: QuoteStore
    checkouts: CheckoutStore
    shipments: Shipments
    tenders: Tenders
    recalls: Recalls
    diversions: Diversions
    trackers: Trackers
    tracker_watches: TrackerWatches
    many: Many
    inbox: Inbox
    status_tables: StatusTables
    outbox: Outbox
    idempotency: Idempotency
    cases: Cases
    corrections: Corrections
    records: DeliveryRecords
    proof_files: ProofFiles
    pickups: Pickups
    manifests: Manifests
    polling: PollingSpends
    brands: Brands
    ratings: Ratings
    tries: Tries
    codes: Codes
    reliability: Reliability
    notifications: Notifications
    pushes: Pushes
    privacy: Privacy
    calls: Calls

    def commit(self) -> None: ...


class Store(Protocol):
    """The database: units of work, and what is not part of any."""

    def work(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that may write."""

    def look(self) -> AbstractContextManager[UnitOfWork]:
        """Reading only, without a transaction to end."""

    def windows(self, merchant_id: str, account_id: str) -> Windows: ...
    def history(self) -> History: ...
    def audit(self, now: datetime) -> Sequence[Violation]:
        """Every broken invariant that the database alone can show."""

    def beat(self, job: str, at: datetime, rows: int, error: str) -> None: ...
    def keep_grade(self, carrier: str, fingerprint: str, level: str) -> None:
        """The kit's grade of a carrier's code, in place of an earlier one."""

    def grades(self) -> Mapping[str, tuple[str, str]]:
        """(fingerprint of the code, level) of every graded carrier."""

    def beats(self) -> Mapping[str, tuple[datetime, int, str]]: ...
    def unmapped(self) -> Sequence[UnmappedCode]: ...
    def counts(self) -> Mapping[str, int]:
        """How many rows wait for what, over all merchants: inbox_waiting, tenders_uncertain ..."""

    def make_room(self, first: datetime, last: datetime) -> None:
        """Room for the events of trackers that begin between two moments, where a database wants it made ahead."""

    def news(self) -> News:
        """Hear of outbox messages as they are committed, from now on."""

    def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
