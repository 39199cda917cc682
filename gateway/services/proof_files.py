"""Pictures that prove deliveries: taken in, fetched, made anew, kept in the file store, shown, erased.

The database has a picture until the file store has it, so that a full disk or a bucket that is away loses nothing and
holds nobody up. A picture that is fetched is tried for half a day; one that is ours already, until it is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unavailable
from gateway.domain.proof_files import READABLE, Picture, PictureKind, ProofFile, ProofFileState
from gateway.domain.records import AccountRecord, ShipmentRecord
from gateway.services.faultpoints import FaultPoints, Purpose
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.proofs import FileStore, PictureMaker, PictureRefused
from gateway.services.proof_intake import digest, proven, told_of, twin
from gateway.services.proof_links import ProofLink, ProofLinks
from gateway.services.public_http import NotFetched, NotPublic, fetch
from gateway.settings import Settings

log = logging.getLogger("gateway.proofs")
FETCH_S = 15.0
FETCHED_AT_MOST = 10
FIRST_AGAIN, FETCHED_AGAIN_AT_MOST = timedelta(minutes=1), timedelta(hours=3)
"""1, 2, 4 ... 128, 180 minutes apart: ten tries within eight hours."""
STORED_AGAIN_AT_MOST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a device sent, and what it says that it is."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be looked at until the link to it is over."""

    file: ProofFile
    content: bytes
    until: datetime


