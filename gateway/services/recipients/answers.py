"""What recipients answer: that it has not arrived, and what they think of the delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict
from gateway.domain.recipients import NOT_RECEIVED, Rating
from gateway.domain.records import Case, ShipmentRecord
from gateway.services.changes import record_change
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Page, Store, UnitOfWork
from gateway.services.recipients.pages import RecipientPages
from gateway.services.transactions import again_if_crossed


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A recipient's three answers about a parcel he does not have, as sentences for whoever looks for it."""

    looked: str
    asked: str
    place: str
    note: str = ""


class RecipientAnswers:
    """Takes recipients' words, each once."""

    def __init__(self, store: Store, pages: RecipientPages, clock: Clock) -> None:
        self._store = store
        self._pages = pages
        self._clock = clock

    def missed(self, token: str, missed: Missed) -> None:
        """Open a case: it counts as delivered, and the recipient does not have it. Saying it twice changes nothing.

        Raises:
            NotFound, LinkEnded: see `RecipientPages`. Conflict: it does not count as delivered.
        """
        again_if_crossed(lambda: self._missed(token, missed))

    def _missed(self, token: str, missed: Missed) -> None:
        now = self._clock()
        with self._store.work() as uow:
            shipment = self._delivered(uow, token, now)
            cases = uow.cases.of_shipment(shipment.merchant_id, shipment.id)
            if any(case.kind == NOT_RECEIVED for case in cases):
                return
            uow.cases.open(_case(shipment, missed, now))
            record_change(uow, shipment, "shipment.reported_missing", now)
            uow.commit()

    def rate(self, token: str, stars: int, recommends: int | None, comment: str) -> None:
        """Keep a recipient's first word on the delivery; later ones change nothing.

        Raises:
            NotFound, LinkEnded: see `RecipientPages`. Conflict: it does not count as delivered.
        """
        now = self._clock()
        with self._store.work() as uow:
            shipment = self._delivered(uow, token, now)
            rating = Rating(
                merchant_id=shipment.merchant_id,
                shipment_id=shipment.id,
                mode=shipment.mode,
                stars=stars,
                recommends=recommends,
                comment=comment,
                created_at=now,
            )
            uow.ratings.add(rating)
            uow.commit()

    def ratings(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[Rating]:
        """The merchant's ratings, newest first."""
        with self._store.look() as uow:
            return uow.ratings.list(merchant_id, mode, limit, cursor)

    def _delivered(self, uow: UnitOfWork, token: str, now: datetime) -> ShipmentRecord:
        found = self._pages.shipment(uow, token, now)
        shipment = uow.shipments.get(found.merchant_id, found.id, lock=True) or found
        if shipment.status != "delivered" or shipment.return_of:
            raise Conflict("it does not count as delivered to a recipient")
        return shipment


def _case(shipment: ShipmentRecord, missed: Missed, now: datetime) -> Case:
    told = [missed.looked, missed.asked, missed.place]
    words = f"; in the recipient's words: {missed.note}" if missed.note else ""
    return Case(
        id=new_id("cas", now),
        merchant_id=shipment.merchant_id,
        kind=NOT_RECEIVED,
        shipment_id=shipment.id,
        why=f"the recipient has not received it: {', '.join(told)}{words}",
        created_at=now,
    )
