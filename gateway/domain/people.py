"""People who work at the console: who they are, what their role lets them do, and what is written down of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What somebody is here for."""

    SUPPORT = "support"
    OPERATIONS = "operations"
    WAREHOUSE = "warehouse"
    DEVELOPER = "developer"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that a role may do. Every page and action of the console names the one it needs."""

    LOOK = "look"
    UNMASK = "unmask"
    NOTE = "note"
    NOTIFY = "notify"
    CANCEL = "cancel"
    DIVERT = "divert"
    RESOLVE = "resolve"
    WORK_CASES = "work_cases"
    BOOK = "book"
    PACK = "pack"
    HAND_OVER = "hand_over"
    PROBE = "probe"
    MAP_CODES = "map_codes"
    DEVELOP = "develop"
    POLICIES = "policies"
    CREDENTIALS = "credentials"
    SHARE_VIEWS = "share_views"
    SETTINGS = "settings"
    CORRECT = "correct"
    PEOPLE = "people"


_SUPPORT = frozenset(
    {
        Permission.LOOK,
        Permission.UNMASK,
        Permission.NOTE,
        Permission.NOTIFY,
        Permission.CANCEL,
        Permission.DIVERT,
        Permission.WORK_CASES,
    }
)
_WAREHOUSE = frozenset({Permission.LOOK, Permission.PACK, Permission.HAND_OVER})
_OPERATIONS = (
    _SUPPORT
    | _WAREHOUSE
    | {
        Permission.BOOK,
        Permission.RESOLVE,
        Permission.PROBE,
        Permission.MAP_CODES,
        Permission.POLICIES,
        Permission.SHARE_VIEWS,
        Permission.SETTINGS,
    }
)
ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.SUPPORT: _SUPPORT,
    Role.OPERATIONS: _OPERATIONS,
    Role.WAREHOUSE: _WAREHOUSE,
    Role.DEVELOPER: frozenset({Permission.LOOK, Permission.PROBE, Permission.DEVELOP}),
    Role.ADMIN: frozenset(Permission),
}
"""Deny by default. A developer sees recipients masked and cannot unmask them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in. Their e-mail address is unique over all merchants: it says whose they are.

    `secrets` hold the seed of their one-time codes (encrypted at rest); `last_step` is the time step of the last code
    used, so that none works twice. `failures` in a row lead to `locked_until`. `shortcuts`: single-letter keys;
    `landing`: the saved view that they begin with, "" for Today.
    """

    id: str
    merchant_id: str
    email: str
    name: str
    role: Role
    password_hash: str = field(repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    codes_on: bool = False
    last_step: int = 0
    failures: int = 0
    locked_until: datetime | None = None
    shortcuts: bool = True
    landing: str = ""
    created_at: datetime
    disabled_at: datetime | None = None
    version: int = 1

    def may(self, permission: Permission) -> bool:
        """Whether their role lets them."""
        return permission in ROLES[self.role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody signed in in one browser. Its id is a digest of what the browser holds.

    `proved` is False until the one-time code was given, where one is asked for.
    """

    id: str
    merchant_id: str
    user_id: str
    mode: Literal["test", "live"]
    proved: bool
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something a person did or looked at. Entries of a merchant are numbered from 1 and each seals the one before."""

    merchant_id: str
    number: int
    at: datetime
    user_id: str
    who: str
    what: str
    subject_id: str = ""
    reason: str = ""
    request_id: str = ""
    seal: str = ""

    def sealed(self, before: str) -> str:
        """SHA-256 over the entry before's seal and this entry's fields."""
        said = {**asdict(self), "at": self.at.isoformat(), "seal": before}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote about a shipment for their colleagues; `visible`: its recipient reads it, too."""

    id: str
    merchant_id: str
    shipment_id: str
    at: datetime
    user_id: str
    who: str
    text: str
    visible: bool = False
