"""Users, sessions, notes and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, select

from gateway.domain.people import AuditEntry, Note, Session, User
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.secrets import Vault
from gateway.storage.tables.people import USER_EMAIL, AuditRow, NoteRow, SessionRow, UserRow

USERS = Rows(UserRow, User)
SESSIONS = Rows(SessionRow, Session)
AUDIT = Rows(AuditRow, AuditEntry)
NOTES = Rows(NoteRow, Note)
_U = USERS.table.c
_S = SESSIONS.table.c
_A = AUDIT.table.c
_N = NOTES.table.c


class UserRepository(Repository):
    """Users, whose secrets are sealed on the way in and opened on the way out."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

    def add(self, user: User) -> bool:
        """False when somebody has that address."""
        return USERS.add(self._connection, self._sealed(user), unless=USER_EMAIL)

    def get(self, merchant_id: str, user_id: str, *, lock: bool = False) -> User | None:
        """By id."""
        return self._opened(USERS.get(self._connection, merchant_id, user_id, lock=lock))

    def by_email(self, email: str) -> User | None:
        """Across merchants: whoever signs in says nothing else."""
        return self._opened(USERS.first(self._connection, select(USERS.table).where(_U.email == email)))

    def list(self, merchant_id: str) -> Sequence[User]:
        """By name, without their secrets."""
        wanted = select(USERS.table).where(_U.merchant_id == merchant_id).order_by(_U.name, _U.id)
        return [replace(user, secrets={}) for user in USERS.all(self._connection, wanted)]

    def update(self, user: User) -> None:
        """Write it. Raises StaleVersion when a later version is stored."""
        USERS.put(self._connection, self._sealed(user))

    def add_session(self, session: Session) -> None:
        """Somebody signed in."""
        SESSIONS.add(self._connection, session)

    def session(self, session_id: str) -> Session | None:
        """Across merchants: whatever a browser holds says nothing else."""
        return SESSIONS.first(self._connection, select(SESSIONS.table).where(_S.id == session_id))

    def keep_session(self, session: Session) -> None:
        """Write it."""
        SESSIONS.put(self._connection, session)

    def end_session(self, merchant_id: str, session_id: str) -> None:
        """Sign out."""
        SESSIONS.remove(self._connection, merchant_id, session_id)

    def end_sessions_of(self, merchant_id: str, user_id: str) -> None:
        """Sign out everywhere."""
        self._connection.execute(delete(SESSIONS.table).where(_S.merchant_id == merchant_id, _S.user_id == user_id))

    def prune_sessions(self, before: datetime) -> int:
        """Forget those that ended before then."""
        return self._connection.execute(delete(SESSIONS.table).where(_S.ends_at < before)).rowcount

    def _sealed(self, user: User) -> User:
        return replace(user, secrets=self._vault.seal(user.merchant_id, user.id, user.secrets))

    def _opened(self, user: User | None) -> User | None:
        if user is None:
            return None
        return replace(user, secrets=self._vault.open(user.merchant_id, user.id, user.secrets))


class AuditRepository(Repository):
    """Only ever added to."""

    def last(self, merchant_id: str) -> AuditEntry | None:
        """The newest entry."""
        return next(iter(self.list(merchant_id, None, 1)), None)

    def add(self, entry: AuditEntry) -> bool:
        """False when that number is taken."""
        return AUDIT.add(self._connection, entry)

    def list(self, merchant_id: str, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""
        wanted = select(AUDIT.table).where(_A.merchant_id == merchant_id)
        wanted = wanted if before is None else wanted.where(_A.number < before)
        return AUDIT.all(self._connection, wanted.order_by(_A.number.desc()).limit(limit))

    def about(self, merchant_id: str, subject_id: str, limit: int) -> Sequence[AuditEntry]:
        """What was done to one thing, newest first."""
        wanted = select(AUDIT.table).where(_A.merchant_id == merchant_id, _A.subject_id == subject_id)
        return AUDIT.all(self._connection, wanted.order_by(_A.number.desc()).limit(limit))


class NoteRepository(Repository):
    """Notes on shipments."""

    def add(self, note: Note) -> bool:
        """A new one; False where its id is taken."""
        return NOTES.add(self._connection, note)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Note]:
        """Newest first."""
        wanted = select(NOTES.table).where(_N.merchant_id == merchant_id, _N.shipment_id == shipment_id)
        return NOTES.all(self._connection, wanted.order_by(_N.at.desc(), _N.id.desc()))
