"""People are forgotten: when their parcel has been over for long enough, or when they ask for it.

Source of the terms: the document on security, section 13, and GDPR articles 5(1)(e), 15, 17 and 20.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.bulk import RowState
from gateway.domain.clock import Clock
from gateway.domain.notifications import Notification
from gateway.domain.people import Note
from gateway.domain.privacy import Subject, forgotten, is_over, nobodys, pseudonymised, unguided
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import Personal, Shipment
from gateway.services.audit_trail import Deed, KeyHolder, write_down
from gateway.services.ids import first_id
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.proof_keeping import ProofKeeping
from gateway.services.retention import KEYS_KEPT
from gateway.services.transactions import again_if_crossed
from gateway.settings import Retention

AT_ONCE = 200
QUOTES_AT_ONCE = 2000
MOST = 500
"""Shipments of one person that are erased or told at a time."""
ERASED = "erased, with the people it was about"
UNDER_WAY = "it is under way: it is erased as soon as it is over"
DISPUTED = "a case about it is open: it is erased once the case is closed"
ANSWER_GONE = (
    b'{"type":"/docs/problems#erased","title":"Erased","status":410,"code":"erased",'
    b'"detail":"the answer to this Idempotency-Key is erased, with the people it was about"}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What became of a wish to be forgotten; `deferred` are shipments and why. `dry_run`: what would become of it."""

    dry_run: bool
    at: datetime
    erased: tuple[str, ...]
    deferred: tuple[tuple[str, str], ...]
    quotes: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is known of a shipment's people besides the shipment and its events."""

    notes: Sequence[Note]
    told: Sequence[Notification]
    comment: str


