"""Passwords by argon2id and one-time codes by RFC 6238: `argon2-cffi` and `pyotp` behind their ports."""

from __future__ import annotations

import hmac
import secrets
import threading
from base64 import b64encode
from datetime import datetime

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Verifications at the same time: a flood of logins shall not take every processor."""

STEP_S = 30


class Argon2Passwords:
    """argon2id with 46 MiB, one pass, one lane.

    Source: OWASP Password Storage Cheat Sheet, "Argon2id" (m=47104, t=1, p=1).
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def digest(self, password: str) -> str:
        """A digest with its own salt and parameters."""
        with self._room:
            return self._hasher.hash(password)

    def nobodys(self) -> str:
        """Random bytes in place of salt and digest, as the hasher writes them."""
        with_ = self._hasher
        salt, digest = (
            b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (with_.salt_len, with_.hash_len)
        )
        return f"$argon2id$v=19$m={with_.memory_cost},t={with_.time_cost},p={with_.parallelism}${salt}${digest}"

    def verify(self, digest: str, password: str) -> bool:
        """Whether that was the password."""
        with self._room:
            try:
                return self._hasher.verify(digest, password)
            except (VerificationError, InvalidHashError):
                return False


class TimedCodes:
    """Six digits every 30 seconds (RFC 6238 with its defaults, which authenticator apps know)."""

    def new_secret(self) -> str:
        """160 bits in base 32."""
        return pyotp.random_base32()

    def uri(self, secret: str, account: str) -> str:
        """`otpauth://totp/...`, as authenticator apps read it."""
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Doorstep")

    def step(self, secret: str, code: str, at: datetime) -> int | None:
        """The step of a right code: now, or one step to either side for clocks that differ."""
        totp, now = pyotp.TOTP(secret), int(at.timestamp()) // STEP_S
        for step in (now, now - 1, now + 1):
            if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
                return step
        return None
