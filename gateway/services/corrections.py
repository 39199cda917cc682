"""Corrections: a person knows better than the carrier, says so under their name, and may take it back.

A correction is one more event, dated when it is made, which moves whatever the fold would hold; a withdrawal is another
one, which makes the first not count. So the status stays a function of the set of events, and all of it can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.corrections import Correction
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.records import ShipmentRecord, TrackerRecord
from gateway.domain.tracking import Source, TrackingEvent
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.projection import project
from gateway.services.transactions import again_if_crossed

LATER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says: where the shipment is (or one parcel of it, by its number), and why they know."""

    status: str
    reason: str
    author: str
    why: str
    piece: str = ""


class CorrectionDesk:
    """Takes corrections and withdrawals."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def correct(self, merchant_id: str, mode: Mode, shipment_id: str, word: Word, key_id: str) -> Correction:
        """Say where a shipment is, whatever its carrier says.

        Raises:
            NotFound: no such shipment.
            Conflict: nothing is booked, so there is nothing to be corrected.
            Unprocessable: it has no such parcel.
        """
        return again_if_crossed(lambda: self._correct(merchant_id, mode, shipment_id, word, key_id))

    def withdraw(
        self, merchant_id: str, mode: Mode, shipment_id: str, correction_id: str, author: str, why: str
    ) -> Correction:
        """Take a correction back: what the carrier says counts again.

        Raises:
            NotFound: no such shipment, or it has no such correction.
            Conflict: it is withdrawn already.
        """
        return again_if_crossed(lambda: self._withdraw(merchant_id, mode, shipment_id, correction_id, author, why))

    def of_shipment(self, merchant_id: str, mode: Mode, shipment_id: str) -> Sequence[Correction]:
        """All of them, withdrawn ones too, oldest first. Raises NotFound."""
        with self._store.look() as uow:
            _shipment(uow, merchant_id, mode, shipment_id)
            return uow.corrections.of_shipment(merchant_id, shipment_id)

    def _correct(self, merchant_id: str, mode: Mode, shipment_id: str, word: Word, key_id: str) -> Correction:
        now = self._clock()
        with self._store.work() as uow:
            shipment = _shipment(uow, merchant_id, mode, shipment_id, lock=True)
            tracker = uow.trackers.of_tender(merchant_id, shipment.tender_id, lock=True) if shipment.tender_id else None
            if tracker is None:
                raise Conflict("nothing is booked, so no carrier has said anything that could be corrected")
            if word.piece and word.piece not in {*tracker.parcel_numbers, *shipment.pieces}:
                raise Unprocessable("/parcel", "it has no parcel with this tracking number", "unknown_parcel")
            correction = Correction(
                id=new_id("cor", now),
                merchant_id=merchant_id,
                shipment_id=shipment.id,
                tracker_id=tracker.id,
                status=word.status,
                reason=word.reason,
                piece=word.piece,
                author=word.author,
                key_id=key_id,
                why=word.why,
                status_before=shipment.status,
                reason_before=shipment.reason,
                created_at=now,
            )
            uow.corrections.add(correction)
            self._tell(uow, tracker, _said(correction, now), correction.id)
            uow.commit()
        return correction

    def _withdraw(
        self, merchant_id: str, mode: Mode, shipment_id: str, correction_id: str, author: str, why: str
    ) -> Correction:
        now = self._clock()
        with self._store.work() as uow:
            _shipment(uow, merchant_id, mode, shipment_id, lock=True)
            known = uow.corrections.get(merchant_id, correction_id)
            if known is None or known.shipment_id != shipment_id:
                raise NotFound(f"no correction {correction_id}")
            tracker = uow.trackers.get(merchant_id, known.tracker_id, lock=True)
            withdrawn = replace(known, withdrawn_at=now, withdrawn_by=author, withdrawn_why=why)
            if tracker is None or not uow.corrections.withdraw(withdrawn):
                raise Conflict(f"correction {correction_id} is withdrawn already")
            self._tell(uow, tracker, _unsaid(withdrawn, now), correction_id)
            uow.commit()
        return withdrawn

    def _tell(self, uow: UnitOfWork, tracker: TrackerRecord, event: TrackingEvent, correction_id: str) -> None:
        """Append it after all that was told so far: a carrier's clock may run ahead of ours by minutes."""
        last = max((each.occurred_at for each in uow.trackers.events(tracker.merchant_id, tracker.id)), default=None)
        occurred_at = event.occurred_at if last is None else max(event.occurred_at, last + LATER)
        uow.trackers.append(tracker, replace(event, occurred_at=occurred_at), "")
        now = self._clock()
        folded = project(uow, tracker, now, f"correction {correction_id}", reread=True).tracker
        if not folded.finished and folded.due_at is None:
            uow.trackers.update(replace(folded, due_at=now))  # it was thought to be over, so nobody asks any more


def _shipment(uow: UnitOfWork, merchant_id: str, mode: Mode, shipment_id: str, *, lock: bool = False) -> ShipmentRecord:
    shipment = uow.shipments.get(merchant_id, shipment_id, lock=lock)
    if shipment is None or shipment.mode != mode:
        raise NotFound(f"no shipment {shipment_id}")
    return shipment


def _said(correction: Correction, now: datetime) -> TrackingEvent:
    return TrackingEvent(
        event_id=correction.event_id,
        occurred_at=now,
        status=correction.status,
        reason=correction.reason,
        description=f"{correction.author}: {correction.why}",
        piece=correction.piece,
        source=Source.MANUAL,
        received_at=now,
        correction=True,
    )


def _unsaid(correction: Correction, now: datetime) -> TrackingEvent:
    return TrackingEvent(
        event_id=correction.withdrawal_id,
        occurred_at=now,
        status="unknown",
        description=f"{correction.withdrawn_by} takes a correction back: {correction.withdrawn_why}",
        source=Source.MANUAL,
        received_at=now,
        withdraws=correction.event_id,
    )
