"""The way back: a shipment of its own that brings a delivered one back, linked both ways.

It is quoted, chosen by policy and booked exactly once like any other shipment; only the addresses change places, and
only carriers that bring parcels back are asked. What a carrier brings back by itself, because nobody took it, is no
return of this kind: it is the same shipment's way back (`gateway.domain.fold`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import LabelFormat, Personal, ReturnWay, Shipment, ShipmentState, TenderState
from gateway.domain.values import Address, Parcel, Requirements, TimeWindow
from gateway.services.changes import record_change
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.quotes import QuoteAsk
from gateway.services.recalls import compensation
from gateway.services.shipments import BookAsk, ShipmentService
from gateway.settings import Returns as ReturnSettings

OVER = (ShipmentState.FAILED, ShipmentState.CANCELLED)
WHY_NOT = {
    "returning": "its carrier is bringing it back already: follow this very shipment",
    "returned": "its carrier has brought it back already",
}


class NotReturnable(Conflict):
    """A shipment that cannot be sent back (now, or any more); the message says why."""

    code = "not_returnable"


class ReturnedAlready(Conflict):
    """Another shipment brings it back."""

    code = "returned_already"

    def __init__(self, shipment_id: str, returned_by: str) -> None:
        super().__init__(f"shipment {shipment_id} is being sent back already, by {returned_by}")
        self.shipment_id = returned_by


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnAsk:
    """How a shipment is to be sent back. What is left out is as it was on the way out.

    `ways` in which the recipient may hand it over; `destination` is where it goes, the origin of the way out if None.
    """

    ways: tuple[ReturnWay, ...] = tuple(ReturnWay)
    parcels: tuple[Parcel, ...] = ()
    destination: Address | None = None
    policy: str = ""
    ready_at: datetime | None = None
    window: TimeWindow | None = None
    reference: str = ""
    label_format: LabelFormat = field(default_factory=LabelFormat)
    metadata: Mapping[str, str] = field(default_factory=dict)


class Returns:
    """Books ways back."""

    def __init__(self, store: Store, shipments: ShipmentService, clock: Clock, settings: ReturnSettings) -> None:
        self._store = store
        self._shipments = shipments
        self._clock = clock
        self._window = timedelta(days=settings.window_days)

    def book(
        self,
        merchant_id: str,
        mode: Mode,
        shipment_id: str,
        ask: ReturnAsk,
        remember: Callable[[UnitOfWork, str], None],
    ) -> ShipmentRecord:
        """Book the way back of a delivered shipment, once; `remember` as in `ShipmentService.book`.

        Raises:
            NotFound: no such shipment.
            NotReturnable, ReturnedAlready: it cannot be sent back; nothing was booked.
            Unprocessable, DuplicateReference, NoCarrierAvailable: as for any booking.
        """
        with self._store.look() as uow:
            original = self._returnable(uow, merchant_id, mode, shipment_id)

        def still_returnable(uow: UnitOfWork) -> None:
            """In the transaction that makes the return: who comes second finds the first."""
            self._returnable(uow, merchant_id, mode, shipment_id, lock=True)

        wanted = BookAsk(ask=_way_back(original, ask), return_of=original.id, label_format=ask.label_format)
        return self._shipments.book(merchant_id, mode, wanted, remember, still_returnable)

    def why_not(self, shipment: ShipmentRecord) -> str:
        """Why it cannot be sent back, whatever carriers say; "" where it can."""
        if why := self._why_not(shipment):
            return why
        with self._store.look() as uow:
            others = uow.shipments.returns_of(shipment.merchant_id, shipment.id)
        back = next((each for each in others if _is_under_way(each)), None)
        return f"it is being sent back already, by {back.reference or back.id}" if back else ""

    def _returnable(
        self, uow: UnitOfWork, merchant_id: str, mode: Mode, shipment_id: str, *, lock: bool = False
    ) -> ShipmentRecord:
        """The shipment; raises where it cannot be sent back."""
        shipment = uow.shipments.get(merchant_id, shipment_id, lock=lock)
        if shipment is None or shipment.mode != mode:
            raise NotFound(f"no shipment {shipment_id}")
        why = self._why_not(shipment)
        if why:
            raise NotReturnable(f"shipment {shipment_id} cannot be sent back: {why}")
        for other in uow.shipments.returns_of(merchant_id, shipment_id):
            if _is_under_way(other):
                raise ReturnedAlready(shipment_id, other.id)
            if lock and other.state not in OVER:
                _ended(uow, other, self._clock())
        return shipment

    def _why_not(self, shipment: ShipmentRecord) -> str:
        """Why it cannot be sent back; "" where it can."""
        if shipment.return_of:
            return f"it is the return of {shipment.return_of}; book a new shipment"
        if shipment.state is not ShipmentState.BOOKED:
            return f"its booking is {shipment.state.value}"
        if shipment.status != "delivered":
            return WHY_NOT.get(shipment.status, f"it is not delivered yet ({shipment.status}); it may be cancelled")
        if shipment.personal is Personal.NONE:
            return "its addresses are erased; book a new shipment"
        if shipment.delivered_at is not None and self._clock() > shipment.delivered_at + self._window:
            return f"it was delivered more than {self._window.days} days ago"
        return ""


def _is_under_way(back: ShipmentRecord) -> bool:
    """Whether a return brings the goods back, or has. Its carrier may have called it off: they never left."""
    return back.state not in OVER and back.status != "cancelled"


def _ended(uow: UnitOfWork, called_off: ShipmentRecord, now: datetime) -> None:
    """Its carrier called it off: it counts as cancelled from now on, so that another one may take its place."""
    why = "its carrier called it off"
    record_change(uow, replace(called_off, state=ShipmentState.CANCELLED, why=why), "shipment.cancelled", now)
    tender = uow.tenders.get(called_off.merchant_id, called_off.tender_id)
    if tender is not None and tender.booking is not None:
        uow.recalls.add(replace(compensation(tender, tender.booking, why, now), state="done"))
        closed = replace(tender, state=TenderState.CANCELLED, why=why, updated_at=now)
        uow.tenders.close(closed, (TenderState.ACCEPTED,))


def _way_back(original: ShipmentRecord, ask: ReturnAsk) -> QuoteAsk:
    """What carriers are asked: the addresses change places; what the handing over had to prove is not asked again."""
    out = original.shipment
    back = Shipment(
        origin=out.destination,
        destination=ask.destination or out.origin,
        parcels=ask.parcels or out.parcels,
        requirements=Requirements(temperature=out.requirements.temperature),
        reference=ask.reference,
        metadata=ask.metadata,
        return_ways=ask.ways,
    )
    return QuoteAsk(shipment=back, ready_at=ask.ready_at, window=ask.window, policy=ask.policy)
