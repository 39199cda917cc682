"""Close the day: per account one manifest over its bookings that are on none yet.

Which shipments a manifest holds is committed before the carrier is called, and the database forbids a shipment on two.
An unknown outcome keeps them held and waits for a person, for no carrier tells what became of a manifest and two of one
parcel are paid twice with some. Where a carrier has no API for it, our own list is the manifest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from carriers.base import BadCarrierResponse, BookingRef, Capability, CarrierError, Manifest
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.handovers import ManifestRecord, ManifestState
from gateway.domain.quotes import CarrierResult, ResultState
from gateway.domain.records import ShipmentRecord
from gateway.services.booking import state_after
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.handover_sheet import sheet_of
from gateway.services.ids import new_id
from gateway.services.pickup_calloffs import case_about
from gateway.services.pickups import LOST
from gateway.services.ports import HandoverSearch, Mode, Page, Store
from gateway.services.ports.handover import HandoverPrinter
from gateway.services.results import chosen, result_of, unasked
from gateway.services.transactions import again_if_crossed
from gateway.settings import Booking as BookingSettings
from gateway.settings import Worker

MOST_SHIPMENTS = 1000
UNDECIDED = (ManifestState.CLOSING, ManifestState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A manifest with the shipments it holds."""

    manifest: ManifestRecord
    shipments: tuple[ShipmentRecord, ...]


