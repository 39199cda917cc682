"""The clock and the calendar at the origin of shipments of the past, as quotes get them today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.rules.context import Context
from gateway.services.facilities import FacilityBook
from gateway.services.ports import Store

Placed = Callable[[Context], Context]
"""The context with `timezone` and `holiday` of its origin."""


class Origins:
    """Places contexts: see `QuoteService.judged_again`."""

    def __init__(self, store: Store, facilities: FacilityBook) -> None:
        self._store = store
        self._facilities = facilities

    def of(self, merchant_id: str) -> Placed:
        """For a merchant's shipments; the calendar is asked once for each origin and day."""
        with self._store.look() as uow:
            version = uow.keys.settings_version(merchant_id)
        holidays: dict[object, bool] = {}

        def placed(context: Context) -> Context:
            shipment = context.shipment
            hours = self._facilities.hours(merchant_id, shipment, version)
            zone = hours.timezone
            day = (context.ready_at.astimezone(zone) if zone else context.ready_at).date()
            key = (shipment.facility, shipment.origin, day)
            if key not in holidays:
                holidays[key] = hours.holiday(context.ready_at) is not None
            return replace(context, timezone=zone, holiday=holidays[key])

        return placed

    def versions(self, merchant_id: str) -> list[tuple[str, int]]:
        """What it depends on."""
        with self._store.look() as uow:
            return [(each.code, each.version) for each in uow.facilities.list(merchant_id)]
