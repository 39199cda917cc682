"""Carrier accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from gateway.domain.errors import Conflict
from gateway.domain.records import AccountRecord
from gateway.services.ports import Mode
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.secrets import Vault
from gateway.storage.tables.accounts import ACCOUNT_NAME, AccountRow

ACCOUNTS = Rows(AccountRow, AccountRecord)
_ALL = select(ACCOUNTS.table)
_A = ACCOUNTS.table.c


class AccountRepository(Repository):
    """Accounts, whose secrets are sealed on the way in and opened on the way out."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

    def add(self, account: AccountRecord) -> None:
        """A new account. Raises Conflict when the merchant has one of that name."""
        if not ACCOUNTS.add(self._connection, self._sealed(account), unless=ACCOUNT_NAME):
            raise Conflict(f"there is an account {account.name!r} already")
        self._settings_changed(account.merchant_id)

    def get(self, merchant_id: str, account_id: str) -> AccountRecord | None:
        """By id."""
        return self._opened(ACCOUNTS.get(self._connection, merchant_id, account_id))

    def by_name(self, merchant_id: str, name: str) -> AccountRecord | None:
        """By the merchant's name for it."""
        named = _ALL.where(_A.merchant_id == merchant_id, _A.name == name)
        return self._opened(ACCOUNTS.first(self._connection, named))

    def by_id(self, account_id: str) -> AccountRecord | None:
        """Across merchants: for carriers' calls, whose path names the account alone."""
        return self._opened(ACCOUNTS.first(self._connection, _ALL.where(_A.id == account_id)))

    def list(self, merchant_id: str, mode: Mode) -> Sequence[AccountRecord]:
        """The merchant's accounts of a mode, by name."""
        wanted = _ALL.where(_A.merchant_id == merchant_id, _A.mode == mode).order_by(_A.name)
        return [self._open(account) for account in ACCOUNTS.all(self._connection, wanted)]

    def replace(self, account: AccountRecord) -> None:
        """Write it anew. Raises StaleVersion when a later version is stored."""
        ACCOUNTS.put(self._connection, self._sealed(account))
        self._settings_changed(account.merchant_id)

    def touch(self, merchant_id: str, account_id: str) -> None:
        """A new version of it, rested."""
        self._connection.execute(
            update(ACCOUNTS.table)
            .where(_A.merchant_id == merchant_id, _A.id == account_id)
            .values(version=_A.version + 1, failures=0, resting_until=None, resting_why="")
        )
        self._settings_changed(merchant_id)

    def rest(self, merchant_id: str, account_id: str, failures: int, until: datetime | None, why: str) -> None:
        """Set the account's circuit; not a new version."""
        self._connection.execute(
            update(ACCOUNTS.table)
            .where(_A.merchant_id == merchant_id, _A.id == account_id)
            .values(failures=failures, resting_until=until, resting_why=why)
        )
        self._rested(merchant_id)

    def _sealed(self, account: AccountRecord) -> AccountRecord:
        return replace(account, secrets=self._vault.seal(account.merchant_id, account.id, account.secrets))

    def _open(self, account: AccountRecord) -> AccountRecord:
        return replace(account, secrets=self._vault.open(account.merchant_id, account.id, account.secrets))

    def _opened(self, account: AccountRecord | None) -> AccountRecord | None:
        return None if account is None else self._open(account)
