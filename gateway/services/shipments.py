"""Shipments as merchants use them: create and book, find, settle by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from carriers.base import Booking, BookingRef
from gateway.domain.checkouts import offer_in
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, DuplicateReference, NotFound, QuoteExpired, StaleVersion, Unprocessable
from gateway.domain.fold import sort_key
from gateway.domain.honest_time import FUTURE_TOLERANCE
from gateway.domain.postcodes import normalised
from gateway.domain.proof_files import ProofFile
from gateway.domain.quotes import Quote
from gateway.domain.records import Case, ShipmentRecord, Tender
from gateway.domain.shipments import LabelFormat, LabelKind, Shipment, ShipmentState, TenderState
from gateway.domain.tracking import TrackingEvent
from gateway.domain.values import Address, Money
from gateway.services.acceptance import Acceptance
from gateway.services.booking import no_carrier
from gateway.services.changes import record_change, record_created
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Page, ShipmentSearch, Store, UnitOfWork
from gateway.services.quotes import QuoteAsk, QuoteService
from gateway.services.reconcile import Reconciler
from gateway.services.service_points import check_offers
from gateway.services.transactions import again_if_crossed


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAsk:
    """What a merchant wants booked: an earlier quote, one offer of one, or everything a quote needs.

    `destination` completes the quote's, which may have been only a postcode; `metadata` is laid over the quote's, and
    `service_point` chooses one where the quote named none.
    """

    quote_id: str = ""
    offer_id: str = ""
    ask: QuoteAsk | None = None
    origin: Address | None = None
    destination: Address | None = None
    return_of: str = ""
    reference: str = ""
    service_point: str = ""
    service_point_carrier: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    ordered_at: datetime | None = None
    label_format: LabelFormat = field(default_factory=LabelFormat)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentFile:
    """A shipment with its tenders, cases, pictures and returns, as the API shows it."""

    shipment: ShipmentRecord
    tenders: tuple[Tender, ...]
    cases: tuple[Case, ...]
    labels: tuple[LabelKind, ...]
    pictures: tuple[ProofFile, ...] = ()
    returns: tuple[ShipmentRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is booked from: a quote, maybe one offer of it, and what its buyer was promised: the price (by a checkout)
    and by when it arrives. That promise stands, whatever becomes of the carrier's own.
    """

    quote: Quote
    offer_id: str = ""
    promised: Money | None = None
    deliver_by: datetime | None = None


