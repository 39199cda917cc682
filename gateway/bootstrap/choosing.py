"""What chooses carriers: places, foresight, many shipments at once, and the shops that ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from carriers.base.registry import installed
from gateway.bootstrap.ground import CALENDAR
from gateway.domain.clock import Clock
from gateway.engines.adjusting import LazyTrees
from gateway.engines.assignment import HighsSolver
from gateway.engines.geometry import ShapelyGeometry
from gateway.engines.replay.lazy import LazyDayWriter, LazyReplays
from gateway.engines.towns import TimezoneTowns
from gateway.services.assignments import AssignmentBook
from gateway.services.backtest_jobs import BacktestJobs
from gateway.services.backtests import Backtester
from gateway.services.bound import Foresight
from gateway.services.carrier_pool import CarrierPool
from gateway.services.checkout_connections import ConnectionBook
from gateway.services.checkouts import Checkouts
from gateway.services.decisions import Decisions
from gateway.services.facilities import FacilityBook
from gateway.services.origins import Origins
from gateway.services.past_days import PastDaysWriter
from gateway.services.policies import PolicyBook
from gateway.services.ports import Store
from gateway.services.ports.policies import NoCalendar
from gateway.services.quotes import QuoteService
from gateway.services.reliability.adjusting import Adjusting
from gateway.services.reliability.emissions import EmissionModel
from gateway.services.reliability.learner import Learner
from gateway.services.reliability.outlooks import OutlookBook
from gateway.services.reliability.report import ReliabilityReports
from gateway.services.service_points import ServicePoints
from gateway.services.volumes import BookedVolumes
from gateway.services.zones import ZoneBook
from gateway.settings import Settings
from gateway.shipped import shipped_emission_profiles, shipped_factors, shipped_zones

REPLAYS = "var/replay"


def places(store: Store, clock: Clock) -> tuple[ZoneBook, FacilityBook]:
    """What merchants say about places."""
    zones = ZoneBook(store, shipped_zones(), ShapelyGeometry(), TimezoneTowns(), clock)
    return zones, FacilityBook(store, CALENDAR, clock)


def foresight_of(store: Store, clock: Clock) -> tuple[Foresight, Decisions]:
    """What is known of deliveries, and the decisions that ask for it; the calendar comes with the facilities."""
    emissions, trees = EmissionModel(store, shipped_factors(), shipped_emission_profiles()), LazyTrees()
    foresight = Foresight(
        emissions=emissions,
        outlooks=OutlookBook(store, emissions, trees),
        learner=Learner(store, clock, Adjusting(store, trees, clock)),
        reports=ReliabilityReports(store, clock),
    )
    return foresight, Decisions(foresight.outlooks, NoCalendar(), BookedVolumes(store, clock))


def planning(
    store: Store, policies: PolicyBook, facilities: FacilityBook, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """Many shipments at once: waves to be assigned, and what-if over the past."""
    origins = Origins(store, facilities, CALENDAR)
    history, root = store.history(), Path(REPLAYS)
    backtester = Backtester(store, policies, origins, LazyReplays(store, history, origins, root))
    days = LazyDayWriter(history, origins, root)
    return {
        "assignments": AssignmentBook(store, HighsSolver(), clock),
        "backtester": backtester,
        "backtests": BacktestJobs(store, backtester, clock, settings.worker),
        "past_days": PastDaysWriter(store, history, days, clock, settings.retention),
    }


def shops(
    store: Store, pool: CarrierPool, quotes: QuoteService, policies: PolicyBook, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """What checkouts ask, and the points that they may show."""
    points = ServicePoints(pool, settings.quoting)
    return {
        "service_points": points,
        "connections": ConnectionBook(store, policies, clock),
        "checkouts": Checkouts(store, pool, quotes, points, clock, installed),
    }
