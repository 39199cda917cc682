"""More that is done to many at once: telling recipients again, and asking carriers again about what nobody took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.domain.bulk import BulkJob, BulkRow, RowState
from gateway.domain.errors import Conflict
from gateway.domain.people import Permission, User
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import Personal, ShipmentState
from gateway.services.audit_trail import AuditTrail, Deed
from gateway.services.batches import booked_row
from gateway.services.bulk import BulkKind
from gateway.services.bulk_acts import ShipmentAct
from gateway.services.explaining import nothing_left
from gateway.services.notifications.book import NotificationBook
from gateway.services.orders import Orders
from gateway.services.ports import Store
from gateway.services.quotes import QuoteAsk
from gateway.services.staff import Staff


class Telling(ShipmentAct):
    """Tells each recipient once more what they were told last, as far as it is still so."""

    needs = Permission.NOTIFY

    def __init__(self, store: Store, notifications: NotificationBook, audit: AuditTrail) -> None:
        super().__init__(store)
        self._notifications = notifications
        self._audit = audit

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """The row says what would be told, and which copy of it that is."""
        shipment = self._shipment(job, row)
        last = self._notifications.newest(job.merchant_id, job.mode, shipment.id)
        what = {"notification_id": last.id, "copy": str(last.copy + 1)}
        why = f"{last.event.replace('_', ' ')}, by {last.channel.value}"
        return replace(row, state=RowState.READY, data=what, why=why)

    def act(self, job: BulkJob, row: BulkRow, user: User, shipment: ShipmentRecord) -> BulkRow:
        """That copy once, however often it is tried."""
        told, copy = row.data["notification_id"], int(row.data["copy"])
        self._audit.record(user, Deed(what="told the recipient again", subject_id=shipment.id, reason=job.id))
        self._notifications.resend(job.merchant_id, job.mode, shipment.id, told, copy)
        return replace(row, state=RowState.DONE, why="It is on its way to the recipient.")


class Requoting(ShipmentAct):
    """Asks carriers again about what every one of them refused, and books it then: the same shipment, a new quote."""

    needs = Permission.BOOK

    def __init__(self, store: Store, orders: Orders, audit: AuditTrail) -> None:
        super().__init__(store)
        self._orders = orders
        self._audit = audit

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """What it would cost; one that nobody takes can be asked about again."""
        shipment = self._shipment(job, row)
        self.check(job, row, shipment)
        quote = self._orders.quote(job.merchant_id, job.mode, _asked(shipment))
        if not quote.ranked:
            return replace(row, state=RowState.FAILED, why=nothing_left(quote))
        best = quote.ranked[0]
        data = {"quote_id": quote.id, "offer": f"{best.account}, {best.rate.service.value.replace('_', ' ')}"}
        return replace(row, state=RowState.READY, data=data, price=best.rate.price)

    def check(self, job: BulkJob, row: BulkRow, shipment: ShipmentRecord) -> None:
        """Only what failed: the reference of anything else is taken."""
        if shipment.state is not ShipmentState.FAILED:
            raise Conflict(f"a carrier has it, or may have it: {shipment.state.value.replace('_', ' ')}")
        if not shipment.reference:
            raise Conflict("it has no reference to be booked under again: book it anew on its own page")
        if shipment.personal is not Personal.ALL or shipment.return_of:
            raise Conflict("its addresses are erased" if not shipment.return_of else "a return is asked for anew")

    def act(self, job: BulkJob, row: BulkRow, user: User, shipment: ShipmentRecord) -> BulkRow:
        """From the quote that was looked at while that is good; carriers that refused are asked anew."""
        quote_id = row.data.get("quote_id", "") if row.attempt == 1 else ""
        booking = self._orders.fresh(job.merchant_id, job.mode, quote_id, _asked(shipment))
        booked = self._orders.book(job.merchant_id, job.mode, row.key, booking)
        self._audit.record(user, Deed(what="booked anew", subject_id=booked.id, reason=f"{booked.account}, {job.id}"))
        return booked_row(row, booked)


def _asked(shipment: ShipmentRecord) -> QuoteAsk:
    """The same goods and addresses, from now on: the day that was asked for may be over."""
    return QuoteAsk(shipment=shipment.shipment, policy=shipment.policy)


def care_acts(store: Store, staff: Staff, orders: Orders, notifications: NotificationBook) -> Mapping[str, BulkKind]:
    """Every one of them."""
    return {
        "notify": Telling(store, notifications, staff.audit),
        "requote": Requoting(store, orders, staff.audit),
    }
