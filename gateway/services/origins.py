"""The clock and the calendar at the origin of shipments of the past, as quotes get them today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.domain.facilities import Facility
from gateway.rules.context import Context
from gateway.services.facilities import FacilityBook, Hours
from gateway.services.ports import Store
from gateway.services.ports.places import Calendar

Placed = Callable[[Context], Context]
"""The context with `timezone` and `holiday` of its origin."""


class Origins:
    """Places contexts: see `QuoteService.judged_again`."""

    def __init__(self, store: Store, facilities: FacilityBook, calendar: Calendar) -> None:
        self._store = store
        self._facilities = facilities
        self._calendar = calendar

    def of(self, merchant_id: str) -> Placed:
        """For a merchant's shipments."""
        with self._store.look() as uow:
            version = uow.keys.settings_version(merchant_id)
        return Placing(self._facilities.live(merchant_id, version), self._calendar)

    def versions(self, merchant_id: str) -> list[tuple[str, int]]:
        """What it depends on."""
        with self._store.look() as uow:
            return [(each.code, each.version) for each in uow.facilities.list(merchant_id)]


class Placing:
    """By the facilities of a merchant; the calendar is asked once for each origin and day. Holds no connection, so
    that another process can have it.
    """

    def __init__(self, facilities: Mapping[str, Facility], calendar: Calendar) -> None:
        self._facilities = facilities
        self._calendar = calendar
        self._holidays: dict[object, bool] = {}

    def __call__(self, context: Context) -> Context:
        """The context, placed."""
        shipment = context.shipment
        facility = self._facilities.get(shipment.facility) if shipment.facility else None
        hours = Hours(shipment, facility, self._calendar)
        zone = hours.timezone
        day = (context.ready_at.astimezone(zone) if zone else context.ready_at).date()
        key = (shipment.facility, shipment.origin, day)
        if key not in self._holidays:
            self._holidays[key] = hours.holiday(context.ready_at) is not None
        return replace(context, timezone=zone, holiday=self._holidays[key])