class ProofFiles:
    """All that is done with pictures of deliveries."""

    def __init__(
        self,
        store: Store,
        files: FileStore,
        maker: PictureMaker,
        clock: Clock,
        settings: Settings,
        faults: FaultPoints,
    ) -> None:
        self._store = store
        self._files = files
        self._maker = maker
        self._links = ProofLinks(settings.secrets.pepper, clock, settings.files.link_s)
        self._clock = clock
        self._settings = settings
        self._faults = faults

    def upload(self, account: AccountRecord, tracking_number: str, kind: PictureKind, sent: Sent) -> ProofFile:
        """Take a picture from a driver's device; the same one again is the same one.

        Raises:
            NotFound: no shipment of the account has the number.
            Conflict: the shipment has as many pictures as it may have.
            PictureRefused: it is none that we take.
        """
        origin = digest(sent.content)
        with self._store.look() as uow:
            shipment = _booked_as(uow, account, tracking_number)
            known = _known(uow, shipment, kind, origin)
        if known is not None:
            return known
        picture = self._maker.made_anew(sent.content, kind, documents=False)
        if picture.was != sent.media_type:
            why = f"the Content-Type says {sent.media_type}, the picture is {picture.was}: send that"
            raise PictureRefused("content_type", why)
        now = self._clock()
        file = _held(told_of(shipment, kind, "driver", origin, now), picture, now)
        with self._store.work() as uow:
            current = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True) or shipment
            known = _known(uow, current, kind, origin) or twin(uow, file)
            if known is not None:
                return known
            self._check_room(uow, current)
            uow.proof_files.add(file, picture.content)
            proven(uow, current, now)
            uow.commit()
        return file

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[ProofFile]:
        """The pictures of a shipment, oldest first, those included that are not here (yet)."""
        with self._store.look() as uow:
            return uow.proof_files.of_shipment(merchant_id, shipment_id)

    def link(self, file: ProofFile) -> ProofLink | None:
        """A link to a picture, good for minutes; None where there is nothing to look at."""
        return self._links.to(file) if file.state in READABLE else None

    def show(self, token: str) -> Shown:
        """The picture that a link leads to.

        Raises:
            NotFound: no such link, it is over, or the picture is erased.
            Unavailable: the file store does not answer, or has lost it.
        """
        merchant_id, file_id, until = self._links.read(token)
        with self._store.look() as uow:
            file = uow.proof_files.get(merchant_id, file_id)
            content = uow.proof_files.content(merchant_id, file_id) if file else None
        if file is None or file.state not in READABLE:
            raise NotFound("no such link, or it is over")
        if content is None:
            content = self._files.get(file.key)
        if content is None or digest(content) != file.sha256:
            log.error("picture %s is not in the file store as it was put there", file.id)
            raise Unavailable("the picture cannot be read now")
        return Shown(file, content, until)

    def claim(self, limit: int) -> Sequence[ProofFile]:
        """Pictures to be fetched, made anew or kept, leased to this worker."""
        lease = timedelta(seconds=self._settings.worker.lease_s)
        with self._store.work() as uow:
            return uow.proof_files.claim_due(self._clock(), lease, limit)

    def work(self, file: ProofFile) -> None:
        """Take a picture as far as it gets."""
        if file.state is ProofFileState.WAITING:
            made = self._made(file)
            if made is None:
                return
            file = made
        if file.state is ProofFileState.HELD:
            self._keep(file)

    def park(self, file: ProofFile, why: str) -> None:
        """A picture that crashes its workers: what is held stays readable where it is."""
        parked = replace(file, why=why, due_at=None, tries=0)
        held = file.state is ProofFileState.HELD
        self._put(parked if held else replace(parked, state=ProofFileState.REFUSED), file.state)

    def _made(self, file: ProofFile) -> ProofFile | None:
        """The picture made anew, held and told of; None where it is not to be had (yet)."""
        try:
            content = self._content(file)
            picture = self._maker.made_anew(content, file.kind, documents=True)
        except (NotPublic, PictureRefused) as error:
            self._refuse(file, str(error))
        except NotFetched as error:
            if file.failures + 1 >= FETCHED_AT_MOST:
                self._refuse(file, f"could not be fetched in {FETCHED_AT_MOST} tries: {error}")
            else:
                self._later(file, str(error), FETCHED_AGAIN_AT_MOST)
        except Unavailable as error:
            self._later(file, str(error), STORED_AGAIN_AT_MOST)
        else:
            return self._hold(file, picture)
        return None

    def _content(self, file: ProofFile) -> bytes:
        if not file.url:
            with self._store.look() as uow:
                return uow.proof_files.content(file.merchant_id, file.id) or b""
        most, near = self._settings.web.max_picture_bytes, self._settings.carriers.allow_plain_http
        content = fetch(file.url, timeout_s=FETCH_S, most_bytes=most, allow_private=near)
        self._faults.reach(Purpose.PROOF_FILE)
        return content

    def _hold(self, file: ProofFile, picture: Picture) -> ProofFile | None:
        now = self._clock()
        held = _held(file, picture, now)
        with self._store.work() as uow:
            shipment = uow.shipments.get(file.merchant_id, file.shipment_id, lock=True)
            current = uow.proof_files.get(file.merchant_id, file.id)
            if shipment is None or current is None or current.state is not ProofFileState.WAITING:
                return None
            if twin(uow, held) is not None:
                double = replace(file, state=ProofFileState.DUPLICATE, url="", due_at=None, tries=0)
                uow.proof_files.update(double)
                uow.proof_files.drop(file)
                uow.commit()
                return None
            uow.proof_files.update(held)
            uow.proof_files.keep(held, picture.content)
            proven(uow, shipment, now)
            uow.commit()
        return held

    def _keep(self, file: ProofFile) -> None:
        """Bring it to the file store; only when it is there is it forgotten here."""
        with self._store.look() as uow:
            content = uow.proof_files.content(file.merchant_id, file.id)
        if content is None:
            raise Unavailable(f"picture {file.id} is nowhere")
        try:
            self._files.put(file.key, content)
        except Unavailable as error:
            self._later(file, str(error), STORED_AGAIN_AT_MOST)
            return
        self._faults.reach(Purpose.PROOF_FILE_KEPT)
        with self._store.work() as uow:
            current = uow.proof_files.get(file.merchant_id, file.id)
            if current is not None and current.state is ProofFileState.HELD:
                stored = replace(current, state=ProofFileState.STORED, why="", failures=0, tries=0, due_at=None)
                uow.proof_files.update(stored)
                uow.proof_files.drop(file)
                uow.commit()

    def _refuse(self, file: ProofFile, why: str) -> None:
        log.warning("a %s of shipment %s is refused: %s", file.kind.value, file.shipment_id, why)
        refused = replace(file, state=ProofFileState.REFUSED, url="", why=why, due_at=None, tries=0)
        self._put(refused, file.state)

    def _later(self, file: ProofFile, why: str, at_most: timedelta) -> None:
        log.info("picture %s waits: %s", file.id, why)
        pause = min(FIRST_AGAIN * 2 ** min(file.failures, 16), at_most)
        later = replace(file, why=why, failures=file.failures + 1, tries=0, due_at=self._clock() + pause)
        self._put(later, file.state)

    def _put(self, file: ProofFile, found: ProofFileState) -> None:
        """Unless somebody else has brought it further than it was found."""
        with self._store.work() as uow:
            current = uow.proof_files.get(file.merchant_id, file.id)
            if current is None or current.state is not found:
                return
            uow.proof_files.update(file)
            if file.state is ProofFileState.REFUSED:
                uow.proof_files.drop(file)
            uow.commit()

    def _check_room(self, uow: UnitOfWork, shipment: ShipmentRecord) -> None:
        most = self._settings.files.per_shipment
        if len(uow.proof_files.of_shipment(shipment.merchant_id, shipment.id)) >= most:
            raise Conflict(f"shipment {shipment.id} has {most} pictures already, more are not taken")


def _held(file: ProofFile, picture: Picture, now: datetime) -> ProofFile:
    return replace(
        file,
        state=ProofFileState.HELD,
        url="",
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size_bytes=len(picture.content),
        sha256=digest(picture.content),
        why="",
        failures=0,
        tries=0,
        due_at=now,
    )


def _known(uow: UnitOfWork, shipment: ShipmentRecord, kind: PictureKind, origin: str) -> ProofFile | None:
    told = uow.proof_files.of_shipment(shipment.merchant_id, shipment.id)
    return next((file for file in told if (file.kind, file.origin) == (kind, origin)), None)


def _booked_as(uow: UnitOfWork, account: AccountRecord, tracking_number: str) -> ShipmentRecord:
    """The shipment whose booking with the account has the number."""
    tracker = uow.trackers.find(account.merchant_id, account.id, tracking_number)
    shipment = uow.shipments.get(account.merchant_id, tracker.shipment_id) if tracker and tracker.shipment_id else None
    if tracker is None or shipment is None or shipment.tender_id != tracker.tender_id:
        raise NotFound(f"no shipment of account {account.name} has the tracking number {tracking_number}")
    return shipment
