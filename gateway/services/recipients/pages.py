"""What a recipient's page shows of a shipment, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from zoneinfo import ZoneInfo

from carriers.base import Carrier
from gateway.domain.clock import Clock
from gateway.domain.diversions import Diversion
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.eta import EtaSource
from gateway.domain.moves import standing
from gateway.domain.proof_files import READABLE, PictureKind, ProofFile
from gateway.domain.recipients import (
    ADDED,
    NOT_RECEIVED,
    BrandRecord,
    Expected,
    Missed,
    Near,
    Rating,
    Step,
    expected,
    nearness,
    steps,
)
from gateway.domain.records import Case, ShipmentRecord, TrackerRecord
from gateway.domain.shipments import Personal, ShipmentState
from gateway.domain.timezones import recipient_zone
from gateway.domain.tracking import TrackingEvent, statuses
from gateway.services.changes import record_change
from gateway.services.diversions.holding import holding
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.recipients.links import MOST_VERSIONS, Links
from gateway.services.transactions import again_if_crossed

MOST_WORDS = 3
MOST_EVENTS = 30
"""The newest ones: what a phone shows in a second, and more than any parcel needs."""


class LinkEnded(NotFound):
    """It has been over for so long that its page is not shown any more, or its people are forgotten; whose it was."""

    def __init__(self, brand: BrandRecord) -> None:
        super().__init__("this link has ended")
        self.brand = brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Everything a page is made of. `carrier` is its name, `events` are the newest first, `words` the shop's own.

    `wish` is the newest one for another time or place, `agreed` the one that holds; `back` is the token of its return.
    """

    shipment: ShipmentRecord
    brand: BrandRecord
    carrier: str
    zone: tzinfo
    now: datetime
    steps: tuple[Step, ...]
    expected: Expected | None
    events: tuple[TrackingEvent, ...]
    rating: Rating | None
    missed: Missed | None
    photo: ProofFile | None
    words: tuple[str, ...]
    wish: Diversion | None
    agreed: Diversion | None
    near: Near | None
    back: str

    @property
    def delivered(self) -> bool:
        """Whether the recipient is said to have it: there is something to be rated, or missed; not of a return."""
        return self.shipment.status == "delivered" and not self.shipment.return_of

    @property
    def over(self) -> bool:
        """Whether no news is to be expected."""
        return statuses()[self.shipment.status].terminal or self.shipment.state in _ENDED


_ENDED = (ShipmentState.FAILED, ShipmentState.CANCELLED)


class RecipientPages:
    """Finds by token what to show. Nobody is asked who he is: the link is the key."""

    def __init__(
        self,
        store: Store,
        links: Links,
        clock: Clock,
        link_days: int,
        installed: Callable[[], Mapping[str, type[Carrier]]],
    ) -> None:
        self._store = store
        self._links = links
        self._clock = clock
        self._lasts = timedelta(days=link_days)
        self._installed = installed

    def sight(self, token: str) -> Sight:
        """What to show. Raises NotFound, LinkEnded."""
        now = self._clock()
        with self._store.look() as uow:
            shipment = self.shipment(uow, token, now)
            tracker = _tracker(uow, shipment)
            events = uow.trackers.events(shipment.merchant_id, tracker.id) if tracker else ()
            cases = uow.cases.of_shipment(shipment.merchant_id, shipment.id)
            zone = _zone(shipment)
            wishes = uow.diversions.of_shipment(shipment.merchant_id, shipment.id)
            return Sight(
                shipment=shipment,
                brand=(brand := uow.brands.get(shipment.merchant_id)),
                carrier=self._carrier(shipment.carrier, brand.brand.name),
                zone=zone,
                now=now,
                steps=steps(
                    shipment.status,
                    shipment.last_progress_status,
                    collects=bool(shipment.shipment.service_point),
                ),
                expected=_expected(uow, shipment, now, zone),
                events=tuple(reversed(standing(events)[-MOST_EVENTS:])),
                rating=uow.ratings.get(shipment.merchant_id, shipment.id),
                missed=missed_of(cases),
                photo=_photo(uow, shipment) if brand.brand.photo else None,
                words=_words(uow, shipment),
                wish=wishes[-1] if wishes else None,
                agreed=holding(shipment, wishes, now),
                back=self._back(uow, shipment),
                near=nearness(shipment.status, events, shipment.shipment.destination, now),
            )

    def version(self, token: str) -> tuple[str, str]:
        """The shipment's id, and what changes with all that its page shows: whether one that is open shows the present.

        Raises:
            NotFound, LinkEnded.
        """
        with self._store.look() as uow:
            shipment = self.shipment(uow, token, self._clock())
            return shipment.id, version_of(shipment, _words(uow, shipment))

    def brand(self, token: str) -> BrandRecord:
        """Whose page it is, without the logo. Raises NotFound, LinkEnded."""
        with self._store.look() as uow:
            return uow.brands.get(self.shipment(uow, token, self._clock()).merchant_id)

    def shipment(self, uow: UnitOfWork, token: str, now: datetime) -> ShipmentRecord:
        """The shipment of a link that has not ended. Raises NotFound, LinkEnded."""
        named, version = self._links.read(token) or ("", 0)
        shipment = uow.shipments.by_id(named) if named else None
        if shipment is None or shipment.link_version != version:
            raise NotFound("no such link")
        ended_at = _ended_at(shipment)
        erased = shipment.personal is Personal.NONE
        if erased or (ended_at is not None and now > ended_at + self._lasts):
            raise LinkEnded(uow.brands.get(shipment.merchant_id))
        return shipment

    def revoke(self, merchant_id: str, mode: Mode, shipment_id: str) -> ShipmentRecord:
        """End a recipient's link, which may be in the wrong hands; the shipment has another one from now on, and no
        browser that followed it by the old one is told where that is.

        Raises:
            NotFound. Conflict: it was revoked as often as can be.
        """
        return again_if_crossed(lambda: self._revoke(merchant_id, mode, shipment_id))

    def _revoke(self, merchant_id: str, mode: Mode, shipment_id: str) -> ShipmentRecord:
        with self._store.work() as uow:
            shipment = uow.shipments.get(merchant_id, shipment_id, lock=True)
            if shipment is None or shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            if shipment.link_version >= MOST_VERSIONS:
                raise Conflict("this link was revoked as often as can be")
            again = replace(shipment, link_version=shipment.link_version + 1)
            uow.pushes.remove(merchant_id, shipment_id=shipment_id)
            changed = record_change(uow, again, "shipment.link_revoked", self._clock())
            uow.commit()
        return changed

    def _back(self, uow: UnitOfWork, shipment: ShipmentRecord) -> str:
        """The token of the way back that is booked for it; "" where none is."""
        returns = uow.shipments.returns_of(shipment.merchant_id, shipment.id) if shipment.status == "delivered" else ()
        booked = [each for each in returns if each.state is ShipmentState.BOOKED]
        return self._links.token(booked[-1].id, booked[-1].link_version) if booked else ""

    def _carrier(self, code: str, shop: str) -> str:
        """The carrier's own name; our own vans drive in the shop's. "" before one is found."""
        found = self._installed().get(code)
        if found is None:
            return code
        return shop if found.profile.kind == "own" else found.profile.name


