"""Orders as people write them, and bulk jobs with the kinds that there are of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.domain.clock import Clock
from gateway.engines.workbooks import CalamineWorkbooks
from gateway.services.batches import BOOK, Batches, BookingKind
from gateway.services.bulk import BulkJobs, BulkKind
from gateway.services.bulk_acts import shipment_acts
from gateway.services.bulk_care import care_acts
from gateway.services.bulk_cases import case_acts
from gateway.services.facilities import FacilityBook
from gateway.services.idempotency import Once
from gateway.services.orders import Orders
from gateway.services.pack_station import PackStation
from gateway.services.ports import Store
from gateway.services.quotes import QuoteService
from gateway.services.shipments import ShipmentService
from gateway.services.trials import Trials
from gateway.settings import Settings


def ordering(
    store: Store,
    quotes: QuoteService,
    shipments: ShipmentService,
    facilities: FacilityBook,
    once: Once,
    bound: Mapping[str, Any],
    clock: Clock,
    settings: Settings,
) -> Mapping[str, Any]:
    """One act on many things; `kinds` is the list of all acts; what those on shipments need is in `bound`."""
    orders = Orders(quotes, shipments, facilities, once, clock)
    acts = shipment_acts(store, bound["staff"], bound["recalls"], bound["labels"])
    care = care_acts(store, bound["staff"], orders, bound["notifications"])
    cases = case_acts(store, bound["staff"].desk)
    kinds: Mapping[str, BulkKind] = {BOOK: BookingKind(orders), **acts, **care, **cases}
    bulk = BulkJobs(store, kinds, clock, settings.worker)
    return {
        "once": once,
        "orders": orders,
        "bulk": bulk,
        "batches": Batches(store, bulk, facilities, CalamineWorkbooks()),
        "packing": PackStation(store, orders, bulk, quotes),
        "trials": Trials(bound["pool"], orders, bound["recalls"], bound["staff"].audit),
    }
