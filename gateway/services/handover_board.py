"""What is to be handed over today, by account and facility: how much waits and until when; what nobody saw since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from carriers.base import Capability
from gateway.domain.clock import Clock
from gateway.domain.handovers import ManifestRecord
from gateway.domain.records import ShipmentRecord
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.facilities import FacilityBook
from gateway.services.manifests import MOST_SHIPMENTS, local_day
from gateway.services.ports import Mode, Store

UNSCANNED = 50
SCANNED_WITHIN = timedelta(hours=4)
"""How long after its list was closed a parcel may wait for its first scan before anybody looks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Parcels of one account at one facility ("" where shipments name none) that are on no manifest. `day` is today at
    the carrier; `cut_off` when today's handover ends (None: all day, or unknown), `closed` why there is none. `more`:
    there are more than were counted.
    """

    account_id: str
    account: str
    carrier: str
    facility: str
    day: date
    shipments: Sequence[ShipmentRecord]
    cut_off: datetime | None
    closed: str
    more: bool
    by_carrier: bool
    fetched: bool
    resting: str

    @property
    def parcels(self) -> int:
        """How many pieces."""
        return sum(len(each.shipment.parcels) for each in self.shipments)


class HandoverBoard:
    """Looks; closing days and ordering pickups are `Manifests` and `Pickups`."""

    def __init__(self, store: Store, pool: CarrierPool, facilities: FacilityBook, clock: Clock) -> None:
        self._store = store
        self._pool = pool
        self._facilities = facilities
        self._clock = clock

    def waiting(self, merchant_id: str, mode: Mode) -> Sequence[Waiting]:
        """The soonest cut-off first. Couriers who come for one parcel each have no day, so they are left out."""
        lives, _ = self._pool.now_of(merchant_id, mode)
        with self._store.look() as uow:
            found = [
                (live, uow.manifests.unlisted(merchant_id, mode, live.record.id, MOST_SHIPMENTS))
                for live in lives
                if live.carrier.profile.kind != "crowd"
            ]
        rows = [each for live, shipments in found for each in self._of(merchant_id, live, shipments)]
        return sorted(rows, key=lambda each: (each.cut_off is None, each.cut_off or self._clock(), each.account))

    def unscanned(self, merchant_id: str, mode: Mode) -> Sequence[tuple[ShipmentRecord, ManifestRecord]]:
        """Handed over by the list, and never seen by the carrier: somebody should look for them."""
        with self._store.look() as uow:
            return uow.manifests.unscanned(merchant_id, mode, self._clock() - SCANNED_WITHIN, UNSCANNED)

    def _of(self, merchant_id: str, live: LiveCarrier, shipments: Sequence[ShipmentRecord]) -> Sequence[Waiting]:
        parts: dict[str, list[ShipmentRecord]] = defaultdict(list)
        for each in shipments:
            parts[each.shipment.facility].append(each)
        known = {each.code: each.facility for each in self._facilities.list(merchant_id)} if any(parts) else {}
        now, account = self._clock(), live.record
        rows = []
        for code, held in sorted(parts.items()):
            at = known.get(code)
            cut_off, closed = self._facilities.day(at, account.name, now) if at else (None, "")
            rows.append(
                Waiting(
                    account_id=account.id,
                    account=account.name,
                    carrier=account.carrier,
                    facility=code,
                    day=local_day(live, now),
                    shipments=held,
                    cut_off=cut_off,
                    closed=closed,
                    more=len(shipments) == MOST_SHIPMENTS,
                    by_carrier=live.can(Capability.CLOSES_MANIFESTS),
                    fetched=live.can(Capability.SCHEDULES_PICKUPS),
                    resting=self._pool.resting(live) or "",
                )
            )
        return rows
