"""Accounts' own status tables: what this contract's carrier means by its codes, laid over the carrier's own table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from carriers.base import STATUS_COLUMNS, StatusRow, StatusTable
from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound, StaleVersion
from gateway.domain.status_tables import StatusTableRecord
from gateway.services.accounts import AccountBook
from gateway.services.own_statuses import rows_of
from gateway.services.ports import Store
from gateway.services.ports.answers import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMeaning:
    """What somebody says that one code means."""

    code: str
    qualifier: str
    status: str
    reason: str
    note: str


class StatusTableBook:
    """Adds and gives back. What a new version changes of the past, `gateway.services.rereading` shows and applies."""

    def __init__(self, store: Store, accounts: AccountBook, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    def put(self, merchant_id: str, mode: Mode, account_id: str, text: str, author: str) -> StatusTableRecord:
        """The next version of an account's table. The text of the newest one again is that one again.

        Raises:
            NotFound: no such account.
            BadSheet: every line at fault.
            StaleVersion: somebody else added one at the same moment.
        """
        self._accounts.get(merchant_id, mode, account_id)
        rows = StatusTable.parse(text, "the table").rows
        with self._store.work() as uow:
            newest = uow.status_tables.latest(merchant_id, account_id)
            if newest is not None and newest.text == text:
                return newest
            record = StatusTableRecord(
                merchant_id=merchant_id,
                account_id=account_id,
                version=newest.version + 1 if newest else 1,
                text=text,
                rows=len(rows),
                author=author,
                created_at=self._clock(),
            )
            if not uow.status_tables.add(record):
                raise StaleVersion(f"somebody else has just added version {record.version}")
            uow.accounts.touch(merchant_id, account_id)
            uow.commit()
        return record

    def explain(
        self, merchant_id: str, mode: Mode, account_id: str, meaning: CodeMeaning, author: str
    ) -> StatusTableRecord:
        """The next version, with this one row more, or in place of the one of its code. Raises as `put`."""
        with self._store.look() as uow:
            rows = rows_of(uow.status_tables.latest(merchant_id, account_id))
        key = (meaning.code.strip(), meaning.qualifier.strip())
        kept = [[getattr(row, name) for name in STATUS_COLUMNS] for row in rows if row.key != key]
        said = [*key, meaning.status, meaning.reason, meaning.note, f"said by {author}"]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([STATUS_COLUMNS, *kept, said])
        return self.put(merchant_id, mode, account_id, text.getvalue(), author)

    def get(self, merchant_id: str, mode: Mode, account_id: str, version: int | None = None) -> StatusTableRecord:
        """A version, the newest where none is named. Raises NotFound."""
        self._accounts.get(merchant_id, mode, account_id)
        with self._store.look() as uow:
            found = uow.status_tables.of_account(merchant_id, account_id)
        for each in found:
            if version in (None, each.version):
                return each
        raise NotFound(f"no status table {version or ''} of account {account_id}")

    def doubtful(self, table: StatusTableRecord) -> Sequence[StatusRow]:
        """Rows of a stored table that contradict themselves, from before such were refused: they want a new version."""
        return [row for row in rows_of(table) if row.contradiction]
