"""Where a browser wants its push messages: the subscription it made (W3C Push API; RFC 8030, RFC 8291)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.errors import InvalidValue

POINT_BYTES, AUTH_BYTES = 65, 16
"""An uncompressed point of P-256, and the shared secret. Source: RFC 8291, sections 3.1 and 3.2."""

LONGEST_ENDPOINT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscription:
    """One browser that follows one shipment. `endpoint` is the push service's URL, `p256dh` and `auth` its keys."""

    id: str
    merchant_id: str
    shipment_id: str
    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)
    created_at: datetime

    def __post_init__(self) -> None:
        if len(self.p256dh) != POINT_BYTES or self.p256dh[0] != 4 or len(self.auth) != AUTH_BYTES:
            raise InvalidValue("these are no keys of a push subscription")
        if not 0 < len(self.endpoint) <= LONGEST_ENDPOINT:
            raise InvalidValue(f"an endpoint has at most {LONGEST_ENDPOINT} characters")


def unpadded(data: bytes) -> str:
    """Base64url without padding. Source: RFC 7515, appendix C."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_unpadded(text: str) -> bytes:
    """The bytes. Raises InvalidValue."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValue("this is no base64url") from None
