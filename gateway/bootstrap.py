"""The only place where ports meet implementations: plain constructors, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Transport
from carriers.base.registry import installed
from carriers.base.transports import RequestsTransport
from gateway.domain.clock import Clock, utc_now
from gateway.engines.assignment import HighsSolver
from gateway.engines.geometry import ShapelyGeometry
from gateway.engines.handover_list import HandoverList
from gateway.engines.holidays import PublicHolidays
from gateway.engines.labels import LabelPress
from gateway.engines.replay.lazy import LazyReplays
from gateway.engines.towns import TimezoneTowns
from gateway.jobs.hints import Hints
from gateway.jobs.worker import Job, WorkerLoop
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
from gateway.services.decisions import Decisions
from gateway.services.dispatch import Dispatcher, Ticks
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
from gateway.services.polling import Poller
from gateway.services.ports import Store
from gateway.services.ports.policies import NoCalendar
from gateway.services.quarantine import Quarantine
from gateway.services.quotes import QuoteService
from gateway.services.rate_cards import RateCardBook
from gateway.services.recalls import Recalls
from gateway.services.reconcile import Reconciler
from gateway.services.reliability.emissions import EmissionModel
from gateway.services.reliability.learner import Learner
from gateway.services.reliability.outlooks import OutlookBook
from gateway.services.reliability.report import ReliabilityReports
from gateway.services.rereading import Rereading
from gateway.services.retention import Retention
from gateway.services.service_points import ServicePoints
from gateway.services.shipments import ShipmentService
from gateway.services.status_tables import StatusTableBook
from gateway.services.tracking import Funnel, Tracking
from gateway.services.volumes import BookedVolumes
from gateway.services.webhook_lanes import WebhookLanes
from gateway.services.zones import ZoneBook
from gateway.settings import BadSettings, Settings
from gateway.shipped import shipped_emission_profiles as shipped_emission_profiles
from gateway.shipped import shipped_factors as shipped_factors
from gateway.shipped import shipped_policies as shipped_policies
from gateway.shipped import shipped_zones as shipped_zones
from gateway.storage import open_store

HOUR_S = 3600.0
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
    dispatcher = _dispatcher(settings)
    funnel, accounts = Funnel(clock, settings.tracking), AccountBook(store, pool, clock, settings.carriers, installed)
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
        **_planning(store, policies, facilities, clock, settings),
        rate_cards=RateCardBook(store, accounts, pool, clock),
        zones=zones,
        facilities=facilities,
        quotes=quotes,
        connections=ConnectionBook(store, policies, clock),
        checkouts=Checkouts(store, pool, quotes, clock, installed),
        shipments=ShipmentService(store, quotes, reconciler, acceptance, clock),
        labels=Labels(store, pool, LabelPress(settings.labels.fonts)),
        recalls=Recalls(store, pool, clock, settings.booking, settings.worker),
        reconciler=reconciler,
        tracking=(tracking := Tracking(store, pool, funnel, clock, settings.tracking, dispatcher)),
        dispatcher=dispatcher,
        **_intake(store, accounts, pool, funnel, clock, settings),
        retention=Retention(store, clock, settings.retention),
        fleet=Fleet(store, pool, accounts, tracking),
        service_points=ServicePoints(pool, settings.quoting),
        pickups=Pickups(store, pool, clock, settings.booking, settings.worker),
        manifests=Manifests(store, pool, clock, settings.booking, settings.worker, HandoverList(settings.labels.fonts)),
        **_telling(store, clock, settings, faults),
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


def _telling(store: Store, clock: Clock, settings: Settings, faults: FaultPoints) -> Mapping[str, Any]:
    """The services that tell merchants and those who watch."""
    return {
        "webhooks": MerchantWebhooks(store, clock, settings.webhooks),
        "lanes": WebhookLanes(store, clock, settings.webhooks, settings.worker, faults, LoggedAlarm()),
        "live": LiveUpdates(store, clock, settings.streams),
    }


def _intake(
    store: Store, accounts: AccountBook, pool: CarrierPool, funnel: Funnel, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """What comes in or is asked for, how its codes are read, and what becomes of what cannot be applied."""
    return {
        "poller": Poller(store, pool, funnel, clock, settings.tracking, settings.worker, settings.web.base_url),
        "inbox": InboxReader(store, pool, funnel, clock, settings.tracking, settings.worker),
        "ingest": Ingest(store, accounts, pool, funnel, clock),
        "quarantine": Quarantine(store, clock),
        "status_tables": StatusTableBook(store, accounts, clock),
        "rereading": Rereading(store, accounts, pool, clock),
    }


def _planning(
    store: Store, policies: PolicyBook, facilities: FacilityBook, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """Many shipments at once: waves to be assigned, and what-if over the past."""
    origins = Origins(store, facilities)
    replays = LazyReplays(store, store.history(), origins, Path(REPLAYS))
    backtester = Backtester(store, policies, origins, replays)
    return {
        "assignments": AssignmentBook(store, HighsSolver(), clock),
        "backtester": backtester,
        "backtests": BacktestJobs(store, backtester, clock, settings.worker),
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


def _dispatcher(settings: Settings) -> Dispatcher:
    if settings.work.engine == "embedded":
        return Ticks()
    if settings.work.engine != "celery":
        raise BadSettings("work.engine is embedded or celery")
    dispatcher: Dispatcher = celery_engine().CeleryDispatcher(settings.work)
    return dispatcher


def celery_engine() -> ModuleType:
    """The module with the distributed engine. Raises BadSettings: its library is not installed."""
    try:
        return import_module("gateway.engines.celery_engine")
    except ModuleNotFoundError as error:
        raise BadSettings('the engine "celery" needs more libraries: pip install "doorstep[distributed]"') from error


def _transport(settings: Settings) -> Transport:
    if settings.carriers.transport not in TRANSPORTS:
        raise BadSettings(f"carriers.transport is one of {', '.join(TRANSPORTS)}")
    return TRANSPORTS[settings.carriers.transport]()


def worker(services: Services) -> WorkerLoop:
    """The worker with its jobs: the tuple is the list of all background work."""
    lanes, endpoints = services.lanes, services.settings.webhooks.endpoints_at_once
    jobs = (
        Job("reconcile", services.reconciler.claim, services.reconciler.work, services.reconciler.park),
        Job("stranded", services.reconciler.claim_stranded, services.reconciler.work_stranded, _nothing),
        Job("recalls", services.recalls.claim, services.recalls.work, services.recalls.park),
        Job("pickups", services.pickups.claim, services.pickups.work, services.pickups.park),
        Job("manifests", services.manifests.claim, services.manifests.work, services.manifests.park),
        Job("inbox", services.inbox.claim, services.inbox.work, services.inbox.park, due=services.inbox.due),
        Job("poll", services.poller.claim, services.poller.work, services.poller.park, due=services.poller.due),
        Job("webhooks", lanes.claim, lanes.work, lanes.park, at_once=endpoints, due=lanes.due),
        Job("assignments", services.assignments.claim, services.assignments.work, services.assignments.park),
        Job("backtests", services.backtests.claim, services.backtests.work, services.backtests.park),
        Job("retention", services.retention.prune, _nothing, _nothing, every_s=HOUR_S),
        Job("room", services.retention.make_room, _nothing, _nothing, every_s=HOUR_S),
        Job("learn", services.foresight.learner.chore, _nothing, _nothing, every_s=HOUR_S),
        Job("grade_carriers", services.catalogue.claim, services.catalogue.work, _nothing, every_s=HOUR_S),
    )
    settings, work = services.settings.worker, services.settings.work
    hints = Hints(services.dispatcher, work.sweep_s) if work.engine == "celery" else None
    return WorkerLoop(
        jobs, services.store, services.clock, tick_s=settings.tick_s, max_tries=settings.max_tries, hints=hints
    )


def _nothing(*_: object) -> None:
    """For jobs whose rows are nothing to be worked or parked."""
