"""What a delivery under way may be changed to, and the calls to its carrier."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from carriers.base import (
    BookingRef,
    Capability,
    OffersServicePoints,
    Redirects,
    Reschedules,
    ServicePoint,
    Slot,
)
from gateway.domain.diversions import Diversion, DiversionKind
from gateway.domain.errors import Conflict, Unprocessable
from gateway.domain.handover import normal_hours
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.domain.values import Requirements
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose

DEADLINE_S = 8.0
NEAR_M, POINTS = 10_000, 8
POINTS_KNOWN = 30
"""Among so many the point is looked for that was chosen at the checkout."""

UNDER_WAY = ("pre_transit", "in_transit", "problem")
NOT_ANY_MORE = ("out_for_delivery", "available_for_pickup")
ROLES: Mapping[DiversionKind, tuple[Capability, ...]] = {
    DiversionKind.RESCHEDULE: (Capability.RESCHEDULES,),
    DiversionKind.REDIRECT: (Capability.REDIRECTS, Capability.SERVICE_POINTS),
}


class NotDivertible(Conflict):
    """A delivery that cannot be put off or turned (any more); the message says why."""

    code = "not_divertible"


class DiversionOffers:
    """Asks carriers."""

    def __init__(self, pool: CarrierPool) -> None:
        self._pool = pool

    def why_not(self, shipment: ShipmentRecord, kind: DiversionKind) -> str:
        """Why it cannot be diverted so, as far as that is known without its carrier; "" where it may be asked."""
        if shipment.state is not ShipmentState.BOOKED or shipment.return_of:
            return "only what is booked, and is no return, is put off or turned"
        status = shipment.status
        if statuses()[status].phase not in UNDER_WAY or status in NOT_ANY_MORE:
            return f"it is {status.replace('_', ' ')} already"
        if kind is DiversionKind.RESCHEDULE and shipment.shipment.service_point:
            return "it goes to a service point, where it waits"
        if kind is DiversionKind.REDIRECT and not _may_wait(shipment.shipment.requirements):
            return "it must be handed over in person"
        live = self._live(shipment)
        if not all(live.can(role) for role in ROLES[kind]):
            return f"{live.record.carrier} does not do that"
        if live.carrier.profile.kind == "own" and statuses()[status].phase == "in_transit":
            return "our own driver has it already"
        return ""

    def times(self, shipment: ShipmentRecord) -> Sequence[Slot]:
        """When else it would be delivered. Raises NotDivertible, CarrierError."""
        self.check(shipment, DiversionKind.RESCHEDULE)
        live = self._live(shipment)
        return self._pool.ask(Purpose.OTHER_TIMES, live, _times(live, shipment), DEADLINE_S)

    def points(self, shipment: ShipmentRecord) -> Sequence[ServicePoint]:
        """Service points around the destination to which it may be taken. Raises NotDivertible, CarrierError."""
        self.check(shipment, DiversionKind.REDIRECT)
        live = self._live(shipment)
        found = self._pool.ask(Purpose.SERVICE_POINTS, live, _points(live, shipment), DEADLINE_S)
        other = [each for each in found if each.id != shipment.shipment.service_point]
        return [replace(each, opening_hours=normal_hours(each.opening_hours)) for each in other]

    def tells_of_its_point(self, shipment: ShipmentRecord) -> bool:
        """Whether it goes to a service point that its carrier can be asked about."""
        goods = shipment.shipment
        theirs = bool(goods.service_point) and goods.service_point_carrier == shipment.carrier
        return theirs and self._live(shipment).can(Capability.SERVICE_POINTS)

    def booked_point(self, shipment: ShipmentRecord) -> ServicePoint | None:
        """The point it was booked to, as its carrier tells it now; None: it no longer does. Raises CarrierError."""
        live = self._live(shipment)
        found = self._pool.ask(Purpose.SERVICE_POINTS, live, _points(live, shipment, POINTS_KNOWN), DEADLINE_S)
        mine = next((each for each in found if each.id == shipment.shipment.service_point), None)
        return replace(mine, opening_hours=normal_hours(mine.opening_hours)) if mine else None

    def chosen(
        self, shipment: ShipmentRecord, kind: DiversionKind, name: str
    ) -> tuple[Slot | None, ServicePoint | None]:
        """What was chosen, in the carrier's own words of now: never in those of who asks.

        Raises:
            NotDivertible, CarrierError. Unprocessable: the carrier does not offer that (any more).
        """
        if kind is DiversionKind.RESCHEDULE:
            slot = next((each for each in self.times(shipment) if each.id == name), None)
            if slot is None:
                raise Unprocessable("/time", "the carrier does not offer this time (any more)", "not_offered")
            return slot, None
        point = next((each for each in self.points(shipment) if each.id == name), None)
        if point is None:
            raise Unprocessable("/service_point", "the carrier does not offer this point (any more)", "not_offered")
        return None, point

    def divert(self, shipment: ShipmentRecord, wish: Diversion) -> None:
        """Ask for it, once more where it was asked before. Raises CarrierError: the carrier has not agreed."""
        live, booking, goal = self._live(shipment), _booked(shipment), wish.goal
        if isinstance(goal, Slot):
            rescheduled = cast(Reschedules, live.carrier).reschedule(booking, goal, wish.id)
            self._pool.ask(Purpose.RESCHEDULE, live, rescheduled, DEADLINE_S)
        else:
            redirected = cast(Redirects, live.carrier).redirect(booking, goal, wish.id)
            self._pool.ask(Purpose.REDIRECT, live, redirected, DEADLINE_S)

    def check(self, shipment: ShipmentRecord, kind: DiversionKind) -> None:
        """Raises NotDivertible."""
        if why := self.why_not(shipment, kind):
            raise NotDivertible(why)

    def _live(self, shipment: ShipmentRecord) -> LiveCarrier:
        return self._pool.get(shipment.merchant_id, shipment.account_id)


def _may_wait(wanted: Requirements) -> bool:
    """Whether it may be handed over by others than its courier, at a point."""
    return replace(wanted, photo=False, signature=False, undeliverable_action="return") == Requirements()


def _times(live: LiveCarrier, shipment: ShipmentRecord) -> Coroutine[Any, Any, Sequence[Slot]]:
    return cast(Reschedules, live.carrier).other_times(_booked(shipment))


def _points(
    live: LiveCarrier, shipment: ShipmentRecord, most: int = POINTS
) -> Coroutine[Any, Any, Sequence[ServicePoint]]:
    near = shipment.shipment.destination
    return cast(OffersServicePoints, live.carrier).service_points(near, NEAR_M, most)


def _booked(shipment: ShipmentRecord) -> BookingRef:
    if shipment.booking is None:
        raise NotDivertible("it is not booked")
    return shipment.booking
