"""People at the console: users, their sessions, their notes on shipments, and the log of what they did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.domain.people import Role
from gateway.storage.tables.base import Maybe, Named, Owned, Row, index, of
from gateway.storage.types import Word

USER_EMAIL = index("users_email", "email", unique=True)


class UserRow(Named, Row):
    """Somebody who may sign in; `secrets` are encrypted one by one. The address is unique over all merchants."""

    __tablename__ = "users"
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(Word(Role))
    password_hash: Mapped[str]
    secrets: Mapped[Mapping[str, str]]
    codes_on: Mapped[bool]
    last_step: Mapped[int]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]
    shortcuts: Mapped[bool]
    landing: Mapped[Maybe]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    version: Mapped[int]
    __table_args__ = (USER_EMAIL,)


class SessionRow(Named, Row):
    """Somebody signed in. Its id, the digest of what the browser holds, says whose it is."""

    __tablename__ = "sessions"
    user_id: Mapped[str]
    mode: Mapped[str]
    proved: Mapped[bool]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    __table_args__ = (
        of("user_id", "users"),
        index("sessions_id", "id", unique=True),
        index("sessions_of_user", "merchant_id", "user_id"),
        index("sessions_ends", "ends_at"),
    )


class AuditRow(Owned, Row):
    """What a person did. Only ever added to."""

    __tablename__ = "audit_log"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    user_id: Mapped[Maybe]
    who: Mapped[str]
    what: Mapped[str]
    subject_id: Mapped[Maybe]
    reason: Mapped[str]
    request_id: Mapped[str]
    seal: Mapped[str]
    __table_args__ = (index("audit_log_about", "merchant_id", "subject_id", "number"),)


class NoteRow(Named, Row):
    """A note on a shipment."""

    __tablename__ = "shipment_notes"
    shipment_id: Mapped[str]
    at: Mapped[datetime]
    user_id: Mapped[str]
    who: Mapped[str]
    text: Mapped[str]
    visible: Mapped[bool]
    __table_args__ = (
        of("shipment_id", "shipments"),
        of("user_id", "users"),
        index("shipment_notes_of_shipment", "merchant_id", "shipment_id", "at"),
    )
