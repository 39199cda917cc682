"""Where a shipment is and how it got there: everything its events tell, leg by leg and visit by visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.errors import NotFound
from gateway.domain.fold import CurrentStatus, current_status, sort_key
from gateway.domain.records import ShipmentRecord, TrackerRecord
from gateway.domain.tracking import Leg, TrackingEvent
from gateway.services.ports import Mode, Store

BACKWARDS = frozenset({"returning", "returned"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A shipment, the tracker of its booking (None before there is one), its events in order, and what they come to."""

    shipment: ShipmentRecord
    tracker: TrackerRecord | None
    events: Sequence[TrackingEvent]
    current: CurrentStatus

    @property
    def legs(self) -> Sequence[tuple[str, CurrentStatus]]:
        """Each leg there is, by itself: how far it came towards the recipient, and where it is on the way back."""
        back = [each for each in self.events if each.leg is Leg.RETURN or each.status in BACKWARDS]
        there = [each for each in self.events if each not in back]
        numbers = self.tracker.parcel_numbers if self.tracker else ()
        parcels = self.tracker.parcels if self.tracker else 1
        legs = [(Leg.OUTBOUND.value, current_status(there, numbers, parcels))]
        if self.current.leg is Leg.RETURN:
            legs.append((Leg.RETURN.value, current_status(back, numbers, parcels)))
        return legs


class WhereaboutsDesk:
    """Answers where a shipment is."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, merchant_id: str, mode: Mode, shipment_id: str) -> Whereabouts:
        """Of a shipment of the merchant's. Raises NotFound."""
        with self._store.look() as uow:
            shipment = uow.shipments.get(merchant_id, shipment_id)
            if shipment is None or shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            tracker = uow.trackers.of_tender(merchant_id, shipment.tender_id) if shipment.tender_id else None
            events = sorted(uow.trackers.events(merchant_id, tracker.id), key=sort_key) if tracker else []
        if tracker is not None and events:
            current = current_status(events, tracker.parcel_numbers, tracker.parcels)
        else:
            current = CurrentStatus(status=shipment.status, reason=shipment.reason, phase=shipment.phase)
        return Whereabouts(shipment=shipment, tracker=tracker, events=events, current=current)
