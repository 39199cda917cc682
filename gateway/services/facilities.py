"""Facilities of merchants, and when what lies there is handed over.

A facility belongs to the merchant, not to a mode: it is the same house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, StaleVersion, Unprocessable
from gateway.domain.facilities import Facility, FacilityRecord
from gateway.domain.shipments import Shipment
from gateway.domain.timezones import timezone_of
from gateway.services.ids import new_id
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.places import Calendar

MOST_FACILITIES = 1000


class FacilityBook:
    """The merchants' places of origin, with the calendars of where they are."""

    def __init__(self, store: Store, calendar: Calendar, clock: Clock) -> None:
        self._store = store
        self._calendar = calendar
        self._clock = clock
        self._live: dict[str, tuple[int, Mapping[str, Facility]]] = {}

    def add(self, merchant_id: str, facility: Facility) -> FacilityRecord:
        """A new facility. Raises Conflict (its code is taken), Unprocessable."""
        now = self._clock()
        record = FacilityRecord(
            id=new_id("fac", now),
            merchant_id=merchant_id,
            code=facility.code,
            facility=facility,
            created_at=now,
            updated_at=now,
        )
        with self._store.work() as uow:
            _check_accounts(uow, merchant_id, facility)
            if len(uow.facilities.list(merchant_id)) >= MOST_FACILITIES:
                raise Conflict(f"at most {MOST_FACILITIES} facilities")
            if not uow.facilities.add(record):
                raise Conflict(f"there is a facility {facility.code} already")
            uow.commit()
        return record

    def get(self, merchant_id: str, facility_id: str) -> FacilityRecord:
        """One facility. Raises NotFound."""
        with self._store.look() as uow:
            return _found(uow, merchant_id, facility_id)

    def list(self, merchant_id: str) -> Sequence[FacilityRecord]:
        """The merchant's facilities, by code."""
        with self._store.look() as uow:
            return uow.facilities.list(merchant_id)

    def put(
        self, merchant_id: str, facility_id: str, facility: Facility, based_on: int | None = None
    ) -> FacilityRecord:
        """Another state of a facility; its code stays.

        Raises:
            NotFound, Unprocessable: no such facility; another code, an account that does not exist.
            StaleVersion: `based_on` is not its newest version any more.
        """
        with self._store.work() as uow:
            known = _found(uow, merchant_id, facility_id)
            if based_on is not None and based_on != known.version:
                raise StaleVersion(f"facility {known.code} is at version {known.version}, not {based_on}")
            if facility.code != known.code:
                raise Unprocessable("/code", f"a facility keeps its code, {known.code}: shipments name it")
            _check_accounts(uow, merchant_id, facility)
            record = replace(known, facility=facility, version=known.version + 1, updated_at=self._clock())
            uow.facilities.replace(record)
            uow.commit()
        return record

    def delete(self, merchant_id: str, facility_id: str) -> None:
        """Forget a facility; shipments keep its address and code. Raises NotFound."""
        with self._store.work() as uow:
            if not uow.facilities.delete(merchant_id, facility_id):
                raise NotFound(f"no facility {facility_id}")
            uow.commit()

    def placed(self, merchant_id: str, shipment: Shipment) -> Shipment:
        """A shipment whose origin is the facility that it names, by code or id, if it names one.

        Raises:
            Unprocessable: there is no such facility.
        """
        if not shipment.facility:
            return shipment
        named = shipment.facility
        for record in self.list(merchant_id):
            if named in (record.code, record.id):
                return replace(shipment, origin=record.facility.address, facility=record.code)
        raise Unprocessable("/origin/facility", f"there is no facility {named!r}", "unknown_facility")

    def live(self, merchant_id: str, settings_version: int) -> Mapping[str, Facility]:
        """The merchant's facilities by code, at this version of his settings."""
        known = self._live.get(merchant_id)
        if known is None or known[0] != settings_version:
            known = settings_version, {each.code: each.facility for each in self.list(merchant_id)}
            self._live[merchant_id] = known
        return known[1]

    def day(self, facility: Facility, account: str, now: datetime) -> tuple[datetime | None, str]:
        """Of today there: the cut-off of an account (None: all day), and why nothing is handed over ("" if it is)."""
        today = now.astimezone(facility.zone).date()
        closed = facility.closed(today, account, lambda day: self._calendar.holiday(facility.address, day))
        last = facility.cut_off(today, account)
        return None if last is None else datetime.combine(today, last, facility.zone), closed or ""

    def hours(self, merchant_id: str, shipment: Shipment, settings_version: int) -> Hours:
        """When things happen at the origin of a shipment."""
        facility = self.live(merchant_id, settings_version).get(shipment.facility) if shipment.facility else None
        return Hours(shipment, facility, self._calendar)


class Hours:
    """The clock and the calendar at the origin of one shipment."""

    def __init__(self, shipment: Shipment, facility: Facility | None, calendar: Calendar) -> None:
        self._origin = shipment.origin
        self._facility = facility
        self._calendar = calendar

    @property
    def timezone(self) -> tzinfo | None:
        """The facility's, else that of the address, as far as it tells."""
        return self._facility.zone if self._facility else timezone_of(self._origin)

    def holiday(self, moment: datetime) -> str | None:
        """The public holiday at the origin on the day of a moment; None on any other day."""
        zone = self.timezone
        return self._calendar.holiday(self._origin, (moment.astimezone(zone) if zone else moment).date())

    def handed_over(self, ready_at: datetime, account: str) -> datetime:
        """From when a parcel waits for an account: see `Facility.handed_over`."""
        if self._facility is None:
            return ready_at
        return self._facility.handed_over(ready_at, account, lambda day: self._calendar.holiday(self._origin, day))


def _found(uow: UnitOfWork, merchant_id: str, facility_id: str) -> FacilityRecord:
    record = uow.facilities.get(merchant_id, facility_id)
    if record is None:
        raise NotFound(f"no facility {facility_id}")
    return record


def _check_accounts(uow: UnitOfWork, merchant_id: str, facility: Facility) -> None:
    """A typing error in an account's name would leave it without the hours that are meant for it."""
    for name in facility.accounts:
        if uow.accounts.by_name(merchant_id, name) is None:
            raise Unprocessable(f"/accounts/{name}", f"there is no account {name!r}", "unknown_account")
