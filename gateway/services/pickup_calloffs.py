"""Call pickups off: the wish is committed first and asked for until the carrier answers, for twice is harmless."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base import Capability, CarrierError, Pickup, ShipmentRejected
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict
from gateway.domain.handovers import ManifestRecord, PickupRecord, PickupState
from gateway.domain.records import Case
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.ports import Store
from gateway.settings import Booking as BookingSettings

SOONEST_AGAIN = timedelta(seconds=30)
LATEST_AGAIN = timedelta(minutes=15)
ASK_A_PERSON_AFTER = timedelta(minutes=30)


class CallOffs:
    """Cancellations of pickups."""

    def __init__(self, store: Store, pool: CarrierPool, clock: Clock, settings: BookingSettings) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._settings = settings

    def call_off(self, pickup: PickupRecord) -> None:
        """Commit the wish, then ask once. Nothing to do where it is (being) called off already.

        Raises:
            Conflict: there is nothing to call off, or its carrier can only be called by phone.
        """
        if pickup.state in (PickupState.CANCELLING, PickupState.CANCELLED):
            return
        if pickup.state is not PickupState.SCHEDULED:
            raise Conflict(f"a pickup in state {pickup.state.value} cannot be called off")
        if not self._pool.get(pickup.merchant_id, pickup.account_id).can(Capability.CANCELS_PICKUPS):
            raise Conflict(
                f"{pickup.carrier} takes no cancellations of pickups; telephone, then it simply does not come"
            )
        now = self._clock()
        due_at = now + timedelta(seconds=self._settings.deadline_s + self._settings.lease_margin_s)
        wish = replace(pickup, state=PickupState.CANCELLING, cancel_asked_at=now, due_at=due_at, updated_at=now, why="")
        if self._write(wish, PickupState.SCHEDULED):
            self.ask_carrier(wish)

    def ask_carrier(self, pickup: PickupRecord) -> None:
        """Ask the carrier of a pickup that is `cancelling`, and record what it said."""
        live = self._pool.get(pickup.merchant_id, pickup.account_id)
        ordered = pickup.pickup or Pickup(carrier_reference=pickup.id)
        try:
            self._pool.ask(Purpose.CANCEL_PICKUP, live, _cancel(live, ordered), self._settings.deadline_s)
        except ShipmentRejected as error:
            self.keep(pickup, str(error))
        except CarrierError as error:
            self._later(pickup, str(error))
        else:
            now = self._clock()
            done = replace(pickup, state=PickupState.CANCELLED, due_at=None, tries=0, updated_at=now, why="")
            self._write(done, PickupState.CANCELLING)
            self._close_case(pickup, "cancelled", now)

    def keep(self, pickup: PickupRecord, why: str) -> None:
        """The carrier refuses, or nobody can ask it: the courier comes."""
        now = self._clock()
        kept = replace(pickup, state=PickupState.SCHEDULED, due_at=None, tries=0, updated_at=now, why=why)
        self._write(kept, PickupState.CANCELLING)
        self._close_case(pickup, "refused", now)

    def _later(self, pickup: PickupRecord, why: str) -> None:
        """With growing pauses; after a while a person is asked too. Once the window is over nothing is left to do."""
        now = self._clock()
        age = now - (pickup.cancel_asked_at or now)
        if now >= pickup.closes_at:
            self.keep(pickup, f"not called off in time: {why}")
            return
        pause = max(SOONEST_AGAIN, min(age / 2, LATEST_AGAIN))
        waiting = replace(pickup, due_at=now + pause, tries=0, updated_at=now, why=why)
        if self._write(waiting, PickupState.CANCELLING) and age >= ASK_A_PERSON_AFTER:
            with self._store.work() as uow:
                uow.cases.open(case_about("pickup_open", pickup, f"{pickup.account} does not call it off: {why}", now))
                uow.commit()

    def _write(self, pickup: PickupRecord, expected: PickupState) -> bool:
        with self._store.work() as uow:
            written = uow.pickups.close(pickup, (expected,))
            uow.commit()
        return written

    def _close_case(self, pickup: PickupRecord, resolution: str, now: datetime) -> None:
        with self._store.work() as uow:
            case = case_about("pickup_open", pickup, "", now)
            uow.cases.close_about(replace(case, closed_at=now, resolution=resolution, note=pickup.why))
            uow.commit()


def case_about(kind: str, subject: PickupRecord | ManifestRecord, why: str, now: datetime) -> Case:
    """A case about a pickup or a manifest."""
    return Case(
        id=new_id("cas", now),
        merchant_id=subject.merchant_id,
        kind=kind,
        subject_id=subject.id,
        why=why,
        created_at=now,
    )


async def _cancel(live: LiveCarrier, pickup: Pickup) -> None:
    await live.carrier.cancel_pickup(pickup)  # type: ignore[attr-defined]  # callers saw the role
