"""Recipients' links: a token of 22 characters that names a shipment to us and tells others nothing.

A shipment's id is 128 bits (a ULID), and so is an AES block: the token is the id, enciphered under a key derived from
the gateway's pepper. A guess among 2^128 tokens leads to a shipment as seldom as a random one would, no token is
stored that could be stolen from the database, and every shipment has its link from the moment it exists. Source of the
construction: a block cipher is a pseudo-random permutation (FIPS 197; one block, so no mode is involved).

A link that was revoked is followed by one under another key, whose number stands behind it: who has the old one cannot
make the new one of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from ulid import ULID

LENGTH = 22
MOST_VERSIONS = 999
TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{LENGTH}}}(?:[1-9][0-9]{{0,2}})?")
PREFIX = "shp"
_PURPOSE = b"recipients' links, version 1"


class Links:
    """Makes and reads tokens. `base_url` is where the outside reaches the gateway."""

    def __init__(self, pepper: str, base_url: str) -> None:
        self._pepper = pepper.encode()
        self._base_url = base_url

    def url(self, shipment_id: str, version: int = 0) -> str:
        """Where the recipient follows a shipment."""
        return f"{self._base_url}/t/{self.token(shipment_id, version)}"

    def token(self, shipment_id: str, version: int = 0) -> str:
        """The shipment's token after so many were revoked."""
        ulid = ULID.from_str(shipment_id.rpartition("_")[2])
        block = self._cipher(version).encryptor().update(ulid.bytes)
        return base64.urlsafe_b64encode(block).rstrip(b"=").decode() + (str(version) if version else "")

    def read(self, token: str) -> tuple[str, int] | None:
        """What a token names, which may be no shipment at all, and its version; None where it is no token."""
        if TOKEN.fullmatch(token) is None:
            return None
        version = int(token[LENGTH:] or 0)
        block = base64.urlsafe_b64decode(f"{token[:LENGTH]}==")
        named = f"{PREFIX}_{ULID.from_bytes(self._cipher(version).decryptor().update(block))}"
        # the last character has four bits too many
        return (named, version) if self.token(named, version) == token else None

    def _cipher(self, version: int) -> Cipher[modes.ECB]:
        purpose = _PURPOSE + (f", after {version}".encode() if version else b"")
        key = hmac.new(self._pepper, purpose, hashlib.sha256).digest()[:16]
        return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305  # exactly one block, see above
