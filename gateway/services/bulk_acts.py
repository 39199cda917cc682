"""What may be done to many shipments at once: each act looks whether it can be done to one, and does it, once.

Whoever began a job must be allowed to act on every row when it is worked, not only when it was begun.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from gateway.domain.bulk import BulkJob, BulkRow, RowState
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.people import Permission, User
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import LabelKind, ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.audit_trail import AuditTrail, Deed
from gateway.services.bulk import BulkKind
from gateway.services.desk import Desk
from gateway.services.labels import Labels
from gateway.services.ports import Store
from gateway.services.recalls import Recalls
from gateway.services.staff import Staff
from gateway.services.tags import TagBook

GONE = (ShipmentState.CANCELLED, ShipmentState.CANCELLING)


class ShipmentAct(ABC):
    """One act on a shipment. `check` says by a Conflict why it cannot be done to one; `act` does it and tells."""

    needs: Permission

    def __init__(self, store: Store) -> None:
        self._store = store

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """Whether it can be done."""
        self.check(job, row, self._shipment(job, row))
        return replace(row, state=RowState.READY)

    def do(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """Look once more, then do it."""
        user, shipment = self._author(job), self._shipment(job, row)
        return replace(self.act(job, row, user, shipment), subject_id=shipment.id)

    def check(self, job: BulkJob, row: BulkRow, shipment: ShipmentRecord) -> None:  # noqa: B027  # some can always be done
        """Raises Conflict."""

    @abstractmethod
    def act(self, job: BulkJob, row: BulkRow, user: User, shipment: ShipmentRecord) -> BulkRow:
        """The row as it is then."""

    def _shipment(self, job: BulkJob, row: BulkRow) -> ShipmentRecord:
        with self._store.look() as uow:
            found = uow.shipments.get(job.merchant_id, row.subject_id)
        if found is None or found.mode != job.mode:
            raise NotFound("there is no such shipment any more")
        return found

    def _author(self, job: BulkJob) -> User:
        return author(self._store, job, self.needs)


def author(store: Store, job: BulkJob, needs: Permission) -> User:
    """Whose word a row is done by. Raises Conflict: they may not any more."""
    with store.look() as uow:
        user = uow.users.get(job.merchant_id, job.author_id)
    if user is None or user.disabled_at is not None or not user.may(needs):
        raise Conflict(f"{job.author} may no longer do this")
    return user


class Cancelling(ShipmentAct):
    """Asks the carrier to take a booking back."""

    needs = Permission.CANCEL

    def __init__(self, store: Store, recalls: Recalls, audit: AuditTrail) -> None:
        super().__init__(store)
        self._recalls = recalls
        self._audit = audit

    def check(self, job: BulkJob, row: BulkRow, shipment: ShipmentRecord) -> None:
        """Only what is booked and not over can be cancelled."""
        if shipment.state in GONE:
            raise Conflict("it is cancelled already, or its carrier is being asked")
        if shipment.state is not ShipmentState.BOOKED:
            raise Conflict(f"it is not booked: {shipment.state.value.replace('_', ' ')}")
        if statuses()[shipment.status].terminal:
            raise Conflict(f"it is over: {shipment.status.replace('_', ' ')}")

    def act(self, job: BulkJob, row: BulkRow, user: User, shipment: ShipmentRecord) -> BulkRow:
        """As on the shipment's own page, written down likewise."""
        if shipment.state is not ShipmentState.CANCELLED:
            if shipment.state not in GONE:
                self.check(job, row, shipment)
            reason = str(job.facts.get("reason", ""))
            self._audit.record(user, Deed(what="asked to cancel", subject_id=shipment.id, reason=f"{reason}, {job.id}"))
            shipment = self._recalls.cancel(job.merchant_id, shipment.id)
        if shipment.state is ShipmentState.CANCELLED:
            return replace(row, state=RowState.DONE, why="The carrier has taken it back.")
        return replace(row, state=RowState.UNKNOWN, why="The carrier was asked; its answer appears on the shipment.")


class Labelling(ShipmentAct):
    """Gets each label ready, so that all can be printed as one."""

    needs = Permission.UNMASK

    def __init__(self, store: Store, labels: Labels) -> None:
        super().__init__(store)
        self._labels = labels

    def check(self, job: BulkJob, row: BulkRow, shipment: ShipmentRecord) -> None:
        """A label that was not bought is never printed."""
        if shipment.state is not ShipmentState.BOOKED:
            raise Conflict(f"nothing is booked for it: {shipment.state.value.replace('_', ' ')}")

    def act(self, job: BulkJob, row: BulkRow, user: User, shipment: ShipmentRecord) -> BulkRow:
        """From the store, or from the carrier the first time."""
        self._labels.label(job.merchant_id, job.mode, shipment.id, LabelKind.PDF)
        return replace(row, state=RowState.DONE, why="")


class Tagging(ShipmentAct):
    """Puts a tag on, or takes it off. Rows that it changed nothing of are not undone."""

    needs = Permission.NOTE

    def __init__(self, store: Store, tags: TagBook, *, on: bool) -> None:
        super().__init__(store)
        self._tags = tags
        self._on = on

    def check(self, job: BulkJob, row: BulkRow, shipment: ShipmentRecord) -> None:
        """Where it is so already there is nothing to do."""
        there = str(job.facts["tag"]) in self._tags.of(job.merchant_id, [shipment.id]).get(shipment.id, ())
        if there is self._on:
            raise Conflict("it has the tag already" if self._on else "it does not have the tag")

    def act(self, job: BulkJob, row: BulkRow, user: User, shipment: ShipmentRecord) -> BulkRow:
        """Twice does no harm."""
        change = self._tags.put if self._on else self._tags.take_off
        change(user, job.mode, shipment.id, str(job.facts["tag"]))
        return replace(row, state=RowState.DONE)


class Noting(ShipmentAct):
    """Writes the same note on each."""

    needs = Permission.NOTE

    def __init__(self, store: Store, desk: Desk) -> None:
        super().__init__(store)
        self._desk = desk

    def act(self, job: BulkJob, row: BulkRow, user: User, shipment: ShipmentRecord) -> BulkRow:
        """Under the row's key only once; not when its text was erased, with people it was about."""
        if not job.facts.get("text"):
            raise Conflict("the text is erased, with the people it was about")
        self._desk.note(user, job.mode, shipment.id, str(job.facts["text"]), row.key)
        return replace(row, state=RowState.DONE)


def shipment_acts(store: Store, staff: Staff, recalls: Recalls, labels: Labels) -> Mapping[str, BulkKind]:
    """Every act on many shipments."""
    return {
        "cancel": Cancelling(store, recalls, staff.audit),
        "labels": Labelling(store, labels),
        "tag": Tagging(store, staff.tags, on=True),
        "untag": Tagging(store, staff.tags, on=False),
        "note": Noting(store, staff.desk),
    }
