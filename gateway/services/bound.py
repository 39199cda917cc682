"""Every service, bound to one database and one transport: what the API, the worker and the command line work with."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.clock import Clock
from gateway.services.accounts import AccountBook
from gateway.services.assignments import AssignmentBook
from gateway.services.backtest_jobs import BacktestJobs
from gateway.services.backtests import Backtester
from gateway.services.batches import Batches
from gateway.services.bulk import BulkJobs
from gateway.services.call_book import CallBook
from gateway.services.care import CareDesk
from gateway.services.carrier_pool import CarrierPool
from gateway.services.carriers import Catalogue
from gateway.services.checkout_connections import ConnectionBook
from gateway.services.checkouts import Checkouts
from gateway.services.claim_files import ClaimFiles
from gateway.services.claims import ClaimBook
from gateway.services.corrections import CorrectionDesk
from gateway.services.dispatch import Dispatcher
from gateway.services.diversions.desk import Diversions
from gateway.services.enquiries import EnquiryBook
from gateway.services.facilities import FacilityBook
from gateway.services.fleet import Fleet
from gateway.services.handover_board import HandoverBoard
from gateway.services.idempotency import Once
from gateway.services.inbox import InboxReader
from gateway.services.ingest import Ingest
from gateway.services.keys import KeyRing
from gateway.services.kpi_cohorts import Cohorts
from gateway.services.kpi_reports import KpiReports
from gateway.services.kpi_sums import KpiSummer
from gateway.services.labels import Labels
from gateway.services.live import LiveUpdates
from gateway.services.manifests import Manifests
from gateway.services.merchant_webhooks import MerchantWebhooks
from gateway.services.notifications.book import NotificationBook
from gateway.services.notifications.lanes import NotificationLanes
from gateway.services.notifications.receipts import Receipts
from gateway.services.notifications.templates import Templates
from gateway.services.orders import Orders
from gateway.services.pack_station import PackStation
from gateway.services.past_days import PastDaysWriter
from gateway.services.pickups import Pickups
from gateway.services.policies import PolicyBook
from gateway.services.policy_names import PolicyNames
from gateway.services.polling import Poller
from gateway.services.ports import Store
from gateway.services.privacy import PrivacyDesk
from gateway.services.proof_files import ProofFiles
from gateway.services.proof_keeping import ProofKeeping
from gateway.services.quarantine import Quarantine
from gateway.services.quotes import QuoteService
from gateway.services.rate_cards import RateCardBook
from gateway.services.recalls import Recalls
from gateway.services.recipients.bound import Recipients
from gateway.services.reconcile import Reconciler
from gateway.services.reliability.emissions import EmissionModel
from gateway.services.reliability.learner import Learner
from gateway.services.reliability.outlooks import OutlookBook
from gateway.services.reliability.report import ReliabilityReports
from gateway.services.request_log import RequestLog
from gateway.services.rereading import Rereading
from gateway.services.retention import Retention
from gateway.services.returns import Returns
from gateway.services.service_points import ServicePoints
from gateway.services.shipments import ShipmentService
from gateway.services.staff import Staff
from gateway.services.status_tables import StatusTableBook
from gateway.services.told_again import ToldAgain
from gateway.services.tracker_watch import TrackerWatcher
from gateway.services.trackers import TrackerBook
from gateway.services.tracking import Tracking
from gateway.services.trials import Trials
from gateway.services.watch import Watch
from gateway.services.webhook_lanes import WebhookLanes
from gateway.services.whereabouts import WhereaboutsDesk
from gateway.services.zones import ZoneBook
from gateway.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What is known of a delivery before it is made: by our own history, and by the emission model."""

    emissions: EmissionModel
    outlooks: OutlookBook
    learner: Learner
    reports: ReliabilityReports


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made once by `gateway.bootstrap`."""

    settings: Settings
    store: Store
    clock: Clock
    pool: CarrierPool
    once: Once
    keys: KeyRing
    catalogue: Catalogue
    accounts: AccountBook
    policies: PolicyBook
    policy_names: PolicyNames
    backtester: Backtester
    backtests: BacktestJobs
    bulk: BulkJobs
    orders: Orders
    batches: Batches
    packing: PackStation
    trials: Trials
    past_days: PastDaysWriter
    rate_cards: RateCardBook
    zones: ZoneBook
    facilities: FacilityBook
    assignments: AssignmentBook
    quotes: QuoteService
    connections: ConnectionBook
    checkouts: Checkouts
    shipments: ShipmentService
    labels: Labels
    recalls: Recalls
    care: CareDesk
    diversions: Diversions
    reconciler: Reconciler
    tracking: Tracking
    dispatcher: Dispatcher
    inbox: InboxReader
    ingest: Ingest
    quarantine: Quarantine
    status_tables: StatusTableBook
    rereading: Rereading
    corrections: CorrectionDesk
    claims: ClaimBook
    enquiries: EnquiryBook
    claim_files: ClaimFiles
    retention: Retention
    poller: Poller
    fleet: Fleet
    service_points: ServicePoints
    pickups: Pickups
    manifests: Manifests
    handover: HandoverBoard
    webhooks: MerchantWebhooks
    lanes: WebhookLanes
    live: LiveUpdates
    proofs: ProofFiles
    proof_keeping: ProofKeeping
    privacy: PrivacyDesk
    returns: Returns
    recipients: Recipients
    notifications: NotificationBook
    templates: Templates
    receipts: Receipts
    recipient_lanes: NotificationLanes
    foresight: Foresight
    kpis: KpiReports
    kpi_summer: KpiSummer
    cohorts: Cohorts
    watch: Watch
    told_again: ToldAgain
    trackers: TrackerBook
    tracker_watch: TrackerWatcher
    whereabouts: WhereaboutsDesk
    staff: Staff
    log: RequestLog
    calls: CallBook
