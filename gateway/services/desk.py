"""The desk of people who answer callers and work exceptions: finding, notes, cases, all there is about a shipment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from gateway.domain.case_kinds import case_kind
from gateway.domain.claims import Claim
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.people import AuditEntry, Note, User
from gateway.domain.quotes import Quote
from gateway.domain.records import Case, Recall, TrackerRecord
from gateway.domain.shipments import TenderState
from gateway.domain.tracking import TrackingEvent
from gateway.services.audit_trail import Deed, write_down
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Page, ShipmentSearch, Store, UnitOfWork
from gateway.services.ports.desk import CaseSearch, Told, Waiting
from gateway.services.searching import Found, find
from gateway.services.shipments import ShipmentFile, ShipmentService
from gateway.services.transactions import again_if_crossed

LONGEST_NOTE = 4000
MOST_NAMED = 5000
MESSAGES_SHOWN = 30
DAYS_SHOWN = 14
ANSWERS_OF = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All there is about a shipment. `quote` is None once it was forgotten; `events` newest first."""

    file: ShipmentFile
    tracker: TrackerRecord | None
    events: Sequence[TrackingEvent]
    quote: Quote | None
    recalls: Sequence[Recall]
    notes: Sequence[Note]
    told: Sequence[Told]
    audit: Sequence[AuditEntry]
    owners: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What became of tenders to an account: `taken` ones may have been called off since. `trouble` is the last that was
    not taken: when, and why.
    """

    taken: int
    refused: int
    unavailable: int
    unknown: int
    trouble: tuple[datetime, str] | None

    @property
    def total(self) -> int:
        """All that are answered, or whose answer is lost."""
        return self.taken + self.refused + self.unavailable + self.unknown


class Desk:
    """Reads, and settles cases."""

    def __init__(self, store: Store, shipments: ShipmentService, clock: Clock) -> None:
        self._store = store
        self._shipments = shipments
        self._clock = clock

    def find(self, merchant_id: str, search: ShipmentSearch) -> Found:
        """What a text of people's finds. Where it is narrowed further, the newest `MOST_NAMED` that it names are looked
        at.
        """
        with self._store.look() as uow:
            return find(uow.shipments, merchant_id, replace(search, newest=MOST_NAMED))

    def counts(self, merchant_id: str, searches: Mapping[str, ShipmentSearch], most: int) -> Mapping[str, int]:
        """How many each finds, counted up to `most`."""
        with self._store.look() as uow:
            return {name: uow.desk.count_shipments(merchant_id, search, most) for name, search in searches.items()}

    def by_status(self, merchant_id: str, search: ShipmentSearch, most: int) -> Mapping[str, int]:
        """How many of the newest `most` that a search finds are of each status."""
        with self._store.look() as uow:
            return uow.desk.count_by_status(merchant_id, search, most)

    def made_by_day(self, merchant_id: str, mode: Mode) -> Mapping[date, int]:
        """How many shipments were made on each of the last fourteen days, today's (UTC) the last."""
        today = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        since = today - timedelta(days=DAYS_SHOWN - 1)
        with self._store.look() as uow:
            made = uow.desk.made_by_day(merchant_id, mode, since)
        days = [(since + timedelta(days=number)).date() for number in range(DAYS_SHOWN)]
        return {day: made.get(day, 0) for day in days}

    def since_newest(self, merchant_id: str, mode: Mode, number: int) -> datetime | None:
        """When the first of the newest so many booked shipments was made; None where there are fewer."""
        with self._store.look() as uow:
            return uow.desk.since_newest(merchant_id, mode, number)

    def waiting(self, merchant_id: str, mode: Mode) -> Mapping[str, Waiting]:
        """Open cases by kind."""
        with self._store.look() as uow:
            return uow.desk.waiting(merchant_id, mode, self._clock())

    def to_book(self, merchant_id: str, mode: Mode, kinds: Sequence[str], most: int) -> int:
        """Orders in jobs of these kinds that wait for a word, or to be packed, counted up to `most`."""
        with self._store.look() as uow:
            return uow.bulk.waiting(merchant_id, mode, kinds, most)

    def failing_endpoints(self, merchant_id: str, mode: Mode) -> int:
        """Webhook endpoints in trouble."""
        with self._store.look() as uow:
            return uow.desk.failing(merchant_id, mode)

    def answers(self, merchant_id: str, account_id: str) -> Answers:
        """How an account has answered tenders in the last seven days."""
        since = self._clock() - ANSWERS_OF
        with self._store.look() as uow:
            counted = uow.desk.outcomes(merchant_id, account_id, since)
            return Answers(
                taken=counted.get(TenderState.ACCEPTED, 0) + counted.get(TenderState.CANCELLED, 0),
                refused=counted.get(TenderState.REFUSED, 0),
                unavailable=counted.get(TenderState.UNAVAILABLE, 0),
                unknown=counted.get(TenderState.UNCERTAIN, 0),
                trouble=uow.desk.last_trouble(merchant_id, account_id, since),
            )

    def dossier(self, merchant_id: str, mode: Mode, shipment_id: str) -> Dossier:
        """All there is about a shipment. Raises NotFound."""
        file = self._shipments.get(merchant_id, mode, shipment_id)
        shipment = file.shipment
        with self._store.look() as uow:
            tracker = uow.trackers.of_tender(merchant_id, shipment.tender_id) if shipment.tender_id else None
            return Dossier(
                file=file,
                tracker=tracker,
                events=tuple(reversed(self._shipments.events(merchant_id, mode, shipment_id))),
                quote=uow.quotes.get(merchant_id, shipment.quote_id) if shipment.quote_id else None,
                recalls=uow.recalls.of_shipment(merchant_id, shipment_id),
                notes=uow.notes.of_shipment(merchant_id, shipment_id),
                told=uow.desk.told(merchant_id, shipment_id, MESSAGES_SHOWN),
                audit=uow.audit.about(merchant_id, shipment_id, MESSAGES_SHOWN),
                owners=_names(uow, merchant_id),
            )

    def note(
        self, user: User, mode: Mode, shipment_id: str, text: str, key: str = "", *, visible: bool = False
    ) -> Note:
        """Write a note, for the recipient's eyes too where it is `visible`; under one key only once.

        Raises:
            NotFound, Unprocessable: it is empty or too long.
        """
        text = text.strip()
        if not 0 < len(text) <= LONGEST_NOTE:
            raise Unprocessable("/text", f"a note has 1 to {LONGEST_NOTE} characters; this one has {len(text)}")
        self._shipments.get(user.merchant_id, mode, shipment_id)
        now = self._clock()
        note = Note(
            id=f"not_{sha256(key.encode()).hexdigest()[:26].upper()}" if key else new_id("not", now),
            merchant_id=user.merchant_id,
            shipment_id=shipment_id,
            at=now,
            user_id=user.id,
            who=user.name,
            text=text,
            visible=visible,
        )
        with self._store.work() as uow:
            uow.notes.add(note)
            uow.commit()
        return note

    def cases(self, merchant_id: str, search: CaseSearch) -> tuple[Page[Case], Mapping[str, str]]:
        """A page of cases, those open by their clock, those closed newest first; and the names of users by id."""
        with self._store.look() as uow:
            return uow.desk.cases(merchant_id, search), _names(uow, merchant_id)

    def references(self, merchant_id: str, about: Iterable[Case | Claim]) -> Mapping[str, str]:
        """What the merchant calls the shipments that these are about, by id."""
        with self._store.look() as uow:
            return uow.desk.references(merchant_id, {each.shipment_id for each in about if each.shipment_id})

    def case(self, merchant_id: str, mode: Mode, case_id: str) -> Case:
        """One case, of this mode or of both. Raises NotFound."""
        with self._store.look() as uow:
            found = uow.desk.case(merchant_id, case_id, mode)
            elsewhere = found is None and uow.desk.case(merchant_id, case_id) is not None
        if elsewhere:
            other = "live" if mode == "test" else "test"
            raise NotFound(f"this case is of {other} mode: switch to {other} data, then open it again")
        if found is None:
            raise NotFound(f"no case {case_id}")
        return found

    def take(self, user: User, mode: Mode, case_id: str, owner_before: str) -> Case:
        """Make it mine. Raises NotFound; Conflict when somebody else was first."""
        return self.assign(user, mode, case_id, owner_before, user.id)

    def assign(self, user: User, mode: Mode, case_id: str, owner_before: str, owner_id: str) -> Case:
        """Make it somebody's; "" for nobody's. Raises NotFound; Conflict when somebody else was first."""
        what = "took a case" if owner_id == user.id else "gave a case to somebody" if owner_id else "gave a case back"
        case = self.case(user.merchant_id, mode, case_id)
        return self._change(user, case, owner_before, Deed(what=what), owner_id=owner_id)

    def close(self, user: User, mode: Mode, case_id: str, owner_before: str, note: str) -> Case:
        """Settle it by a note of what was done. Raises NotFound, Unprocessable; Conflict: it is settled elsewhere."""
        case, note = self.case(user.merchant_id, mode, case_id), note.strip()
        if case_kind(case.kind).closed_by != "note":
            raise Conflict("a case of this kind is settled by saying what is true, not by a note")
        if not 0 < len(note) <= LONGEST_NOTE:
            raise Unprocessable("/note", "say in a sentence what was done; others will read it")
        closing = {"state": "closed", "closed_at": self._clock(), "resolution": "settled by hand", "note": note}
        return self._change(user, case, owner_before, Deed(what="closed a case", reason=note), **closing)

    def _change(self, user: User, case: Case, owner_before: str, deed: Deed, **fields: object) -> Case:
        changed = replace(case, **fields)  # type: ignore[arg-type]  # fields of a case, of their types

        def write() -> None:
            with self._store.work() as uow:
                if not uow.desk.change_case(changed, owner_before):
                    raise Conflict("somebody else has taken or settled this case meanwhile")
                about = replace(deed, subject_id=case.shipment_id or case.id)
                write_down(uow, user, about, self._clock())
                uow.commit()

        again_if_crossed(write)
        return changed


def _names(uow: UnitOfWork, merchant_id: str) -> Mapping[str, str]:
    return {user.id: user.name for user in uow.users.list(merchant_id)}
