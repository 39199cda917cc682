"""The only place where ports meet implementations: plain constructors, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Transport
from carriers.base.registry import installed
from carriers.base.transports import RequestsTransport
from gateway.bootstrap_recipients import telling_recipients
from gateway.distribution import dispatcher_of
from gateway.domain.clock import Clock, utc_now
from gateway.engines.assignment import HighsSolver
from gateway.engines.credentials import Argon2Passwords, TimedCodes
from gateway.engines.files import FsspecFileStore
from gateway.engines.geometry import ShapelyGeometry
from gateway.engines.handover_list import HandoverList
from gateway.engines.holidays import PublicHolidays
from gateway.engines.labels import LabelPress
from gateway.engines.languages import SpokenLanguages
from gateway.engines.notices.alarm import AppriseAlarm
from gateway.engines.pictures import PictureProcess
from gateway.engines.replay.lazy import LazyReplays
from gateway.engines.small_pictures import PillowPictures
from gateway.engines.towns import TimezoneTowns
from gateway.services.acceptance import Acceptance
from gateway.services.accounts import AccountBook
from gateway.services.assignments import AssignmentBook
from gateway.services.backtest_jobs import BacktestJobs
from gateway.services.backtests import Backtester
from gateway.services.booking import Booker
from gateway.services.bound import Foresight, Services
from gateway.services.carrier_pool import CarrierPool
from gateway.services.carriers import Catalogue
from gateway.services.checkout_connections import ConnectionBook
from gateway.services.checkouts import Checkouts
from gateway.services.corrections import CorrectionDesk
from gateway.services.decisions import Decisions
from gateway.services.endpoint_news import LoggedAlarm
from gateway.services.facilities import FacilityBook
from gateway.services.faultpoints import FaultPoints
from gateway.services.fleet import Fleet
from gateway.services.idempotency import Once
from gateway.services.inbox import InboxReader
from gateway.services.ingest import Ingest
from gateway.services.keys import KeyRing
from gateway.services.labels import Labels
from gateway.services.live import LiveUpdates
from gateway.services.manifests import Manifests
from gateway.services.merchant_webhooks import MerchantWebhooks
from gateway.services.origins import Origins
from gateway.services.pickups import Pickups
from gateway.services.policies import PolicyBook
from gateway.services.policy_names import PolicyNames
from gateway.services.polling import Poller
from gateway.services.ports import Store
from gateway.services.ports.policies import NoCalendar
from gateway.services.proof_files import ProofFiles
from gateway.services.proof_keeping import ProofKeeping
from gateway.services.quarantine import Quarantine
from gateway.services.quotes import QuoteService
from gateway.services.rate_cards import RateCardBook
from gateway.services.recalls import Recalls
from gateway.services.recipients.bound import recipients
from gateway.services.reconcile import Reconciler
from gateway.services.reliability.emissions import EmissionModel
from gateway.services.reliability.learner import Learner
from gateway.services.reliability.outlooks import OutlookBook
from gateway.services.reliability.report import ReliabilityReports
from gateway.services.rereading import Rereading
from gateway.services.retention import Retention
from gateway.services.returns import Returns
from gateway.services.service_points import ServicePoints
from gateway.services.shipments import ShipmentService
from gateway.services.staff import staff_of
from gateway.services.status_tables import StatusTableBook
from gateway.services.tracking import Funnel, Tracking
from gateway.services.volumes import BookedVolumes
from gateway.services.watch import Watch
from gateway.services.webhook_lanes import WebhookLanes
from gateway.services.whereabouts import WhereaboutsDesk
from gateway.services.zones import ZoneBook
from gateway.settings import BadSettings, Settings
from gateway.shipped import shipped_emission_profiles as shipped_emission_profiles
from gateway.shipped import shipped_factors as shipped_factors
from gateway.shipped import shipped_policies as shipped_policies
from gateway.shipped import shipped_zones as shipped_zones
from gateway.storage import open_store

CALENDAR = PublicHolidays()
REPLAYS = "var/replay"
TRANSPORTS: Mapping[str, type[Transport]] = {"curl": CurlTransport, "requests": RequestsTransport}


def build(settings: Settings, clock: Clock = utc_now) -> Services:
    """Bind every service. Raises BadSettings: no secret keys or no such transport."""
    store, faults, pool = _ground(settings, clock)
    policies, (zones, facilities) = PolicyBook(store, shipped_policies(), clock), _places(store, clock)
    foresight, decisions = _foresight(store, clock)
    quotes = QuoteService(store, pool, policies, decisions, zones, facilities, clock, settings.quoting)
    acceptance = Acceptance(store, clock, settings.booking.price_tolerance_percent)
    reconciler = _reconciler(settings, (store, faults, pool), quotes, acceptance, clock)
    shipments = ShipmentService(store, quotes, reconciler, acceptance, clock)
    after = _afterwards(store, shipments, clock, settings, faults)
    accounts = AccountBook(store, pool, clock, settings.carriers, installed)
    return Services(
        settings=settings,
        store=store,
        clock=clock,
        pool=pool,
        once=_once(store, clock, faults, settings),
        keys=KeyRing(store, settings.secrets.pepper, clock),
        catalogue=Catalogue(store, installed),
        accounts=accounts,
        policies=policies,
        policy_names=PolicyNames(store, zones, facilities, installed),
        **_planning(store, policies, facilities, clock, settings),
        rate_cards=RateCardBook(store, accounts, pool, clock),
        zones=zones,
        facilities=facilities,
        quotes=quotes,
        **_shops(store, pool, quotes, policies, clock, settings),
        **_booking(store, pool, shipments, clock, settings),
        reconciler=reconciler,
        **_intake(store, accounts, pool, after["proofs"], clock, settings),
        **_handover(store, pool, clock, settings),
        **_telling(store, pool, clock, settings, faults),
        **after,
        foresight=foresight,
    )


def _foresight(store: Store, clock: Clock) -> tuple[Foresight, Decisions]:
    """What is known of deliveries, and the decisions that ask for it; the calendar comes with the facilities."""
    emissions = EmissionModel(store, shipped_factors(), shipped_emission_profiles())
    foresight = Foresight(
        emissions=emissions,
        outlooks=OutlookBook(store, emissions),
        learner=Learner(store, clock),
        reports=ReliabilityReports(store, clock),
    )
    return foresight, Decisions(foresight.outlooks, NoCalendar(), BookedVolumes(store, clock))


def _ground(settings: Settings, clock: Clock) -> tuple[Store, FaultPoints, CarrierPool]:
    """What every service stands on."""
    store, faults = _store(settings, clock), FaultPoints(settings.faults.kill_at)
    return (
        store,
        faults,
        CarrierPool(store, _transport(settings), clock, settings.carriers, faults, installed, CALENDAR),
    )


def _reconciler(
    settings: Settings,
    ground: tuple[Store, FaultPoints, CarrierPool],
    quotes: QuoteService,
    acceptance: Acceptance,
    clock: Clock,
) -> Reconciler:
    """Finds outcomes out, and carries bookings on."""
    store, faults, pool = ground
    booker = Booker(store, pool, quotes, acceptance, clock, settings.booking, faults)
    return Reconciler(store, pool, booker, clock, settings.booking, settings.worker)


def _places(store: Store, clock: Clock) -> tuple[ZoneBook, FacilityBook]:
    """What merchants say about places."""
    zones = ZoneBook(store, shipped_zones(), ShapelyGeometry(), TimezoneTowns(), clock)
    return zones, FacilityBook(store, CALENDAR, clock)


def _once(store: Store, clock: Clock, faults: FaultPoints, settings: Settings) -> Once:
    """A request is locked for as long as a booking may take."""
    booking = settings.booking
    return Once(store, clock, faults, timedelta(seconds=booking.deadline_s + booking.lease_margin_s))


def _telling(
    store: Store, pool: CarrierPool, clock: Clock, settings: Settings, faults: FaultPoints
) -> Mapping[str, Any]:
    """The services that tell merchants, recipients, operators and those who watch."""
    alarm = AppriseAlarm(settings.alerts.urls) if settings.alerts.urls else LoggedAlarm()
    return {
        **telling_recipients(store, clock, settings, faults, alarm),
        "webhooks": MerchantWebhooks(store, clock, settings.webhooks),
        "lanes": WebhookLanes(store, clock, settings.webhooks, settings.worker, faults, alarm),
        "live": LiveUpdates(store, clock, settings.streams),
        "recipients": recipients((store, pool, clock), settings, installed, SpokenLanguages(), PillowPictures()),
    }


def _handover(store: Store, pool: CarrierPool, clock: Clock, settings: Settings) -> Mapping[str, Any]:
    """Where parcels change hands: collections, the end of the day."""
    lists = HandoverList(settings.labels.fonts)
    return {
        "pickups": Pickups(store, pool, clock, settings.booking, settings.worker),
        "manifests": Manifests(store, pool, clock, settings.booking, settings.worker, lists),
    }


def _booking(
    store: Store, pool: CarrierPool, shipments: ShipmentService, clock: Clock, settings: Settings
) -> Mapping[str, Any]:
    """Shipments, what is printed for them, and what takes their bookings back."""
    return {
        "shipments": shipments,
        "labels": Labels(store, pool, LabelPress(settings.labels.fonts)),
        "recalls": Recalls(store, pool, clock, settings.booking, settings.worker),
    }


def _afterwards(
    store: Store, shipments: ShipmentService, clock: Clock, settings: Settings, faults: FaultPoints
) -> Mapping[str, Any]:
    """What proves a delivery, who looks into it, the way back, and what is forgotten."""
    files = FsspecFileStore(settings.files.url)
    return {
        "proofs": ProofFiles(store, files, PictureProcess(), clock, settings, faults),
        "proof_keeping": ProofKeeping(store, files, clock, settings.retention),
        "returns": Returns(store, shipments, clock, settings.returns),
        "retention": Retention(store, clock, settings.retention),
        "staff": staff_of(store, shipments, (Argon2Passwords(), TimedCodes()), clock, settings.console),
    }


def _intake(
    store: Store, accounts: AccountBook, pool: CarrierPool, proofs: ProofFiles, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """What comes in or is asked for, how its codes are read, and what becomes of what cannot be applied."""
    funnel, dispatcher = Funnel(clock, settings.tracking), dispatcher_of(settings.work)
    tracking = Tracking(store, pool, funnel, clock, settings.tracking, dispatcher)
    return {
        "dispatcher": dispatcher,
        "tracking": tracking,
        "fleet": Fleet(store, pool, accounts, tracking, proofs),
        "poller": Poller(store, pool, funnel, clock, settings.tracking, settings.worker, settings.web.base_url),
        "inbox": InboxReader(store, pool, funnel, clock, settings.tracking, settings.worker),
        "ingest": Ingest(store, accounts, pool, funnel, clock),
        "quarantine": Quarantine(store, clock),
        "status_tables": StatusTableBook(store, accounts, clock),
        "rereading": Rereading(store, accounts, pool, clock),
        "corrections": CorrectionDesk(store, clock),
        "whereabouts": WhereaboutsDesk(store),
        "watch": Watch(store, clock, settings.worker),
    }


def _planning(
    store: Store, policies: PolicyBook, facilities: FacilityBook, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """Many shipments at once: waves to be assigned, and what-if over the past."""
    origins = Origins(store, facilities, CALENDAR)
    replays = LazyReplays(store, store.history(), origins, Path(REPLAYS))
    backtester = Backtester(store, policies, origins, replays)
    return {
        "assignments": AssignmentBook(store, HighsSolver(), clock),
        "backtester": backtester,
        "backtests": BacktestJobs(store, backtester, clock, settings.worker),
    }


def _shops(
    store: Store, pool: CarrierPool, quotes: QuoteService, policies: PolicyBook, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """What checkouts ask, and the points that they may show."""
    points = ServicePoints(pool, settings.quoting)
    return {
        "service_points": points,
        "connections": ConnectionBook(store, policies, clock),
        "checkouts": Checkouts(store, pool, quotes, points, clock, installed),
    }


def _store(settings: Settings, clock: Clock) -> Store:
    if not settings.secrets.keys or not settings.secrets.pepper:
        raise BadSettings("no secret keys: run `gateway init` (it writes them to [secrets] file)")
    database = settings.database
    return open_store(
        database.url,
        secret_keys=settings.secrets.keys,
        clock=clock,
        durable=database.durable,
        pool_size=database.pool_size,
        poll_s=settings.streams.poll_s,
    )


def _transport(settings: Settings) -> Transport:
    if settings.carriers.transport not in TRANSPORTS:
        raise BadSettings(f"carriers.transport is one of {', '.join(TRANSPORTS)}")
    return TRANSPORTS[settings.carriers.transport]()
