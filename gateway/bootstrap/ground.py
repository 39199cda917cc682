"""What every service stands on: the database, carriers over a transport, faults to rehearse, the engine of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Transport
from carriers.base.registry import installed
from carriers.base.transports import RequestsTransport
from gateway.domain.clock import Clock
from gateway.engines.holidays import PublicHolidays
from gateway.services.carrier_pool import CarrierPool
from gateway.services.faultpoints import FaultPoints
from gateway.services.idempotency import Once
from gateway.services.ports import Store
from gateway.services.request_log import RequestLog
from gateway.settings import BadSettings, Settings
from gateway.storage import open_store

CALENDAR = PublicHolidays()
TRANSPORTS: Mapping[str, type[Transport]] = {"curl": CurlTransport, "requests": RequestsTransport}


def ground(settings: Settings, clock: Clock) -> tuple[Store, FaultPoints, CarrierPool, RequestLog]:
    """What every service stands on, and the log that all of them are watched by."""
    store, faults = _store(settings, clock), FaultPoints(settings.faults.kill_at)
    log = RequestLog(store, clock, settings.request_log)
    transport = _transport(settings)
    pool = CarrierPool(store, transport, clock, settings.carriers, faults, installed, CALENDAR, log)
    return store, faults, pool, log


def once(store: Store, clock: Clock, faults: FaultPoints, settings: Settings) -> Once:
    """A request is locked for as long as a booking may take."""
    booking = settings.booking
    return Once(store, clock, faults, timedelta(seconds=booking.deadline_s + booking.lease_margin_s))


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
