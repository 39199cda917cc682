"""API keys: made once, shown once, kept as a keyed digest, checked in microseconds.

Form: `gw_live_` or `gw_test_`, 8 characters of public id, `_`, 43 characters of secret, 6 of CRC-32 (base 62, so that
secret scanners can verify a find offline). The secret has 256 bits, so HMAC-SHA256 with a pepper is enough; a slow hash
would only let strangers keep our processors busy.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError, NotFound, Unprocessable
from gateway.domain.records import KeyRecord
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store

SCOPES = ("quotes:write", "shipments:write", "shipments:read", "tracking:read", "admin")
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
PUBLIC_LENGTH = 8
SECRET_LENGTH = 43
CHECK_LENGTH = 6


class BadKey(GatewayError):
    """No key, or one that is unknown, expired or revoked: always the same words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling: the merchant, in which mode, with which scopes."""

    merchant_id: str
    key_id: str
    mode: Mode
    scopes: tuple[str, ...]

    def may(self, scope: str) -> bool:
        """`admin` may everything."""
        return scope in self.scopes or "admin" in self.scopes


class KeyRing:
    """Makes and checks keys."""

    def __init__(self, store: Store, pepper: str, clock: Clock) -> None:
        self._store = store
        self._pepper = pepper.encode()
        self._clock = clock

    def create(
        self, merchant_id: str, name: str, mode: Mode, scopes: Sequence[str], expires_at: datetime | None = None
    ) -> tuple[KeyRecord, str]:
        """A new key and its text, which nobody can show again.

        Raises:
            Unprocessable: an unknown scope.
        """
        for index, scope in enumerate(scopes):
            if scope not in SCOPES:
                raise Unprocessable(f"/scopes/{index}", f"unknown scope; there are {', '.join(SCOPES)}")
        public_id = _random(PUBLIC_LENGTH)
        unsigned = f"gw_{mode}_{public_id}_{_random(SECRET_LENGTH)}"
        text = unsigned + _check(unsigned)
        now = self._clock()
        record = KeyRecord(
            id=new_id("key", now),
            merchant_id=merchant_id,
            name=name,
            public_id=public_id,
            digest=self._digest(text),
            mode=mode,
            scopes=tuple(scopes),
            created_at=now,
            expires_at=expires_at,
        )
        with self._store.work() as uow:
            uow.keys.add(record)
            uow.commit()
        return record, text

    def caller(self, text: str) -> Caller:
        """Who holds this key. Raises BadKey."""
        public_id = _public_id(text)
        with self._store.look() as uow:
            record = uow.keys.by_public_id(public_id)
        now = self._clock()
        if record is None or not hmac.compare_digest(record.digest, self._digest(text)):
            raise BadKey("this key is not valid")
        if not _is_good(record, now):
            raise BadKey("this key is not valid")
        if record.last_used_at is None or now - record.last_used_at > timedelta(minutes=1):
            with self._store.work() as uow:
                uow.keys.used(record.merchant_id, record.id, now)
                uow.commit()
        return Caller(merchant_id=record.merchant_id, key_id=record.id, mode=record.mode, scopes=record.scopes)

    def holds(self, who: Caller) -> bool:
        """Whether a caller's key still opens what it did: asked again by what lasts longer than a request."""
        with self._store.look() as uow:
            keys = uow.keys.list(who.merchant_id, who.mode)
        return any(each.id == who.key_id and _is_good(each, self._clock()) for each in keys)

    def list(self, merchant_id: str, mode: Mode) -> Sequence[KeyRecord]:
        """The merchant's keys of a mode, without their secrets."""
        with self._store.look() as uow:
            return uow.keys.list(merchant_id, mode)

    def revoke(self, merchant_id: str, mode: Mode, key_id: str) -> None:
        """End a key of a mode at once. Raises NotFound."""
        with self._store.work() as uow:
            if not uow.keys.revoke(merchant_id, mode, key_id, self._clock()):
                raise NotFound(f"no key {key_id}")
            uow.commit()

    def add_merchant(self, name: str) -> str:
        """A new merchant's id."""
        now = self._clock()
        merchant_id = new_id("mer", now)
        with self._store.work() as uow:
            uow.keys.add_merchant(merchant_id, name, now)
            uow.commit()
        return merchant_id

    def _digest(self, text: str) -> str:
        return hmac.new(self._pepper, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _is_good(record: KeyRecord, now: datetime) -> bool:
    """Neither revoked nor over."""
    return record.revoked_at is None and (record.expires_at is None or record.expires_at > now)


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))


def _check(unsigned: str) -> str:
    number = zlib.crc32(unsigned.encode("utf-8", "replace"))
    digits = ""
    for _ in range(CHECK_LENGTH):
        number, rest = divmod(number, len(BASE62))
        digits = BASE62[rest] + digits
    return digits


def _public_id(text: str) -> str:
    """The part by which a key is looked up; raises BadKey for anything that is not a key of ours."""
    parts = text.split("_")
    well_formed = len(parts) == 4 and parts[0] == "gw" and parts[1] in ("live", "test")
    if not well_formed or text[-CHECK_LENGTH:] != _check(text[:-CHECK_LENGTH]):
        raise BadKey("this key is not valid")
    return parts[2]