class ShipmentService:
    """Everything `/v1/shipments` does, but labels, cancelling (`recalls`) and tracking."""

    def __init__(
        self, store: Store, quotes: QuoteService, reconciler: Reconciler, acceptance: Acceptance, clock: Clock
    ) -> None:
        self._store = store
        self._quotes = quotes
        self._reconciler = reconciler
        self._acceptance = acceptance
        self._clock = clock

    def book(
        self,
        merchant_id: str,
        mode: Mode,
        ask: BookAsk,
        remember: Callable[[UnitOfWork, str], None],
        allow: Callable[[UnitOfWork], object] = lambda _: None,
    ) -> ShipmentRecord:
        """Book a shipment, once; `remember` is called with its id in the transaction that makes it, `allow` before.

        Raises:
            NotFound, QuoteExpired, Unprocessable: the quote, the offer or the address does not do.
            DuplicateReference: a living shipment has the reference.
            PriceChanged: the one offer asked for is dearer now.
            NoCarrierAvailable: nobody took it; nothing is charged.
        """
        chosen = self._chosen(merchant_id, mode, ask)

        def begin() -> ShipmentRecord:
            with self._store.work() as uow:
                allow(uow)
                record = self._begin(uow, merchant_id, mode, ask, chosen)
                remember(uow, record.id)
                uow.commit()
            return record

        return self.carry_through(merchant_id, again_if_crossed(begin).id)

    def carry_through(self, merchant_id: str, shipment_id: str) -> ShipmentRecord:
        """Take a begun shipment as far as it gets; also what a repeat does after a crash."""
        shipment = self._reconciler.carry_through(merchant_id, shipment_id)
        if shipment.state is ShipmentState.FAILED:
            raise no_carrier(self._store, shipment)
        return shipment

    def get(self, merchant_id: str, mode: Mode, shipment_id: str) -> ShipmentFile:
        """A shipment with its tenders, cases and labels. Raises NotFound."""
        with self._store.look() as uow:
            found = uow.shipments.look_up(merchant_id, shipment_id)
            if found is None or found.shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            proven, ended = found.shipment.proof is not None, found.shipment.status == "delivered"
            return ShipmentFile(
                shipment=found.shipment,
                pictures=tuple(uow.proof_files.of_shipment(merchant_id, shipment_id)) if proven else (),
                returns=tuple(uow.shipments.returns_of(merchant_id, shipment_id)) if ended else (),
                tenders=tuple(uow.tenders.of_shipment(merchant_id, shipment_id)),
                cases=tuple(uow.cases.of_shipment(merchant_id, shipment_id)) if found.has_cases else (),
                labels=tuple(kind for kind in LabelKind if kind in found.labels),
            )

    def search(self, merchant_id: str, search: ShipmentSearch) -> Page[ShipmentRecord]:
        """Shipments, newest first."""
        with self._store.look() as uow:
            return uow.shipments.search(merchant_id, search)

    def events(self, merchant_id: str, mode: Mode, shipment_id: str) -> Sequence[TrackingEvent]:
        """The events of the shipment's booking, oldest first. Raises NotFound."""
        shipment = self.get(merchant_id, mode, shipment_id).shipment
        with self._store.look() as uow:
            tracker = uow.trackers.of_tender(merchant_id, shipment.tender_id) if shipment.tender_id else None
            return sorted(uow.trackers.events(merchant_id, tracker.id), key=sort_key) if tracker else ()

    def decision(self, merchant_id: str, mode: Mode, shipment_id: str) -> tuple[ShipmentFile, Quote]:
        """Why this carrier: the shipment with its tenders, and the quote with every offer and sentence."""
        file = self.get(merchant_id, mode, shipment_id)
        return file, self._quotes.get(merchant_id, mode, file.shipment.quote_id)

    def resolve(
        self, merchant_id: str, mode: Mode, shipment_id: str, booking: BookingRef | None, note: str
    ) -> ShipmentRecord:
        """A person settles `needs_review`: booked (with the carrier's numbers) or not booked (`booking` None).

        Raises:
            Conflict: the shipment waits for nobody.
        """
        file = self.get(merchant_id, mode, shipment_id)
        waiting = [tender for tender in file.tenders if tender.state is TenderState.UNCERTAIN]
        undecided = (ShipmentState.NEEDS_REVIEW, ShipmentState.UNCERTAIN)
        if file.shipment.state not in undecided or not waiting:
            raise Conflict(f"a shipment in state {file.shipment.state.value} needs no review")
        tender = waiting[0]
        if booking is not None:
            ref = replace(booking, tender_reference=tender.id)
            return self._acceptance.accept(tender, Booking(ref=ref))
        self._not_booked(file.shipment, tender, note)
        return self.carry_through(merchant_id, shipment_id)

    def _not_booked(self, shipment: ShipmentRecord, tender: Tender, note: str) -> None:
        now = self._clock()
        closed = replace(
            tender, state=TenderState.REFUSED, why=f"not booked, says a person: {note}", due_at=now, updated_at=now
        )
        with self._store.work() as uow:
            current = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True)
            if current is None or not uow.tenders.close(closed, (TenderState.UNCERTAIN,)):
                raise Conflict("it was settled meanwhile")
            uow.cases.close(shipment.merchant_id, shipment.id, "needs_review", now, "not booked", note)
            record_change(uow, replace(current, state=ShipmentState.BOOKING, why=""), "shipment.booking", now)
            uow.commit()

    def _chosen(self, merchant_id: str, mode: Mode, ask: BookAsk) -> Chosen:
        if ask.ask is not None:
            return Chosen(quote=self._quotes.quote(merchant_id, mode, ask.ask))
        quote = self._named(merchant_id, mode, ask)
        if quote.expires_at <= self._clock():
            raise QuoteExpired(f"quote {quote.id} expired at {quote.expires_at.isoformat()}")
        if not ask.offer_id:
            return Chosen(quote=quote)
        for offer in quote.ranked:
            if offer.id == ask.offer_id:
                promised = offer.rate.price if quote.checkout else None
                by = offer.rate.deliver_by
                return Chosen(quote=quote, offer_id=offer.id, promised=promised, deliver_by=by)
        for rate in quote.checkout.rates if quote.checkout else ():
            if rate.offer_id == ask.offer_id:  # of the fallback table: who takes it is decided now
                anew = QuoteAsk(shipment=_complete(quote, ask), policy=quote.policy)
                return Chosen(
                    quote=self._quotes.quote(merchant_id, mode, anew), promised=rate.cost, deliver_by=rate.deliver_by
                )
        raise Unprocessable("/offer_id", "no such eligible offer in this quote", "unknown_offer")

    def _named(self, merchant_id: str, mode: Mode, ask: BookAsk) -> Quote:
        """The quote that is named, or the one that the offer's id leads to."""
        if ask.quote_id:
            return self._quotes.get(merchant_id, mode, ask.quote_id)
        try:
            return self._quotes.get(merchant_id, mode, offer_in(ask.offer_id)[0])
        except NotFound:
            raise NotFound(f"no offer {ask.offer_id}") from None

    def _begin(self, uow: UnitOfWork, merchant_id: str, mode: Mode, ask: BookAsk, chosen: Chosen) -> ShipmentRecord:
        now, quote = self._clock(), chosen.quote
        shipment = _complete(quote, ask)
        if (shipment.ordered_at or now) > now + FUTURE_TOLERANCE:
            raise Unprocessable("/ordered_at", "nobody has ordered it yet: it is later than now", "in_future")
        if shipment.service_point and quote.ranked:
            check_offers(shipment, [offer for offer in quote.ranked if chosen.offer_id in ("", offer.id)])
        record = ShipmentRecord(
            id=new_id("shp", now),
            merchant_id=merchant_id,
            mode=mode,
            state=ShipmentState.BOOKING,
            shipment=shipment,
            reference=shipment.reference,
            policy=quote.policy,
            policy_version=quote.policy_version,
            quote_id=quote.id,
            chosen_offer_id=chosen.offer_id,
            promised_price=chosen.promised,
            deliver_by=chosen.deliver_by,
            zone=quote.zone or "",
            label_format=ask.label_format,
            ready_at=quote.ready_at,
            window=quote.window,
            return_of=ask.return_of,
            created_at=now,
            updated_at=now,
        )
        earlier = uow.shipments.by_reference(merchant_id, mode, record.reference) if record.reference else None
        if earlier is not None:
            return self._again(uow, earlier, record, now)
        if not record_created(uow, record):
            raise StaleVersion(f"reference {record.reference!r} is being booked by another request right now")
        return record

    def _again(self, uow: UnitOfWork, earlier: ShipmentRecord, wanted: ShipmentRecord, now: datetime) -> ShipmentRecord:
        """A failed shipment's reference may be booked again: the same shipment, a new quote, new tenders."""
        if earlier.state is not ShipmentState.FAILED:
            raise DuplicateReference(earlier.reference, earlier.id)
        again = replace(wanted, id=earlier.id, created_at=earlier.created_at, version=earlier.version)
        return record_change(uow, again, "shipment.booking", now)


