"""What people do at the console, written down in the transaction that does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.clock import Clock
from gateway.domain.errors import StaleVersion
from gateway.domain.people import AuditEntry, User
from gateway.services.ports import Store, UnitOfWork
from gateway.services.transactions import again_if_crossed


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does, to what, and why they say they do it."""

    what: str
    subject_id: str = ""
    reason: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolder:
    """Whoever has an API key: no user of ours, so the key is all that can be named."""

    merchant_id: str
    key_id: str
    id: str = ""

    @property
    def name(self) -> str:
        """As the log shows it."""
        return f"API key {self.key_id}"


def write_down(uow: UnitOfWork, user: User | KeyHolder, deed: Deed, now: datetime) -> None:
    """The next entry of the merchant's log. Raises StaleVersion when another one came between."""
    last = uow.audit.last(user.merchant_id)
    entry = AuditEntry(
        merchant_id=user.merchant_id,
        number=last.number + 1 if last else 1,
        at=now,
        user_id=user.id,
        who=user.name,
        what=deed.what,
        subject_id=deed.subject_id,
        reason=deed.reason,
        request_id=deed.request_id,
    )
    if not uow.audit.add(replace(entry, seal=entry.sealed(last.seal if last else ""))):
        raise StaleVersion("somebody else has just done something")


class AuditTrail:
    """Writes and reads the log."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(self, user: User, deed: Deed) -> None:
        """A deed that changes nothing else: somebody looked, or asked another part of us to act."""

        def write() -> None:
            with self._store.work() as uow:
                write_down(uow, user, deed, self._clock())
                uow.commit()

        again_if_crossed(write)

    def list(self, merchant_id: str, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""
        with self._store.look() as uow:
            return uow.audit.list(merchant_id, before, limit)

    def about(self, merchant_id: str, subject_id: str, limit: int = 50) -> Sequence[AuditEntry]:
        """What was done to one thing, newest first."""
        with self._store.look() as uow:
            return uow.audit.about(merchant_id, subject_id, limit)
