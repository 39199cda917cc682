"""Secrets at rest: encrypted one by one, each bound to where it belongs.

Fernet (https://github.com/fernet/spec) has no associated data, so merchant, owner and field are encrypted along
with the value and compared after decryption: a token copied to another merchant's row opens nothing there. The
first key encrypts, all decrypt, so keys are rotated by putting a new one in front and writing everything once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from gateway.domain.errors import InvalidValue

REMEMBERED = 4096
"""Tokens whose content stays in memory, where live carriers hold the same secrets anyway."""


class Vault:
    """Encrypts and decrypts with the installation's keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise InvalidValue("at least one secret key is needed")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise InvalidValue("a secret key is 32 bytes in URL-safe base64") from None
        self._decrypted = lru_cache(REMEMBERED)(self._fernet.decrypt)

    def seal(self, merchant_id: str, owner_id: str, secrets: Mapping[str, str]) -> dict[str, str]:
        """Each value as a token that opens only for this merchant, owner and field."""
        return {
            field: self._fernet.encrypt(json.dumps([merchant_id, owner_id, field, value]).encode()).decode("ascii")
            for field, value in secrets.items()
        }

    def open(self, merchant_id: str, owner_id: str, sealed: Mapping[str, str]) -> dict[str, str]:
        """The values. Raises InvalidValue for a token of another place or of a key we do not have."""
        return {field: self._open_one([merchant_id, owner_id, field], token) for field, token in sealed.items()}

    def _open_one(self, place: list[str], token: str) -> str:
        try:
            *bound_to, value = json.loads(self._decrypted(token))
        except InvalidToken:
            raise InvalidValue(f"secret {place[2]!r} of {place[1]} was encrypted with a key we do not have") from None
        if bound_to != place:
            raise InvalidValue(f"secret {place[2]!r} of {place[1]} belongs to something else")
        return str(value)
