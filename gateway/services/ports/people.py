"""Ports of the people at the console: users with their sessions, notes, the audit log; passwords and one-time codes."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.people import AuditEntry, Note, Session, User
from gateway.domain.views import SavedView
from gateway.services.ports.desk import Desk


class Users(Protocol):
    """Users and their sessions. Reading decrypts a user's secrets."""

    def add(self, user: User) -> bool:
        """False when somebody has that e-mail address, at whatever merchant."""

    def get(self, merchant_id: str, user_id: str, *, lock: bool = False) -> User | None: ...
    def by_email(self, email: str) -> User | None:
        """Across merchants: the address is all that says whose they are."""

    def list(self, merchant_id: str) -> Sequence[User]: ...
    def update(self, user: User) -> None: ...
    def add_session(self, session: Session) -> None: ...
    def session(self, session_id: str) -> Session | None:
        """Across merchants: what the browser holds is all that a request says."""

    def keep_session(self, session: Session) -> None: ...
    def end_session(self, merchant_id: str, session_id: str) -> None: ...
    def end_sessions_of(self, merchant_id: str, user_id: str) -> None: ...
    def prune_sessions(self, before: datetime) -> int:
        """Forget those that ended before then; how many."""


class AuditLog(Protocol):
    """What people did. Nothing of it is ever changed."""

    def last(self, merchant_id: str) -> AuditEntry | None: ...
    def add(self, entry: AuditEntry) -> bool:
        """False when somebody else has just written that number."""

    def list(self, merchant_id: str, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Newest first, those with smaller numbers."""

    def about(self, merchant_id: str, subject_id: str, limit: int) -> Sequence[AuditEntry]: ...


class Notes(Protocol):
    """Notes on shipments."""

    def add(self, note: Note) -> bool:
        """False where its id is taken: it is written already."""

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Note]:
        """Newest first."""


class Views(Protocol):
    """Saved views of the list of shipments."""

    def add(self, view: SavedView) -> None: ...
    def list(self, merchant_id: str) -> Sequence[SavedView]: ...
    def update(self, view: SavedView) -> None: ...
    def remove(self, merchant_id: str, view_id: str) -> None: ...


class Tags(Protocol):
    """Words that people put on shipments."""

    def put(self, merchant_id: str, shipment_id: str, tag: str) -> bool:
        """False when it is there already."""

    def take_off(self, merchant_id: str, shipment_id: str, tag: str) -> bool:
        """False when it is not there."""

    def of(self, merchant_id: str, shipment_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """By shipment; those without any are left out."""


class OfPeople(Protocol):
    """The repositories in a unit of work that are about people and what they ask."""

    users: Users
    audit: AuditLog
    notes: Notes
    views: Views
    tags: Tags
    desk: Desk


class Passwords(Protocol):
    """Slow digests of passwords."""

    def digest(self, password: str) -> str: ...
    def verify(self, digest: str, password: str) -> bool: ...
    def nobodys(self) -> str:
        """What looks like a digest, takes as long to verify, and is no password's."""


class Codes(Protocol):
    """Time-based one-time codes (RFC 6238)."""

    def new_secret(self) -> str: ...
    def uri(self, secret: str, account: str) -> str:
        """For the authenticator app's camera."""

    def step(self, secret: str, code: str, at: datetime) -> int | None:
        """The time step that this code belongs to, one before and after allowed; None when it is wrong."""
