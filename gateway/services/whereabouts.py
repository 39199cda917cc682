"""Where a shipment is and how it got there: everything its events tell, leg by leg and visit by visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from gateway.domain.errors import NotFound
from gateway.domain.fold import CurrentStatus, current_status, sort_key
from gateway.domain.moves import Move, moves, standing
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
        """Each leg there is, by itself: how far it came towards the recipient, and where it is on the way back.

        Many carriers scan on the way back as they did on the way there, so what counts is where the shipment turned.
        """
        turned = self._turned()
        there: list[TrackingEvent] = []
        back: list[TrackingEvent] = []
        for each in standing(self.events):
            after = turned is not None and sort_key(each) >= sort_key(turned)
            marked = each.leg is Leg.RETURN or each.status in BACKWARDS
            (back if after or marked else there).append(each)
        legs = [(Leg.OUTBOUND.value, current_status(there, *self._parcels))]
        if turned is not None:
            legs.append((Leg.RETURN.value, current_status(back, *self._parcels)))
        return legs

    @property
    def moves(self) -> Sequence[Move]:
        """How it came to where it is, oldest first."""
        return moves(self.events, *self._parcels)

    @property
    def _parcels(self) -> tuple[Sequence[str], int]:
        return (self.tracker.parcel_numbers, self.tracker.parcels) if self.tracker else ((), 1)

    def _turned(self) -> TrackingEvent | None:
        """What turned it round, if it is on its way back."""
        way_back = takewhile(lambda move: move.leg is Leg.RETURN, reversed(self.moves))
        return min((move.made_by for move in way_back), key=sort_key, default=None)


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