class Manifests:
    """Closes days and settles what became of it."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        clock: Clock,
        settings: BookingSettings,
        worker: Worker,
        printer: HandoverPrinter,
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._worker = worker
        self._printer = printer

    def close(
        self, merchant_id: str, mode: Mode, day: date | None, accounts: Sequence[str]
    ) -> tuple[Sequence[ManifestFile], Sequence[CarrierResult]]:
        """The day's manifests of these accounts (none named: all), new ones made for what is on none yet.

        `day` None is each carrier's own today. A shipment that is ready later than that waits for its day. Crowd
        couriers come for one parcel each, so they have no day's end unless they are named. At most 1000 shipments go on
        one manifest; asking again takes the rest.

        Raises:
            NotFound: no such account.
        """
        meant, results = chosen(self._pool.now_of(merchant_id, mode), accounts)
        begun: list[tuple[LiveCarrier, ManifestRecord, tuple[BookingRef, ...]]] = []
        shown: list[str] = []
        for live in meant:
            why = self._pool.resting(live) if live.can(Capability.CLOSES_MANIFESTS) else None
            if why is not None:
                results.append(unasked(live.record, ResultState.SKIPPED, "resting", why))
            elif live.carrier.profile.kind == "crowd" and not accounts:
                why = "each courier comes for one parcel: there is no day's end"
                results.append(unasked(live.record, ResultState.INELIGIBLE, "no_manifests", why))
            else:
                asked_day = day or local_day(live, self._clock())
                made, bookings = again_if_crossed(partial(self._begin, mode, live, asked_day))
                shown += self._of_day(live, asked_day)
                if made is None:
                    why = "no booking is without a manifest"
                    results.append(unasked(live.record, ResultState.SKIPPED, "nothing_to_close", why))
                elif made.by == "carrier":
                    begun.append((live, made, bookings))
                else:
                    results.append(unasked(live.record, ResultState.OK, "listed", "our own list is the manifest"))
        results += self._ask(begun)
        return [self.get(merchant_id, mode, manifest_id) for manifest_id in shown], results

    def get(self, merchant_id: str, mode: Mode, manifest_id: str) -> ManifestFile:
        """One manifest. Raises NotFound."""
        with self._store.look() as uow:
            manifest = uow.manifests.get(merchant_id, manifest_id)
            if manifest is None or manifest.mode != mode:
                raise NotFound(f"no manifest {manifest_id}")
            return ManifestFile(manifest=manifest, shipments=tuple(uow.manifests.shipments(merchant_id, manifest_id)))

    def search(self, merchant_id: str, search: HandoverSearch) -> Page[ManifestRecord]:
        """Manifests, newest first."""
        with self._store.look() as uow:
            return uow.manifests.list(merchant_id, search)

    def document(self, merchant_id: str, mode: Mode, manifest_id: str) -> bytes:
        """The PDF to hand over: the carrier's where it gave one, else our own list.

        Raises:
            NotFound, Conflict: no such manifest, or it is not closed (nothing must be signed that does not hold).
        """
        file = self.get(merchant_id, mode, manifest_id)
        if file.manifest.state is not ManifestState.CLOSED:
            raise Conflict(f"a manifest in state {file.manifest.state.value} has no document")
        with self._store.look() as uow:
            theirs = uow.manifests.document(merchant_id, manifest_id)
        return theirs or self._printer.pdf(sheet_of(file.manifest, file.shipments))

    def resolve(self, merchant_id: str, mode: Mode, manifest_id: str, reference: str, note: str) -> ManifestFile:
        """A person settles an uncertain manifest: closed, with the carrier's number, or ("") not closed.

        Raises:
            NotFound, Conflict: no such manifest, or it waits for nobody.
        """
        manifest = self.get(merchant_id, mode, manifest_id).manifest
        state = ManifestState.CLOSED if reference else ManifestState.REFUSED
        said = replace(manifest, state=state, carrier_reference=reference, why=f"says a person: {note}")
        if manifest.state is not ManifestState.UNCERTAIN or not self._write(said, (ManifestState.UNCERTAIN,)):
            raise Conflict(f"a manifest in state {manifest.state.value} waits for nobody")
        return self.get(merchant_id, mode, manifest_id)

    def claim(self) -> Sequence[ManifestRecord]:
        """Manifests whose sender died, leased to this worker."""
        with self._store.work() as uow:
            return uow.manifests.claim_due(self._clock(), timedelta(seconds=self._worker.lease_s), self._worker.batch)

    def work(self, manifest: ManifestRecord) -> None:
        """The process that asked is gone: whether the carrier closed it is for a person to find out."""
        self.park(manifest, LOST)

    def park(self, manifest: ManifestRecord, why: str) -> None:
        """A person takes over."""
        self._settle(manifest, BadCarrierResponse(why))

    def _begin(self, mode: Mode, live: LiveCarrier, day: date) -> tuple[ManifestRecord | None, tuple[BookingRef, ...]]:
        """Commit which shipments go on the manifest; None where there are none."""
        now, account = self._clock(), live.record
        by: Literal["carrier", "list"] = "carrier" if live.can(Capability.CLOSES_MANIFESTS) else "list"
        midnight = datetime.combine(day + timedelta(days=1), time(), _zone(live))
        with self._store.work() as uow:
            waiting = uow.manifests.waiting(
                account.merchant_id, mode, account.id, midnight, MOST_SHIPMENTS, left=by == "carrier"
            )
            bookings = tuple(each.booking for each in waiting if each.booking is not None)
            if not bookings:
                return None, ()
            asking = by == "carrier"
            lease = timedelta(seconds=self._settings.deadline_s + self._settings.lease_margin_s)
            manifest = ManifestRecord(
                id=new_id("man", now),
                merchant_id=account.merchant_id,
                mode=mode,
                account_id=account.id,
                account=account.name,
                carrier=account.carrier,
                day=day,
                by=by,
                state=ManifestState.CLOSING if asking else ManifestState.CLOSED,
                tracking_numbers=tuple(booking.tracking_number for booking in bookings),
                created_at=now,
                updated_at=now,
                due_at=now + lease if asking else None,
            )
            uow.manifests.add(manifest, [each.id for each in waiting if each.booking is not None])
            uow.commit()
        return manifest, bookings

    def _of_day(self, live: LiveCarrier, day: date) -> Sequence[str]:
        with self._store.look() as uow:
            return [each.id for each in uow.manifests.of_day(live.record.merchant_id, live.record.id, day)]

    def _ask(self, begun: Sequence[tuple[LiveCarrier, ManifestRecord, tuple[BookingRef, ...]]]) -> list[CarrierResult]:
        lives = [live for live, _, _ in begun]
        calls = [_close(live, bookings, manifest.day) for live, manifest, bookings in begun]
        outcomes = self._pool.ask_all(Purpose.MANIFEST, lives, calls, self._settings.deadline_s)
        for (_, manifest, _), outcome in zip(begun, outcomes, strict=True):
            self._settle(manifest, outcome.error or outcome.value or BadCarrierResponse("no manifest in the answer"))
        return [result_of(live, outcome, "") for live, outcome in zip(lives, outcomes, strict=True)]

    def _settle(self, manifest: ManifestRecord, answer: Manifest | CarrierError) -> None:
        """Record a carrier's answer, whoever got it and however late."""
        if isinstance(answer, CarrierError):
            self._write(replace(manifest, state=ManifestState(state_after(answer).value), why=str(answer)), UNDECIDED)
            return
        taken = _taken(manifest.tracking_numbers, answer.tracking_numbers)
        closed = replace(
            manifest,
            state=ManifestState.CLOSED,
            carrier_reference=answer.carrier_reference,
            carrier_data=answer.carrier_data,
            tracking_numbers=taken,
            why="",
        )
        if not self._write(closed, UNDECIDED, answer.document):
            self._unwanted(manifest, answer)

    def _unwanted(self, manifest: ManifestRecord, answer: Manifest) -> None:
        """A late "yes" to a manifest that was settled otherwise meanwhile: its shipments may be on two there."""
        now = self._clock()
        with self._store.work() as uow:
            stored = uow.manifests.get(manifest.merchant_id, manifest.id)
            if stored is None or stored.carrier_reference != answer.carrier_reference:
                why = f"{manifest.account} says, late, that it closed {manifest.day}: {answer.carrier_reference}"
                uow.cases.open(case_about("manifest_unwanted", manifest, why, now))
                uow.commit()

    def _write(self, manifest: ManifestRecord, expected: Sequence[ManifestState], document: bytes = b"") -> bool:
        """Write what is known: what came to nothing lets its shipments go, what stays unknown gets a case."""
        now = self._clock()
        with self._store.work() as uow:
            if not uow.manifests.close(replace(manifest, due_at=None, tries=0, updated_at=now), expected):
                return False
            case = case_about("manifest_uncertain", manifest, _uncertain(manifest), now)
            if manifest.state is ManifestState.UNCERTAIN:
                uow.cases.open(case)
            else:
                settled = replace(case, closed_at=now, resolution=manifest.state.value, note=manifest.why)
                uow.cases.close_about(settled)
            if manifest.state is ManifestState.CLOSED:
                held = uow.manifests.shipments(manifest.merchant_id, manifest.id)
                left_out = [each.id for each in held if each.tracking_number not in manifest.tracking_numbers]
                uow.manifests.release(manifest, left_out)
            elif manifest.state is not ManifestState.UNCERTAIN:
                uow.manifests.release(manifest)
            if document:
                uow.manifests.keep_document(manifest.merchant_id, manifest.id, document)
            uow.commit()
        return True


def local_day(live: LiveCarrier, now: datetime) -> date:
    """Today where the carrier is."""
    return now.astimezone(_zone(live)).date()


def _zone(live: LiveCarrier) -> ZoneInfo:
    return ZoneInfo(live.carrier.profile.polling.timezone)


def _taken(asked: tuple[str, ...], told: tuple[str, ...]) -> tuple[str, ...]:
    """The numbers that are on the manifest: those asked for, less any that the carrier's own list leaves out.

    A list in other numbers than ours (or an empty one) says nothing about which are missing, so all stay held: one that
    is held wrongly is seen by a person, one on two manifests is paid twice.
    """
    return tuple(number for number in asked if number in told) if told and set(told) <= set(asked) else asked


def _uncertain(manifest: ManifestRecord) -> str:
    count = len(manifest.tracking_numbers)
    return f"{manifest.account} may have closed {manifest.day} with {count} shipments: {manifest.why}"


async def _close(live: LiveCarrier, bookings: Sequence[BookingRef], day: date) -> Manifest:
    closed: Manifest = await live.carrier.close_manifest(bookings, day)  # type: ignore[attr-defined]  # role was seen
    return closed
