"""The key pair by which push services know a merchant (VAPID, RFC 8292).

A browser's subscription is bound to the public key, so the key must not change while somebody follows a parcel: it is
made of the gateway's pepper each time and stored nowhere, as recipients' links are (`services.recipients.links`).
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.domain.push import unpadded
from gateway.services.ports import Mode

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256. Source: NIST SP 800-186, section 3.2.1.3."""


class PushKeys:
    """A pair for each merchant and mode."""

    def __init__(self, pepper: str) -> None:
        self._pepper = pepper.encode()

    def private(self, merchant_id: str, mode: Mode) -> ec.EllipticCurvePrivateKey:
        """What signs. 512 bits reduced modulo the order are as good as evenly spread (FIPS 186-5, A.2.1)."""
        said = f"push messages, version 1: {merchant_id} {mode}".encode()
        digest = hmac.new(self._pepper, said, hashlib.sha512).digest()
        return ec.derive_private_key(int.from_bytes(digest) % (ORDER - 1) + 1, ec.SECP256R1())

    def public(self, merchant_id: str, mode: Mode) -> str:
        """What browsers subscribe with: the uncompressed point, base64url."""
        point = self.private(merchant_id, mode).public_key()
        return unpadded(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
