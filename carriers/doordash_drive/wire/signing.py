"""The token that DoorDash wants with every call: a JWT that we sign ourselves.

Source: developer.doordash.com/en-US/docs/drive/how_to/JWTs, and lib/utils/jwt.js of npm @doordash/sdk 0.6.13.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from carriers.base import AuthenticationFailed

# With `dd-ver` last, as DoorDash's own SDK writes it: libraries for JWTs put the members in another order.
HEADER = {"alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1"}
# At most 1800 s are taken; the tutorials use 300 s.
LIVES_S = 300
SECRETS = ("developer_id", "key_id", "signing_secret")


def token(secrets: Mapping[str, str], now: datetime) -> str:
    """A token good for five minutes. The key id stands in the payload, and the key is what the secret encodes.

    Raises:
        AuthenticationFailed: a credential is missing, or the signing secret is not base64.
    """
    missing = [name for name in SECRETS if not secrets.get(name)]
    if missing:
        raise AuthenticationFailed(f"the account has no secret {missing[0]}")
    issued_at = int(now.timestamp())
    payload = {
        "aud": "doordash",
        "iss": secrets["developer_id"],
        "kid": secrets["key_id"],
        "exp": issued_at + LIVES_S,
        "iat": issued_at,
    }
    signed = f"{_part(HEADER)}.{_part(payload)}"
    return f"{signed}.{_base64url(hmac.digest(key(secrets['signing_secret']), signed.encode(), 'sha256'))}"


def key(secret: str) -> bytes:
    """The key that a signing secret encodes: base64 of either alphabet, with or without padding.

    Raises:
        AuthenticationFailed: it encodes nothing.
    """
    text = secret.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise AuthenticationFailed("the account's signing_secret is not base64")
    return found


def _part(members: Mapping[str, object]) -> str:
    return _base64url(json.dumps(members, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
