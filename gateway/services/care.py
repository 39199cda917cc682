"""What people at the desk do about a delivery under way, on behalf of whoever calls: which acts its carrier and its
status allow, why not the others, and those that no carrier takes over the wire, which become cases.

Another time or place goes through `diversions`, the way back through `returns`: this only says whether they can be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

from carriers.base import Capability
from gateway.domain.clock import Clock
from gateway.domain.diversions import DiversionKind
from gateway.domain.errors import Conflict, GatewayError, NotFound
from gateway.domain.people import Note, User
from gateway.domain.records import Case, ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.audit_trail import Deed, write_down
from gateway.services.carrier_pool import CarrierPool
from gateway.services.diversions.desk import Diversions
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store
from gateway.services.recipients.bound import Recipients
from gateway.services.returns import Returns
from gateway.services.transactions import again_if_crossed

HOLD, ADDRESS = "hold_wanted", "address_wrong"
"""Kinds of cases; see `case_kinds.toml`."""

UNDER_WAY = ("pre_transit", "in_transit", "problem")


class NotNow(Conflict):
    """An act that its status or its carrier does not allow (any more); the message says why."""


class CareDesk:
    """Says what can be done, and does what has no service of its own."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        diversions: Diversions,
        returns: Returns,
        recipients: Recipients,
        clock: Clock,
    ) -> None:
        self._store = store
        self._pool = pool
        self._diversions = diversions
        self._returns = returns
        self._wishes = recipients.wishes
        self._clock = clock

    def why_not(self, shipment: ShipmentRecord) -> Mapping[str, str]:
        """Of each act, why it cannot be done now, as far as that is known without asking the carrier; "" where it can.

        `anew`: its booking is taken back and it is booked anew; `words`: its courier is told something else.
        """
        offers = self._diversions.offers
        asked: Mapping[str, Callable[[], str]] = {
            "time": lambda: offers.why_not(shipment, DiversionKind.RESCHEDULE),
            "point": lambda: offers.why_not(shipment, DiversionKind.REDIRECT),
            "hold": lambda: _not_under_way(shipment),
            "address": lambda: _not_under_way(shipment),
            "anew": lambda: self._not_anew(shipment),
            "words": lambda: self._no_words(shipment),
            "return": lambda: self._returns.why_not(shipment),
        }
        return {name: _said(ask) for name, ask in asked.items()}

    def check(self, shipment: ShipmentRecord, act: str, version: int) -> None:
        """Raises Conflict: it cannot be done, or somebody changed the shipment since it was looked at."""
        if shipment.version != version:
            raise Conflict("it has changed since you opened the page: look at it as it is now, then decide again")
        if why := self.why_not(shipment)[act]:
            raise NotNow(why)

    def open(self, user: User, mode: Mode, shipment_id: str, case: tuple[str, str], words: str = "") -> bool:
        """A case of a kind, with its reason, for whoever calls the carrier; False when one is open already, which stays
        as it is. `words` name people or places: they are kept as a note, which is forgotten with them.

        Raises:
            NotFound: no such shipment.
        """
        kind, why = case
        return again_if_crossed(lambda: self._open(user, mode, shipment_id, Deed(what=kind, reason=why), words))

    def instruct(self, shipment: ShipmentRecord, words: str) -> None:
        """Tell the courier these words, beside what the recipient has said. Raises NotNow, CarrierError."""
        if why := _said(lambda: self._no_words(shipment)):
            raise NotNow(why)
        self._wishes.hand_on(shipment, words)

    def _open(self, user: User, mode: Mode, shipment_id: str, wanted: Deed, words: str) -> bool:
        now = self._clock()
        with self._store.work() as uow:
            shipment = uow.shipments.get(user.merchant_id, shipment_id, lock=True)
            if shipment is None or shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            opened = uow.cases.open(_case(user, shipment, wanted, now))
            noted = bool(words) and uow.notes.add(_note(user, shipment, words, now))
            if opened or noted:
                deed = Deed(what="asked for a person to call the carrier", subject_id=shipment_id, reason=wanted.reason)
                write_down(uow, user, deed, now)
            uow.commit()
        return opened

    def _not_anew(self, shipment: ShipmentRecord) -> str:
        """Before its carrier has it, a booking costs nothing to take back: that is the cut-off."""
        if why := _not_under_way(shipment):
            return why
        if statuses()[shipment.status].phase != "pre_transit":
            return "its carrier has it already"
        live = self._pool.get(shipment.merchant_id, shipment.account_id)
        return "" if live.can(Capability.CANCELS) else f"{live.record.carrier} takes no cancellations"

    def _no_words(self, shipment: ShipmentRecord) -> str:
        if why := _not_under_way(shipment):
            return why
        live = self._pool.get(shipment.merchant_id, shipment.account_id)
        return "" if live.can(Capability.TAKES_INSTRUCTIONS) else f"{live.record.carrier} takes no words for couriers"


def _case(user: User, shipment: ShipmentRecord, wanted: Deed, now: datetime) -> Case:
    return Case(
        id=new_id("cas", now),
        merchant_id=user.merchant_id,
        kind=wanted.what,
        shipment_id=shipment.id,
        subject_id=shipment.id,
        why=wanted.reason,
        created_at=now,
    )


def _note(user: User, shipment: ShipmentRecord, words: str, now: datetime) -> Note:
    """The same words about the same shipment are the same note, however often a form is sent."""
    return Note(
        id=f"not_{sha256(f'{shipment.id} {words}'.encode()).hexdigest()[:26].upper()}",
        merchant_id=user.merchant_id,
        shipment_id=shipment.id,
        at=now,
        user_id=user.id,
        who=user.name,
        text=words,
    )


def _said(call: Callable[[], str]) -> str:
    """An account that is gone or broken is a reason as good as any."""
    try:
        return call()
    except GatewayError as error:
        return str(error)


def _not_under_way(shipment: ShipmentRecord) -> str:
    if shipment.state is not ShipmentState.BOOKED:
        return f"no carrier is delivering it: {shipment.state.value.replace('_', ' ')}"
    status = statuses()[shipment.status]
    return "" if status.phase in UNDER_WAY else f"it is {status.name.replace('_', ' ')} already"
