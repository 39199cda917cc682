"""The only place where ports meet implementations: plain constructors, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carriers.base.registry import installed
from gateway.bootstrap.afterwards import around
from gateway.bootstrap.bulk import ordering
from gateway.bootstrap.choosing import foresight_of, places, planning, shops
from gateway.bootstrap.distribution import dispatcher_of
from gateway.bootstrap.ground import TRANSPORTS as TRANSPORTS
from gateway.bootstrap.ground import ground, once
from gateway.domain.clock import Clock, utc_now
from gateway.engines.handover_list import HandoverList
from gateway.engines.labels import LabelPress
from gateway.services.acceptance import Acceptance
from gateway.services.accounts import AccountBook
from gateway.services.booking import Booker
from gateway.services.bound import Services
from gateway.services.carrier_pool import CarrierPool
from gateway.services.carriers import Catalogue
from gateway.services.corrections import CorrectionDesk
from gateway.services.dispatch import Dispatcher
from gateway.services.enquiries import EnquiryBook
from gateway.services.facilities import FacilityBook
from gateway.services.faultpoints import FaultPoints
from gateway.services.fleet import Fleet
from gateway.services.handover_board import HandoverBoard
from gateway.services.inbox import InboxReader
from gateway.services.ingest import Ingest
from gateway.services.keys import KeyRing
from gateway.services.kpi_cohorts import Cohorts
from gateway.services.kpi_reports import KpiReports
from gateway.services.kpi_sums import KpiSummer
from gateway.services.labels import Labels
from gateway.services.manifests import Manifests
from gateway.services.pickups import Pickups
from gateway.services.policies import PolicyBook
from gateway.services.policy_names import PolicyNames
from gateway.services.polling import Poller
from gateway.services.ports import Store
from gateway.services.proof_files import ProofFiles
from gateway.services.quarantine import Quarantine
from gateway.services.quotes import QuoteService
from gateway.services.rate_cards import RateCardBook
from gateway.services.recalls import Recalls
from gateway.services.reconcile import Reconciler
from gateway.services.rereading import Rereading
from gateway.services.shipments import ShipmentService
from gateway.services.status_tables import StatusTableBook
from gateway.services.told_again import ToldAgain
from gateway.services.tracker_watch import TrackerWatcher
from gateway.services.trackers import TrackerBook
from gateway.services.tracking import Funnel, Tracking
from gateway.services.watch import Watch
from gateway.services.whereabouts import WhereaboutsDesk
from gateway.settings import Settings
from gateway.shipped import shipped_emission_profiles as shipped_emission_profiles
from gateway.shipped import shipped_factors as shipped_factors
from gateway.shipped import shipped_policies as shipped_policies
from gateway.shipped import shipped_zones as shipped_zones


def build(settings: Settings, clock: Clock = utc_now) -> Services:
    """Bind every service. Raises BadSettings: no secret keys or no such transport."""
    store, faults, pool, log = ground(settings, clock)
    policies, (zones, facilities) = PolicyBook(store, shipped_policies(), clock), places(store, clock)
    foresight, decisions = foresight_of(store, clock)
    quotes = QuoteService(store, pool, policies, decisions, zones, facilities, clock, settings.quoting)
    acceptance = Acceptance(store, clock, settings.booking.price_tolerance_percent)
    reconciler = _reconciler(settings, (store, faults, pool), quotes, acceptance, clock)
    shipments = ShipmentService(store, quotes, reconciler, acceptance, clock)
    after = around(store, pool, shipments, clock, settings, faults)
    booked, repeats = _booking(store, pool, shipments, clock, settings), once(store, clock, faults, settings)
    accounts, dispatcher = AccountBook(store, pool, clock, settings.carriers, installed), dispatcher_of(settings.work)
    return Services(
        settings=settings,
        store=store,
        clock=clock,
        pool=pool,
        keys=KeyRing(store, settings.secrets.pepper, clock),
        catalogue=Catalogue(store, installed),
        accounts=accounts,
        policies=policies,
        policy_names=PolicyNames(store, zones, facilities, installed),
        **planning(store, policies, facilities, clock, settings),
        rate_cards=RateCardBook(store, accounts, pool, clock),
        zones=zones,
        facilities=facilities,
        quotes=quotes,
        **shops(store, pool, quotes, policies, clock, settings),
        **booked,
        **ordering(store, quotes, shipments, facilities, repeats, {"pool": pool, **booked, **after}, clock, settings),
        reconciler=reconciler,
        dispatcher=dispatcher,
        **_intake(store, accounts, pool, after["proofs"], dispatcher, clock, settings),
        **_handover(store, pool, facilities, clock, settings),
        **after,
        foresight=foresight,
        **_measures(store, clock),
        log=log,
    )


def _measures(store: Store, clock: Clock) -> Mapping[str, Any]:
    """Key figures, the shipments behind them, and enquiries."""
    return {
        "enquiries": EnquiryBook(store, clock),
        "kpis": KpiReports(store, clock),
        "kpi_summer": KpiSummer(store, clock),
        "cohorts": Cohorts(store),
    }


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


def _handover(
    store: Store, pool: CarrierPool, facilities: FacilityBook, clock: Clock, settings: Settings
) -> Mapping[str, Any]:
    """Where parcels change hands: collections, the end of the day."""
    lists = HandoverList(settings.labels.fonts)
    return {
        "pickups": Pickups(store, pool, clock, settings.booking, settings.worker),
        "manifests": Manifests(store, pool, clock, settings.booking, settings.worker, lists),
        "handover": HandoverBoard(store, pool, facilities, clock),
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


def _intake(
    store: Store,
    accounts: AccountBook,
    pool: CarrierPool,
    proofs: ProofFiles,
    dispatcher: Dispatcher,
    clock: Clock,
    settings: Settings,
) -> dict[str, Any]:
    """What comes in or is asked for, how its codes are read, and what becomes of what cannot be applied."""
    funnel = Funnel(clock, settings.tracking)
    tracking = Tracking(store, pool, funnel, clock, settings.tracking, dispatcher)
    return {
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
        "trackers": TrackerBook(store, pool, clock),
        "told_again": ToldAgain(store, pool, funnel),
        "tracker_watch": TrackerWatcher(store, clock, settings.worker, settings.tracking),
    }
