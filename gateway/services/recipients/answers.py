"""What recipients answer: that it has not arrived, and what they think of the delivery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict
from gateway.domain.recipients import ADDED, NOT_RECEIVED, Rating
from gateway.domain.records import Case, ShipmentRecord
from gateway.services.changes import record_change
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Page, Store, UnitOfWork
from gateway.services.recipients.pages import RecipientPages, missed_of
from gateway.services.transactions import again_if_crossed


class EnoughSaid(Conflict):
    """A case that has as many words of the recipient's as are taken in writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A recipient's answers about a parcel he does not have, as sentences for whoever looks for it; "" where he gave
    none, because he only adds something.
    """

    looked: str = ""
    asked: str = ""
    place: str = ""
    note: str = ""

    @property
    def told(self) -> str:
        """All of it in a sentence."""
        answers = ", ".join(filter(None, (self.looked, self.asked, self.place)))
        words = f"in the recipient's words: {self.note}" if self.note else ""
        return "; ".join(filter(None, (answers, words)))


class RecipientAnswers:
    """Takes recipients' words."""

    def __init__(self, store: Store, pages: RecipientPages, clock: Clock) -> None:
        self._store = store
        self._pages = pages
        self._clock = clock

    def missed(self, token: str, report: Report) -> None:
        """Open a case: it counts as delivered, and the recipient does not have it. While one is open, what is new is
        added to it, and the same words again (a double click) change nothing; after it was closed there is another one.

        Raises:
            NotFound, LinkEnded: see `RecipientPages`. Conflict: it does not count as delivered.
            EnoughSaid: it is open, and holds as many words as are taken.
        """
        again_if_crossed(lambda: self._missed(token, report))

    def _missed(self, token: str, report: Report) -> None:
        now = self._clock()
        with self._store.work() as uow:
            shipment = self._delivered(uow, token, now)
            cases = uow.cases.of_shipment(shipment.merchant_id, shipment.id)
            before = missed_of(cases)
            current = next((case for case in cases if case.kind == NOT_RECEIVED and case.state == "open"), None)
            if current is None:
                uow.cases.open(_case(shipment, report, now, again=before is not None))
            elif current.why.endswith(report.told):
                return
            elif before is not None and before.enough:
                raise EnoughSaid("the shop has as many words about it as are taken in writing")
            else:
                added = f"{current.why}{ADDED}added at {now.isoformat(timespec='seconds')}: {report.told}"
                uow.cases.explain(replace(current, why=added))
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
            raise Conflict("it does not count as delivered")
        return shipment


def _case(shipment: ShipmentRecord, report: Report, now: datetime, *, again: bool) -> Case:
    return Case(
        id=new_id("cas", now),
        merchant_id=shipment.merchant_id,
        kind=NOT_RECEIVED,
        shipment_id=shipment.id,
        why=f"the recipient has {'still ' if again else ''}not received it: {report.told}",
        created_at=now,
    )
