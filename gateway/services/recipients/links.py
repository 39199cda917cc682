"""Recipients' links: a token of 22 characters that names a shipment to us and tells others nothing.

A shipment's id is 128 bits (a ULID), and so is an AES block: the token is the id, enciphered under a key derived from
the gateway's pepper. A guess among 2^128 tokens leads to a shipment as seldom as a random one would, no token is
stored that could be stolen from the database, and every shipment has its link from the moment it exists. Source of the
construction: a block cipher is a pseudo-random permutation (FIPS 197; one block, so no mode is involved).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from ulid import ULID

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
PREFIX = "shp"
_PURPOSE = b"recipients' links, version 1"


class Links:
    """Makes and reads tokens. `base_url` is where the outside reaches the gateway."""

    def __init__(self, pepper: str, base_url: str) -> None:
        key = hmac.new(pepper.encode(), _PURPOSE, hashlib.sha256).digest()[:16]
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305  # exactly one block, see above
        self._base_url = base_url

    def url(self, shipment_id: str) -> str:
        """Where the recipient follows a shipment."""
        return f"{self._base_url}/t/{self.token(shipment_id)}"

    def token(self, shipment_id: str) -> str:
        """The shipment's token."""
        block = self._cipher.encryptor().update(ULID.from_str(shipment_id.rpartition("_")[2]).bytes)
        return base64.urlsafe_b64encode(block).rstrip(b"=").decode()

    def shipment_id(self, token: str) -> str | None:
        """What a token names, which may be no shipment at all; None where it is no token."""
        if TOKEN.fullmatch(token) is None:
            return None
        block = base64.urlsafe_b64decode(f"{token}==")
        named = f"{PREFIX}_{ULID.from_bytes(self._cipher.decryptor().update(block))}"
        return named if self.token(named) == token else None  # the last character has four bits too many
