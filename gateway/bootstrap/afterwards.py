"""What comes after a booking: who is told, what proves a delivery, the way back, people who look into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carriers.base.registry import installed
from gateway.bootstrap.notifications import couriers_of, telling_recipients
from gateway.domain.clock import Clock
from gateway.engines.credentials import Argon2Passwords, TimedCodes
from gateway.engines.files import FsspecFileStore
from gateway.engines.languages import SpokenLanguages
from gateway.engines.notices.alarm import AppriseAlarm
from gateway.engines.pictures import PictureProcess
from gateway.engines.small_pictures import PillowPictures
from gateway.services.call_book import CallBook
from gateway.services.care import CareDesk
from gateway.services.carrier_pool import CarrierPool
from gateway.services.claim_files import ClaimFiles
from gateway.services.claims import ClaimBook
from gateway.services.diversions.desk import Diversions
from gateway.services.diversions.offers import DiversionOffers
from gateway.services.endpoint_news import LoggedAlarm
from gateway.services.faultpoints import FaultPoints
from gateway.services.live import LiveUpdates
from gateway.services.merchant_webhooks import MerchantWebhooks
from gateway.services.ports import Store
from gateway.services.privacy import PrivacyDesk
from gateway.services.proof_files import ProofFiles
from gateway.services.proof_keeping import ProofKeeping
from gateway.services.recipients.bound import recipients
from gateway.services.retention import Retention
from gateway.services.returns import Returns
from gateway.services.shipments import ShipmentService
from gateway.services.staff import staff_of
from gateway.services.webhook_lanes import WebhookLanes
from gateway.settings import Settings


def around(
    store: Store,
    pool: CarrierPool,
    shipments: ShipmentService,
    clock: Clock,
    settings: Settings,
    faults: FaultPoints,
) -> Mapping[str, Any]:
    """What happens around a delivery: who is told, what comes after, and what people at the desk do about it."""
    bound = {**telling(store, pool, clock, settings, faults), **afterwards(store, shipments, clock, settings, faults)}
    care = CareDesk(store, pool, bound["diversions"], bound["returns"], bound["recipients"], clock)
    return {**bound, "care": care}


def telling(
    store: Store, pool: CarrierPool, clock: Clock, settings: Settings, faults: FaultPoints
) -> Mapping[str, Any]:
    """The services that tell merchants, recipients, operators and those who watch."""
    alarm = AppriseAlarm(settings.alerts.urls) if settings.alerts.urls else LoggedAlarm()
    couriers = couriers_of(clock, settings)
    diversions = Diversions(store, DiversionOffers(pool), clock, settings.worker)
    return {
        **telling_recipients((store, clock), settings, faults, alarm, couriers),
        "webhooks": MerchantWebhooks(store, clock, settings.webhooks),
        "lanes": WebhookLanes(store, clock, settings.webhooks, settings.worker, faults, alarm),
        "live": LiveUpdates(store, clock, settings.streams),
        "diversions": diversions,
        "recipients": recipients(
            (store, pool, clock), diversions, settings, installed, SpokenLanguages(), PillowPictures(), couriers
        ),
    }


def afterwards(
    store: Store, shipments: ShipmentService, clock: Clock, settings: Settings, faults: FaultPoints
) -> Mapping[str, Any]:
    """What proves a delivery, who looks into it, the way back, and what is forgotten."""
    files = FsspecFileStore(settings.files.url)
    keeping, maker, claims = (
        ProofKeeping(store, files, clock, settings.retention),
        PictureProcess(),
        ClaimBook(store, clock),
    )
    staff = staff_of(store, shipments, (Argon2Passwords(), TimedCodes()), clock, settings.console)
    return {
        "proofs": ProofFiles(store, files, maker, clock, settings, faults),
        "claims": claims,
        "claim_files": ClaimFiles(claims, files, maker, staff.audit, clock),
        "proof_keeping": keeping,
        "privacy": PrivacyDesk(store, keeping, clock, settings.retention),
        "returns": Returns(store, shipments, clock, settings.returns),
        "calls": CallBook(store, clock, settings.request_log),
        "retention": Retention(store, clock, settings.retention),
        "staff": staff,
    }