class PrivacyDesk:
    """Two chores of the worker's, and what merchants ask for in the name of their customers."""

    def __init__(self, store: Store, pictures: ProofKeeping, clock: Clock, settings: Retention) -> None:
        self._store = store
        self._pictures = pictures
        self._clock = clock
        self._guided = timedelta(days=settings.instructions_days)
        self._known = timedelta(days=settings.addresses_days)

    def forget(self) -> Sequence[str]:
        """A chore: whatever is old enough, a batch a transaction; nothing is left to be worked."""
        now = self._clock()
        with self._store.look() as uow:
            merchants = [merchant_id for merchant_id, _ in uow.keys.merchants()]
        for merchant_id in merchants:
            self._each(merchant_id, Personal.ALL, now - self._guided, self._unguide)
            self._each(merchant_id, Personal.ASKED, now, self._erase)
            self._each(merchant_id, Personal.SOME, now - self._known, self._erase)
            self._walk_quotes(merchant_id, "quotes: names", now - self._guided, nobodys)
            self._walk_quotes(merchant_id, "quotes: places", now - self._known, pseudonymised)
            self._walk_trackers(merchant_id, now - self._known)
        return ()

    def found(self, merchant_id: str, mode: Mode, subject: Subject, by: KeyHolder) -> Sequence[ShipmentRecord]:
        """Every shipment to or from somebody of whom something is known, for a copy; written down."""

        def look() -> Sequence[ShipmentRecord]:
            with self._store.work() as uow:
                found = uow.privacy.of_subject(merchant_id, mode, subject, MOST)
                said = f"{len(found)} shipments, by {subject.kind}"
                write_down(uow, by, Deed(what="exported personal data", reason=said), self._clock())
                uow.commit()
                return found

        return again_if_crossed(look)

    def beside(self, shipment: ShipmentRecord) -> Beside:
        """What else there is of one that was found."""
        with self._store.look() as uow:
            rating = uow.ratings.get(shipment.merchant_id, shipment.id)
            return Beside(
                notes=uow.notes.of_shipment(shipment.merchant_id, shipment.id),
                told=uow.notifications.of_shipment(shipment.merchant_id, shipment.id),
                comment=rating.comment if rating else "",
            )

    def erase(self, merchant_id: str, mode: Mode, subject: Subject, by: KeyHolder, *, dry_run: bool) -> Erasure:
        """Forget somebody: what is over at once, what is under way or disputed as soon as it no longer is.

        Raises Unavailable: the file store is; what was erased by then is.
        """
        now = self._clock()
        self._erase_rows(merchant_id, mode, subject, dry_run=dry_run)  # what is booked meanwhile is a shipment then
        with self._store.look() as uow:
            found = uow.privacy.of_subject(merchant_id, mode, subject, MOST)
            waits = {each.id: _why_later(uow, each) for each in found}
        erased = [each for each in found if not waits[each.id]]
        needed = {each.quote_id for each in found if waits[each.id]}
        quotes = self._erase_quotes(merchant_id, mode, subject, by, needed, dry_run=dry_run)
        if not dry_run:
            for each in found:
                self._erase(each, by) if not waits[each.id] else self._ask(each, by)
        return Erasure(
            dry_run=dry_run,
            at=now,
            erased=tuple(each.id for each in erased),
            deferred=tuple((name, why) for name, why in waits.items() if why),
            quotes=quotes,
            more=len(found) == MOST,
        )

    def _each(
        self, merchant_id: str, personal: Personal, before: datetime, act: Callable[[ShipmentRecord], None]
    ) -> None:
        while True:
            with self._store.look() as uow:
                found = uow.privacy.over(merchant_id, personal, before, AT_ONCE)
            for each in found:
                act(each)
            if len(found) < AT_ONCE:
                return

    def _unguide(self, shipment: ShipmentRecord) -> None:
        def write() -> None:
            with self._store.work() as uow:
                record = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True)
                if record is not None and record.personal is Personal.ALL:
                    uow.privacy.keep(record, unguided(record))
                    uow.commit()

        again_if_crossed(write)

    def _erase(self, shipment: ShipmentRecord, by: KeyHolder | None = None) -> None:
        """One that is over, its pictures first: if this process dies in between, it is found again."""
        self._pictures.erase_of(shipment.merchant_id, shipment.id)
        now = self._clock()

        def write() -> None:
            with self._store.work() as uow:
                record = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True)
                if record is None or not is_over(record):
                    return
                uow.privacy.keep(record, forgotten(record))
                uow.privacy.forget_around(record, now)
                uow.bulk.forget(record, ERASED)
                if record.quote_id:
                    uow.privacy.keep_quote(record.merchant_id, record.quote_id, pseudonymised(record.shipment))
                if record.updated_at > now - KEYS_KEPT:
                    for name in filter(None, (record.id, record.quote_id)):
                        uow.privacy.forget_answers(record.merchant_id, name, ANSWER_GONE)
                if by is not None:
                    write_down(uow, by, Deed(what="erased personal data", subject_id=record.id), now)
                uow.commit()

        again_if_crossed(write)

    def _ask(self, shipment: ShipmentRecord, by: KeyHolder) -> None:
        """Mark one that is to be erased later."""

        def write() -> None:
            with self._store.work() as uow:
                record = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True)
                if record is not None and record.personal in (Personal.ALL, Personal.SOME):
                    uow.privacy.wish(record.merchant_id, record.id)
                    deed = Deed(what="asked for personal data to be erased", subject_id=record.id)
                    write_down(uow, by, deed, self._clock())
                    uow.commit()

        again_if_crossed(write)

    def _erase_quotes(
        self, merchant_id: str, mode: Mode, subject: Subject, by: KeyHolder, needed: Collection[str], *, dry_run: bool
    ) -> int:
        """What was asked about for somebody and can no longer be booked; how many."""
        now = self._clock()
        count, after_id = 0, first_id("qte", now - self._guided - timedelta(days=1))
        while after_id:
            with self._store.work() as uow:
                named, after_id = uow.privacy.quotes_naming(merchant_id, mode, subject, after_id, now, QUOTES_AT_ONCE)
                found = [(quote_id, shipment) for quote_id, shipment in named if quote_id not in needed]
                for quote_id, shipment in () if dry_run else found:
                    uow.privacy.keep_quote(merchant_id, quote_id, pseudonymised(shipment))
                    uow.privacy.forget_answers(merchant_id, quote_id, ANSWER_GONE)
                uow.commit()
            count += len(found)
        if count and not dry_run:
            deed = Deed(what="erased personal data", reason=f"{count} quotes, by {subject.kind}")
            again_if_crossed(lambda: self._write_down(by, deed))
        return count

    def _erase_rows(self, merchant_id: str, mode: Mode, subject: Subject, *, dry_run: bool) -> None:
        """Lines of files that were sent in and not booked (yet): one in hand is erased by whoever has it there."""
        after = ("", 0)
        while not dry_run:
            with self._store.work() as uow:
                rows = uow.bulk.undone(merchant_id, mode, after, QUOTES_AT_ONCE)
                for row in rows:
                    if subject.named_in(row.data.values()):
                        erased = replace(row, state=RowState.BLOCKED, name="", data={}, why=ERASED)
                        uow.bulk.settle(erased, row)
                uow.commit()
            if not rows:
                return
            after = (rows[-1].job_id, rows[-1].number)

    def _write_down(self, by: KeyHolder, deed: Deed) -> None:
        with self._store.work() as uow:
            write_down(uow, by, deed, self._clock())
            uow.commit()

    def _walk_quotes(self, merchant_id: str, what: str, before: datetime, left: Callable[[Shipment], Shipment]) -> None:
        while True:
            with self._store.work() as uow:
                after_id = uow.privacy.mark(merchant_id, what)
                found = uow.privacy.quotes(merchant_id, after_id, first_id("qte", before), AT_ONCE)
                for quote_id, shipment in found:
                    uow.privacy.keep_quote(merchant_id, quote_id, left(shipment))
                if not found:
                    return
                uow.privacy.set_mark(merchant_id, what, found[-1][0])
                uow.commit()

    def _walk_trackers(self, merchant_id: str, before: datetime) -> None:
        """Those of bookings made elsewhere, and carriers' messages that could never be applied."""
        while True:
            with self._store.work() as uow:
                after_id = uow.privacy.mark(merchant_id, "trackers")
                last_id = uow.privacy.forget_tracked(merchant_id, after_id, first_id("trk", before), AT_ONCE)
                uow.privacy.forget_unread(merchant_id, first_id("inb", before))
                if last_id:
                    uow.privacy.set_mark(merchant_id, "trackers", last_id)
                uow.commit()
                if not last_id:
                    return


def _why_later(uow: UnitOfWork, shipment: ShipmentRecord) -> str:
    """Why a shipment cannot be erased yet; "" where it can."""
    if not is_over(shipment):
        return UNDER_WAY
    return DISPUTED if uow.privacy.disputed(shipment.merchant_id, shipment.id) else ""
