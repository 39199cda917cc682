"""Pickups: intent first, the carrier second, the record third, as with bookings.

No carrier tells what became of a pickup whose answer was lost, and none promises that asking twice orders one courier.
So an unknown outcome is never repeated: a person asks the carrier and says what is true. Calling one off is repeated
until the carrier answers, because a pickup that is called off twice is still called off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from carriers.base import BadCarrierResponse, Capability, CarrierError, Pickup, PickupRequest
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, TooLate, Unprocessable
from gateway.domain.handovers import PickupRecord, PickupState
from gateway.domain.quotes import CarrierResult, ResultState
from gateway.domain.records import ShipmentRecord
from gateway.domain.values import Address
from gateway.services.booking import state_after
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.pickup_calloffs import CallOffs, case_about
from gateway.services.ports import HandoverSearch, Mode, Page, Store
from gateway.services.results import chosen, result_of, unasked
from gateway.services.transactions import again_if_crossed
from gateway.settings import Booking as BookingSettings
from gateway.settings import Worker

MOST_SHIPMENTS = 1000
LOST = "the process that asked ended before the answer was recorded"
UNDECIDED = (PickupState.ORDERING, PickupState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupWish:
    """When parcels are ready and until when somebody is there; the day is `ready_at`'s, by its own offset.

    `accounts` empty means all; `origin` only what waits at that door.
    """

    ready_at: datetime
    closes_at: datetime
    accounts: tuple[str, ...] = ()
    origin: Address | None = None
    instructions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupFile:
    """A pickup with the shipments it was ordered for."""

    pickup: PickupRecord
    shipment_ids: tuple[str, ...]


class Pickups:
    """Orders, cancels and settles pickups."""

    def __init__(
        self, store: Store, pool: CarrierPool, clock: Clock, settings: BookingSettings, worker: Worker
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._worker = worker
        self._call_offs = CallOffs(store, pool, clock, settings)

    def cancel(self, merchant_id: str, mode: Mode, pickup_id: str) -> PickupFile:
        """Call a pickup off: `cancelled`, or `cancelling` while the carrier's answer is not known.

        Raises:
            NotFound: no such pickup.
            Conflict: there is none to call off, or its carrier can only be called by phone.
            TooLate: the carrier refuses.
        """
        self._call_offs.call_off(self.get(merchant_id, mode, pickup_id).pickup)
        after = self.get(merchant_id, mode, pickup_id)
        if after.pickup.state is PickupState.SCHEDULED:
            raise TooLate(after.pickup.why or "the carrier no longer calls it off")
        return after

    def order(
        self, merchant_id: str, mode: Mode, wish: PickupWish
    ) -> tuple[Sequence[PickupFile], Sequence[CarrierResult]]:
        """One pickup per account and door where parcels wait, all accounts at once; and those of the day there are
        already. Asking again orders nothing twice: a courier who comes anyway takes later bookings along.

        Raises:
            NotFound: no such account.
            Unprocessable: the window is over.
        """
        if wish.closes_at <= self._clock():
            raise Unprocessable("/closes_at", "is over already", "in_the_past")
        meant, results = chosen(self._pool.now_of(merchant_id, mode), wish.accounts)
        begun: list[tuple[LiveCarrier, PickupRequest]] = []
        shown: list[str] = []
        for live in meant:
            resting = self._pool.resting(live)
            if not live.can(Capability.SCHEDULES_PICKUPS):
                why = "takes no orders for pickups"
                results.append(unasked(live.record, ResultState.INELIGIBLE, "no_pickups", why))
            elif resting is not None:
                results.append(unasked(live.record, ResultState.SKIPPED, "resting", resting))
            else:
                fresh, known = again_if_crossed(partial(self._begin, mode, live, wish))
                begun += [(live, request) for request in fresh]
                shown += [*(pickup.id for pickup in known), *(request.reference for request in fresh)]
                if not fresh and not known:
                    nothing = "no parcel waits to be collected"
                    results.append(unasked(live.record, ResultState.SKIPPED, "nothing_to_collect", nothing))
        results += self._ask(begun)
        return [self.get(merchant_id, mode, pickup_id) for pickup_id in shown], results

    def get(self, merchant_id: str, mode: Mode, pickup_id: str) -> PickupFile:
        """One pickup. Raises NotFound."""
        with self._store.look() as uow:
            pickup = uow.pickups.get(merchant_id, pickup_id)
            if pickup is None or pickup.mode != mode:
                raise NotFound(f"no pickup {pickup_id}")
            return PickupFile(pickup=pickup, shipment_ids=tuple(uow.pickups.shipment_ids(merchant_id, pickup_id)))

    def search(self, merchant_id: str, search: HandoverSearch) -> Page[PickupRecord]:
        """Pickups, newest first."""
        with self._store.look() as uow:
            return uow.pickups.list(merchant_id, search)

    def resolve(self, merchant_id: str, mode: Mode, pickup_id: str, ordered: Pickup | None, note: str) -> PickupFile:
        """A person settles an uncertain pickup: ordered (with the carrier's number) or not ordered (None).

        Raises:
            NotFound, Conflict: no such pickup, or it waits for nobody.
        """
        pickup = self.get(merchant_id, mode, pickup_id).pickup
        state = PickupState.SCHEDULED if ordered else PickupState.REFUSED
        said = replace(pickup, state=state, pickup=ordered, why=f"says a person: {note}")
        if pickup.state is not PickupState.UNCERTAIN or not self._close(said, (PickupState.UNCERTAIN,)):
            raise Conflict(f"a pickup in state {pickup.state.value} waits for nobody")
        return self.get(merchant_id, mode, pickup_id)

    def claim(self) -> Sequence[PickupRecord]:
        """Pickups whose sender died, and cancellations that are due, leased to this worker."""
        with self._store.work() as uow:
            return uow.pickups.claim_due(self._clock(), timedelta(seconds=self._worker.lease_s), self._worker.batch)

    def work(self, pickup: PickupRecord) -> None:
        """One step with a claimed pickup."""
        if pickup.state is PickupState.CANCELLING:
            self._call_offs.ask_carrier(pickup)
        else:
            self._settle(pickup, BadCarrierResponse(LOST))

    def park(self, pickup: PickupRecord, why: str) -> None:
        """A pickup that crashes its workers: a person takes over, and the courier may come."""
        if pickup.state is PickupState.CANCELLING:
            self._call_offs.keep(pickup, why)
        else:
            self._settle(pickup, BadCarrierResponse(why))

    def _begin(
        self, mode: Mode, live: LiveCarrier, wish: PickupWish
    ) -> tuple[Sequence[PickupRequest], Sequence[PickupRecord]]:
        """Commit the intent for every door of an account: (to be ordered now, there already)."""
        account, day = live.record, wish.ready_at.date()
        fresh: list[PickupRequest] = []
        with self._store.work() as uow:
            known = uow.pickups.live(account.merchant_id, account.id, day)
            waiting = uow.pickups.waiting(account.merchant_id, mode, account.id, day, wish.closes_at, MOST_SHIPMENTS)
            for door, shipments in _by_door(waiting, wish.origin).items():
                pickup = self._record(live, wish, door, shipments)
                here = {each.door for each in known}
                if door not in here and uow.pickups.add(pickup, [each.id for each in shipments]):
                    fresh.append(_request(pickup, shipments))
            uow.commit()
        return fresh, [each for each in known if wish.origin is None or each.door == door_of(wish.origin)]

    def _record(
        self, live: LiveCarrier, wish: PickupWish, door: str, shipments: Sequence[ShipmentRecord]
    ) -> PickupRecord:
        now, account = self._clock(), live.record
        return PickupRecord(
            id=new_id("pck", now),
            merchant_id=account.merchant_id,
            mode=account.mode,
            account_id=account.id,
            account=account.name,
            carrier=account.carrier,
            day=wish.ready_at.date(),
            door=door,
            address=shipments[0].shipment.origin,
            ready_at=wish.ready_at,
            closes_at=wish.closes_at,
            parcels=tuple(parcel for each in shipments for parcel in each.shipment.parcels),
            instructions=wish.instructions,
            created_at=now,
            updated_at=now,
            due_at=now + self._lease(),
        )

    def _ask(self, begun: Sequence[tuple[LiveCarrier, PickupRequest]]) -> Sequence[CarrierResult]:
        lives = [live for live, _ in begun]
        calls = [_order(live, request) for live, request in begun]
        outcomes = self._pool.ask_all(Purpose.PICKUP, lives, calls, self._settings.deadline_s)
        for (live, request), outcome in zip(begun, outcomes, strict=True):
            pickup = self.get(live.record.merchant_id, live.record.mode, request.reference).pickup
            self._settle(pickup, outcome.error or outcome.value or BadCarrierResponse("no pickup in the answer"))
        return [result_of(live, outcome, "") for live, outcome in zip(lives, outcomes, strict=True)]

    def _settle(self, pickup: PickupRecord, answer: Pickup | CarrierError) -> None:
        """Record a carrier's answer, whoever got it and however late."""
        if isinstance(answer, Pickup):
            settled = replace(pickup, state=PickupState.SCHEDULED, pickup=answer, why="")
        else:
            settled = replace(pickup, state=PickupState(state_after(answer).value), why=str(answer))
        if not self._close(settled, UNDECIDED) and isinstance(answer, Pickup):
            self._unwanted(pickup, answer)

    def _close(self, pickup: PickupRecord, expected: Sequence[PickupState]) -> bool:
        """Write what is known; what stays unknown gets a case, what is settled closes it."""
        now = self._clock()
        with self._store.work() as uow:
            done = uow.pickups.close(replace(pickup, due_at=None, tries=0, updated_at=now), expected)
            if done and pickup.state is PickupState.UNCERTAIN:
                why = f"{pickup.account} may come on {pickup.day}; ask before ordering again: {pickup.why}"
                uow.cases.open(case_about("pickup_uncertain", pickup, why, now))
            elif done:
                told = case_about("pickup_uncertain", pickup, "", now)
                uow.cases.close_about(replace(told, closed_at=now, resolution=pickup.state.value, note=pickup.why))
            uow.commit()
        return done

    def _unwanted(self, pickup: PickupRecord, answer: Pickup) -> None:
        """A late "yes" to a pickup that was settled otherwise meanwhile: somebody should call that courier off."""
        now = self._clock()
        with self._store.work() as uow:
            stored = uow.pickups.get(pickup.merchant_id, pickup.id)
            known = stored.pickup.carrier_reference if stored and stored.pickup else ""
            if known != answer.carrier_reference:
                why = f"{pickup.account} says, late, that it comes on {pickup.day}: {answer.carrier_reference}"
                uow.cases.open(case_about("pickup_unwanted", pickup, why, now))
                uow.commit()

    def _lease(self) -> timedelta:
        return timedelta(seconds=self._settings.deadline_s + self._settings.lease_margin_s)


def door_of(address: Address) -> str:
    """The name of a door in comparisons: two shipments from it are one collection."""
    parts = (address.country, address.postal_code, address.street1, address.street2, address.city)
    return "|".join(" ".join(part.casefold().split()) for part in parts)


def _by_door(waiting: Sequence[ShipmentRecord], origin: Address | None) -> dict[str, list[ShipmentRecord]]:
    found: dict[str, list[ShipmentRecord]] = defaultdict(list)
    for record in waiting:
        found[door_of(record.shipment.origin)].append(record)
    return found if origin is None else {door: found[door] for door in [door_of(origin)] if door in found}


def _request(pickup: PickupRecord, shipments: Sequence[ShipmentRecord]) -> PickupRequest:
    return PickupRequest(
        address=pickup.address,
        day=pickup.day,
        ready_at=pickup.ready_at,
        closes_at=pickup.closes_at,
        parcels=pickup.parcels,
        reference=pickup.id,
        instructions=pickup.instructions,
        bookings=tuple(each.booking for each in shipments if each.booking is not None),
    )


async def _order(live: LiveCarrier, request: PickupRequest) -> Pickup:
    ordered: Pickup = await live.carrier.schedule_pickup(request)  # type: ignore[attr-defined]  # callers saw the role
    return ordered
