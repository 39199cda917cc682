"""Compare carriers' own books with ours: what only the carrier's side can show (invariants I1 to I3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from carriers.base.simulator import LedgerBooking, LedgerView
from gateway.domain.records import Tender
from gateway.domain.shipments import TenderState
from gateway.services.ports import Store, UnitOfWork, Violation

KNOWN_WITHIN = timedelta(minutes=15)
REMEMBERED = timedelta(days=1)
"""No inbox forgets sooner."""
UNDECIDED = (TenderState.OFFERED, TenderState.UNCERTAIN)


def compare(store: Store, ledgers: Iterable[LedgerView], now: datetime) -> list[Violation]:
    """Every booking that is paid twice or that we do not know of after 15 minutes; every webhook that is lost."""
    with store.look() as uow:
        return [violation for ledger in ledgers for violation in (*_paid(uow, ledger, now), *_lost(uow, ledger, now))]


def _paid(uow: UnitOfWork, ledger: LedgerView, now: datetime) -> Iterator[Violation]:
    for reference, bookings in ledger.active().items():
        yield from _judge(uow, reference, bookings, now)


def _lost(uow: UnitOfWork, ledger: LedgerView, now: datetime) -> Iterator[Violation]:
    """I3: what was acknowledged is in the inbox, as long as the inbox keeps it."""
    for each in ledger.acknowledgements:
        if now - each.acknowledged_at < REMEMBERED and not uow.inbox.holds(each.body_sha256):
            why = "acknowledged, but it is not in the inbox"
            subject = f"{each.carrier} event {each.event_id}"
            yield Violation(invariant="I3", merchant_id="", subject_id=subject, why=why)


def _judge(uow: UnitOfWork, reference: str, bookings: tuple[LedgerBooking, ...], now: datetime) -> Iterator[Violation]:
    held = (uow.tenders.get(merchant_id, reference) for merchant_id, _ in uow.keys.merchants())
    tender = next((found for found in held if found is not None), None)
    if tender is None:
        for booking in bookings:
            yield _violation("I2", "", booking, "the carrier holds a booking under a reference that is none of ours")
        return
    recalled = {
        recall.booking.carrier_reference for recall in uow.recalls.of_shipment(tender.merchant_id, tender.shipment_id)
    }
    unaccounted = [
        booking for booking in bookings if booking.carrier_reference not in recalled and not _held(tender, booking)
    ]
    if len(bookings) - len(unaccounted) > 1 + len(recalled):
        yield _violation("I1", tender.merchant_id, bookings[0], "more than one active booking of one shipment")
    if tender.state in UNDECIDED:
        unaccounted = unaccounted[1:]  # one booking may belong to the outcome that is being found out
    for booking in unaccounted:
        if tender.state is TenderState.REFUSED and now - booking.booked_at < KNOWN_WITHIN:
            continue  # the sweep has not looked again yet
        yield _violation("I1", tender.merchant_id, booking, f"paid, but its tender is {tender.state.value}")


def _held(tender: Tender, booking: LedgerBooking) -> bool:
    return (
        tender.state is TenderState.ACCEPTED
        and tender.booking is not None
        and tender.booking.carrier_reference == booking.carrier_reference
    )


def _violation(invariant: str, merchant_id: str, booking: LedgerBooking, why: str) -> Violation:
    subject = f"{booking.carrier} booking {booking.carrier_reference} ({booking.tender_reference})"
    return Violation(invariant=invariant, merchant_id=merchant_id, subject_id=subject, why=why)