def _complete(quote: Quote, ask: BookAsk) -> Shipment:
    """The quoted shipment with the addresses a courier needs.

    Raises:
        Unprocessable: a street or name is missing, or the address or service point is not the one that was quoted.
    """
    quoted, shortened = quote.shipment, quote.checkout is not None
    if ask.service_point:
        chosen = (ask.service_point, ask.service_point_carrier)
        if quoted.service_point and chosen != (quoted.service_point, quoted.service_point_carrier):
            raise Unprocessable("/service_point", "is not the one that was quoted", "not_as_quoted")
        quoted = replace(quoted, service_point=chosen[0], service_point_carrier=chosen[1])
    return replace(
        quoted,
        reference=ask.reference or quoted.reference,
        metadata={**quoted.metadata, **ask.metadata},
        ordered_at=ask.ordered_at or quoted.ordered_at,
        origin=_addressable("origin", ask.origin, quoted.origin, shortened=shortened),
        destination=_addressable("destination", ask.destination, quoted.destination, shortened=shortened),
    )


def _addressable(side: str, given: Address | None, quoted: Address, *, shortened: bool) -> Address:
    """The address to book; `shortened`: checkouts may have asked with the beginning of the postcode."""
    address = given or quoted
    postcode, known = normalised(address.postal_code), normalised(quoted.postal_code)
    same = postcode.startswith(known) if shortened else postcode == known
    if address.country != quoted.country or not same:
        raise Unprocessable(f"/{side}/postal_code", "is not the one that was quoted", "not_as_quoted")
    if not address.addressable:
        raise Unprocessable(f"/{side}", "a booking needs name (or company), street1 and city", "incomplete")
    return address
