"""Another time or place for a delivery under way: claimed only once its carrier has confirmed it.

The wish is committed before the carrier is called, under an id that is its reference there. Whatever is lost is asked
again under the same reference, so that it is one wish however often; until there is a word, the delivery goes on as
planned and nobody is told otherwise. The promise never moves; the ETA does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base import CarrierError, ShipmentRejected
from gateway.domain.clock import Clock
from gateway.domain.diversions import Agreed, Diversion, DiversionKind, DiversionState, Slot
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.eta import Eta, EtaSource
from gateway.domain.records import Case, ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.changes import record_change
from gateway.services.diversions.offers import DiversionOffers, NotDivertible
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.transactions import again_if_crossed
from gateway.settings import Worker

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
ASK_A_PERSON_AFTER, GIVE_UP_AFTER = timedelta(hours=1), timedelta(days=1)
MOST = 5
"""Wishes for one delivery: enough for people, too few to keep a carrier busy."""

TOLD: Mapping[DiversionKind, str] = {
    DiversionKind.RESCHEDULE: "shipment.rescheduled",
    DiversionKind.REDIRECT: "shipment.redirected",
}
OPEN_CASE = "diversion_open"


class DiversionRefused(Conflict):
    """The carrier does not deliver at that time or place; the message is its own, where it gave one."""

    code = "diversion_refused"


class Diversions:
    """What carriers offer, what is asked of them, and a job of the worker's for what they have not answered."""

    def __init__(self, store: Store, offers: DiversionOffers, clock: Clock, worker: Worker) -> None:
        self._store = store
        self.offers = offers
        self._clock = clock
        self._worker = worker

    def shipment(self, merchant_id: str, mode: Mode, shipment_id: str) -> ShipmentRecord:
        """Raises NotFound."""
        with self._store.look() as uow:
            found = uow.shipments.get(merchant_id, shipment_id)
        if found is None or found.mode != mode:
            raise NotFound(f"no shipment {shipment_id}")
        return found

    def of_shipment(self, shipment: ShipmentRecord) -> Sequence[Diversion]:
        """Every wish there was, oldest first."""
        with self._store.look() as uow:
            return uow.diversions.of_shipment(shipment.merchant_id, shipment.id)

    def divert(
        self,
        shipment: ShipmentRecord,
        kind: DiversionKind,
        chosen: str,
        asker: str,
        remember: Callable[[UnitOfWork], None] = lambda _: None,
    ) -> Diversion:
        """Ask the carrier for what was chosen among what it offers now; the state says what it answered.

        Saying the same again while it has not answered asks it again, as the same wish. `remember` writes down what
        else is to be known of a wish, in the transaction that keeps it.

        Raises:
            NotDivertible: it cannot be diverted so, another wish waits for an answer, or there were enough.
            Unprocessable: the carrier does not offer that (any more).
            CarrierError: what it offers cannot be had; nothing was asked for.
        """
        waiting = self._waiting(shipment)
        if waiting is not None and (waiting.kind, waiting.goal.id) == (kind, chosen):
            self.work(waiting)
            return self._now(waiting)
        if waiting is not None:
            raise NotDivertible("the carrier has not answered an earlier wish yet; ask again when it has")
        wish = self._wish(shipment, kind, chosen, asker)
        again_if_crossed(lambda: self._begin(shipment, wish, remember))
        self.work(wish)
        return self._now(wish)

    def claim(self) -> Sequence[Diversion]:
        """Those that are due, leased to this worker."""
        with self._store.work() as uow:
            lease = timedelta(seconds=self._worker.lease_s)
            return uow.diversions.claim_due(self._clock(), lease, self._worker.batch)

    def work(self, wish: Diversion) -> None:
        """Ask the carrier, or say why it is not asked any more; record what it said."""
        try:
            shipment = self.shipment_of(wish)
            over = self._over(shipment, wish)
            if over:
                self._settle(replace(wish, state=DiversionState.GIVEN_UP, why=over))
                return
            self.offers.divert(shipment, wish)
        except ShipmentRejected as error:
            self._settle(replace(wish, state=DiversionState.REFUSED, why=error.carrier_message or str(error)))
        except CarrierError as error:
            self._again(wish, str(error))
        else:
            self._settle(replace(wish, state=DiversionState.AGREED, why=""))

    def park(self, wish: Diversion, why: str) -> None:
        """One that crashes its workers is given up: nothing is claimed, a person asks the carrier."""
        self._settle(replace(wish, state=DiversionState.GIVEN_UP, why=why))

    def shipment_of(self, wish: Diversion) -> ShipmentRecord:
        """Whose wish it is."""
        with self._store.look() as uow:
            found = uow.shipments.get(wish.merchant_id, wish.shipment_id)
        if found is None:
            raise NotFound(f"no shipment {wish.shipment_id}")
        return found

    def _wish(self, shipment: ShipmentRecord, kind: DiversionKind, chosen: str, asker: str) -> Diversion:
        slot, point = self.offers.chosen(shipment, kind, chosen)
        now = self._clock()
        return Diversion(
            id=new_id("div", now),
            merchant_id=shipment.merchant_id,
            shipment_id=shipment.id,
            kind=kind,
            slot=slot,
            point=point,
            asker=asker,
            created_at=now,
            updated_at=now,
            due_at=now + FIRST_PAUSE,
        )

    def _begin(self, shipment: ShipmentRecord, wish: Diversion, remember: Callable[[UnitOfWork], None]) -> None:
        """Commit the wish before anybody is called."""
        with self._store.work() as uow:
            current = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True)
            if current is None or current.tender_id != shipment.tender_id:
                raise NotDivertible("it was booked anew meanwhile")
            self.offers.check(current, wish.kind)
            if len(uow.diversions.of_shipment(shipment.merchant_id, shipment.id)) >= MOST:
                raise NotDivertible(f"it was asked for {MOST} times, which is as often as can be")
            if not uow.diversions.add(wish):
                raise NotDivertible("the carrier has not answered an earlier wish yet; ask again when it has")
            record_change(uow, current, "shipment.diversion_asked", wish.created_at)
            remember(uow)
            uow.commit()

    def _over(self, shipment: ShipmentRecord, wish: Diversion) -> str:
        """Why the carrier is not asked (again); "" while it is."""
        if ended := _ended(shipment):
            return ended
        now = self._clock()
        late = wish.slot is not None and now >= wish.slot.window.end
        if wish.asked and (late or now - wish.created_at >= GIVE_UP_AFTER):
            return f"the carrier did not answer in time: {wish.why}"
        return ""

    def _again(self, wish: Diversion, why: str) -> None:
        """Later, with growing pauses; after an hour a person asks too."""
        again_if_crossed(lambda: self._put_off(wish, why))

    def _put_off(self, wish: Diversion, why: str) -> None:
        now = self._clock()
        pause = min(FIRST_PAUSE * 2 ** min(wish.asked, 10), LONGEST_PAUSE)
        later = replace(wish, why=why, asked=wish.asked + 1, tries=0, updated_at=now, due_at=now + pause)
        with self._store.work() as uow:
            uow.diversions.keep(later)
            if now - wish.created_at >= ASK_A_PERSON_AFTER:
                uow.cases.open(_case(later, now))
            uow.commit()

    def _settle(self, wish: Diversion) -> None:
        again_if_crossed(lambda: self._record(wish))

    def _record(self, wish: Diversion) -> None:
        now = self._clock()
        with self._store.work() as uow:
            current = uow.shipments.get(wish.merchant_id, wish.shipment_id, lock=True)
            settled = replace(wish, asked=wish.asked + 1, tries=0, updated_at=now, due_at=None)
            if current is not None and settled.state is DiversionState.AGREED and (ended := _ended(current)):
                settled = replace(settled, state=DiversionState.GIVEN_UP, why=ended)
            if current is None or not uow.diversions.keep(settled):
                return
            if settled.state is DiversionState.AGREED:
                uow.diversions.supersede(settled)
                record_change(uow, _diverted(current, settled, now), TOLD[settled.kind], now)
            else:
                record_change(uow, current, "shipment.diversion_refused", now)
            self._case_after(uow, current, settled, now)
            uow.commit()

    def _case_after(self, uow: UnitOfWork, shipment: ShipmentRecord, wish: Diversion, now: datetime) -> None:
        """Given up under way: nobody but the carrier knows whether it was changed. Else nothing is left to ask."""
        if wish.state is DiversionState.GIVEN_UP and not _ended(shipment):
            uow.cases.open(_case(wish, now))
        else:
            said = wish.why or f"the carrier has answered: {wish.state.value}"
            uow.cases.close(wish.merchant_id, wish.shipment_id, OPEN_CASE, now, wish.state.value, said)

    def _waiting(self, shipment: ShipmentRecord) -> Diversion | None:
        return next((each for each in self.of_shipment(shipment) if each.state is DiversionState.ASKED), None)

    def _now(self, wish: Diversion) -> Diversion:
        shipment = self.shipment_of(wish)
        return next(each for each in self.of_shipment(shipment) if each.id == wish.id)