def version_of(shipment: ShipmentRecord, words: Sequence[str]) -> str:
    """Of a page: the shop's words to its recipient are no change of the shipment."""
    said = sha256("\n".join(words).encode()).hexdigest()[:8] if words else ""
    return f"{shipment.version}{said}"


def _ended_at(shipment: ShipmentRecord) -> datetime | None:
    """Since when nothing is to be expected any more; None while something is."""
    if statuses()[shipment.status].terminal:
        return shipment.status_at or shipment.updated_at
    return shipment.updated_at if shipment.state in _ENDED else None


def _tracker(uow: UnitOfWork, shipment: ShipmentRecord) -> TrackerRecord | None:
    return uow.trackers.of_tender(shipment.merchant_id, shipment.tender_id) if shipment.tender_id else None


def missed_of(cases: Sequence[Case]) -> Missed | None:
    """What became of the recipient's last "not received"; None: he never said so."""
    case = next((case for case in reversed(cases) if case.kind == NOT_RECEIVED), None)
    return Missed(told_at=case.created_at, closed_at=case.closed_at, added=case.why.count(ADDED)) if case else None


def _photo(uow: UnitOfWork, shipment: ShipmentRecord) -> ProofFile | None:
    """The newest photo of the delivery, as soon as it is a picture of ours."""
    files = uow.proof_files.of_shipment(shipment.merchant_id, shipment.id) if shipment.status == "delivered" else ()
    photos = [each for each in files if each.kind is PictureKind.PHOTO and each.state in READABLE]
    return photos[-1] if photos else None


def _words(uow: UnitOfWork, shipment: ShipmentRecord) -> tuple[str, ...]:
    """What the shop's people wrote for the recipient's eyes, the newest first."""
    notes = uow.notes.of_shipment(shipment.merchant_id, shipment.id)
    return tuple(note.text for note in notes if note.visible)[:MOST_WORDS]


def _zone(shipment: ShipmentRecord) -> tzinfo:
    """The recipient's, as far as the address tells."""
    name = recipient_zone(shipment.shipment)
    return ZoneInfo(name) if name else UTC


def _expected(uow: UnitOfWork, shipment: ShipmentRecord, now: datetime, zone: tzinfo) -> Expected | None:
    """What is expected now, else what was promised when it was booked.

    After a problem a promise is none any more: then only what has been learnt since. A time that was agreed to is the
    promise from then on.
    """
    eta, promised_by = shipment.expected, shipment.deliver_by
    if eta is not None and eta.source is not EtaSource.PROMISE:
        told = expected(eta.earliest, eta.latest, promised_by, now, zone)
        wished = shipment.agreed is not None and eta.latest <= shipment.agreed.window.end
        return replace(told, late=False, agreed=True) if told and wished else told
    if statuses()[shipment.status].phase == "problem":
        return None
    if shipment.agreed is not None:
        window = shipment.agreed.window
        told = expected(window.start, window.end, promised_by, now, zone)
        return told and replace(told, late=False, agreed=True)
    tender = uow.tenders.get(shipment.merchant_id, shipment.tender_id) if shipment.tender_id else None
    return expected(tender.rate.deliver_from if tender else None, promised_by, promised_by, now, zone)


def recent(events: Sequence[TrackingEvent]) -> Sequence[TrackingEvent]:
    """Those worth telling: not what a carrier said in a code that nobody has explained yet and without words."""
    return [event for event in events if event.status != "unknown" or event.description]
