"""What may be done to many cases at once: given to somebody, or settled by a note. A row names a case, or a shipment
with all of its cases.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.domain.bulk import BulkJob, BulkRow, RowState
from gateway.domain.case_kinds import case_kind
from gateway.domain.errors import Conflict
from gateway.domain.people import Permission, User
from gateway.domain.records import Case
from gateway.services.bulk import BulkKind
from gateway.services.bulk_acts import author
from gateway.services.desk import Desk
from gateway.services.ports import Store


class CaseAct(ABC):
    """One act on cases."""

    needs = Permission.WORK_CASES

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk

    def do(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """By whoever began the job, if they still may."""
        return self.act(job, row, author(self._store, job, self.needs))

    @abstractmethod
    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """The row says what would be done. Raises Conflict: there is nothing to do."""

    @abstractmethod
    def act(self, job: BulkJob, row: BulkRow, user: User) -> BulkRow:
        """The row as it is then."""

    def _cases(self, job: BulkJob, row: BulkRow) -> Sequence[Case]:
        """The case that a row names, or else all of its shipment's."""
        if named := row.data.get("case_id"):
            return [self._desk.case(job.merchant_id, job.mode, named)]
        with self._store.look() as uow:
            return uow.cases.of_shipment(job.merchant_id, row.subject_id)


class Assigning(CaseAct):
    """Gives open cases to somebody; the row remembers whose they were, by their ids."""

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """There must be a case that is not theirs already."""
        titles = [case_kind(case.kind).title for case in self._others(job, row)]
        if not titles:
            raise Conflict("no case of it is open that is not theirs already")
        return replace(row, state=RowState.READY, why=", ".join(titles))

    def act(self, job: BulkJob, row: BulkRow, user: User) -> BulkRow:
        """Each case."""
        changed = {}
        for case in self._others(job, row):
            self._desk.assign(user, job.mode, case.id, case.owner_id, _owner(job, row, case))
            changed[case.id] = case.owner_id
        return replace(row, state=RowState.DONE, why="", data={**row.data, **changed})

    def _others(self, job: BulkJob, row: BulkRow) -> Sequence[Case]:
        """Open ones that are to be somebody else's; to be given `back`, those that are still theirs who got them."""
        opened = [case for case in self._cases(job, row) if case.state == "open"]
        if job.facts.get("back"):
            opened = [case for case in opened if case.id in row.data and case.owner_id == job.facts["owner_id"]]
        return [case for case in opened if case.owner_id != _owner(job, row, case)]


def _owner(job: BulkJob, row: BulkRow, case: Case) -> str:
    """Whose it shall be: one person's, or (`back`) whose it was."""
    return row.data.get(case.id, "") if job.facts.get("back") else str(job.facts["owner_id"])


class Settling(CaseAct):
    """Closes cases by one note, those that a note settles."""

    def look(self, job: BulkJob, row: BulkRow) -> BulkRow:
        """The row says what would be closed. Raises Conflict: there is nothing, or a note does not settle it."""
        opened = [case for case in self._cases(job, row) if case.state == "open"]
        if not opened:
            raise Conflict("no case of it is open")
        titles = [case_kind(case.kind).title for case in opened if _by_note(case)]
        if not titles:
            raise Conflict("a case of this kind is settled by saying what is true, not by a note")
        return replace(row, state=RowState.READY, why=", ".join(titles))

    def act(self, job: BulkJob, row: BulkRow, user: User) -> BulkRow:
        """Each of them; what this very job has closed before a crash is closed."""
        note = str(job.facts.get("text", ""))
        if not note:
            raise Conflict("the text is erased, with the people it was about")
        cases = [case for case in self._cases(job, row) if _by_note(case)]
        for case in cases:
            if case.state == "open":
                self._desk.close(user, job.mode, case.id, case.owner_id, note)
        if not any(case.state == "open" or case.note == note for case in cases):
            raise Conflict("somebody else has settled it meanwhile")
        return replace(row, state=RowState.DONE)


def _by_note(case: Case) -> bool:
    return case_kind(case.kind).closed_by == "note"


def case_acts(store: Store, desk: Desk) -> Mapping[str, BulkKind]:
    """Every one of them."""
    return {"assign": Assigning(store, desk), "settle": Settling(store, desk)}