def _ended(shipment: ShipmentRecord) -> str:
    """Why nothing can be changed of it any more, whatever its carrier says; "" while it can."""
    booked = shipment.state is ShipmentState.BOOKED
    if booked and not statuses()[shipment.status].terminal:
        return ""
    return f"it was {shipment.status if booked else shipment.state.value} before the carrier had answered"


def _diverted(shipment: ShipmentRecord, wish: Diversion, now: datetime) -> ShipmentRecord:
    """The shipment as its carrier has agreed to deliver it, whatever it had agreed to before; the watch looks at it at
    once.
    """
    goal = wish.goal
    if isinstance(goal, Slot):
        window = goal.window
        eta = Eta(earliest=window.start, latest=window.end, source=EtaSource.AGREED, updated_at=now)
        return replace(shipment, agreed=Agreed(window=window, at=now), eta=eta, due_at=now)
    goods = replace(shipment.shipment, service_point=goal.id, service_point_carrier=shipment.carrier)
    other = shipment.eta if shipment.eta and shipment.eta.source is not EtaSource.AGREED else None
    return replace(shipment, shipment=goods, agreed=None, eta=other, due_at=now)


def _case(wish: Diversion, now: datetime) -> Case:
    return Case(
        id=new_id("cas", now),
        merchant_id=wish.merchant_id,
        kind=OPEN_CASE,
        shipment_id=wish.shipment_id,
        why=f"{wish.kind.value} {wish.goal.id} was asked for and the carrier has not said: {wish.why}",
        created_at=now,
    )
