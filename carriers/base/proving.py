"""What proofs of webhooks are made of: configured secrets, keyed hashes, comparisons that leak nothing."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from carriers.base.errors import WebhookRejected
from carriers.base.messages import Account, WebhookCall, WebhookReply
from carriers.base.reading import Reading

SECRET = "webhook_secret"  # noqa: S105 the name under which an account keeps it, not a secret
# A number of more digits counts milliseconds: as seconds it would be after the year 5138.
MILLISECOND_DIGITS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A keyed hash. `key` says how the secret's text becomes the key: its UTF-8 bytes, or what they encode.

    Source: RFC 2104 (HMAC), RFC 6234 (SHA-256, SHA-512).
    """

    secret: str = SECRET
    digest: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    key: Literal["text", "hex", "base64"] = "text"
    reply: WebhookReply = field(default_factory=WebhookReply)

    def signatures(self, content: bytes, account: Account) -> list[str]:
        """With the secret in force, then with the one before it while both are accepted."""
        keys = [self._key(secret) for secret in accepted_secrets(account, self.secret)]
        digests = [hmac.digest(key, content, self.digest) for key in keys]
        if self.encoding == "hex":
            return [digest.hex() for digest in digests]
        return [base64.b64encode(digest).decode() for digest in digests]

    def check(self, given: str, content: bytes, account: Account) -> None:
        """Raises WebhookRejected unless a text is one of the signatures; hex in either case."""
        given = given.lower() if self.encoding == "hex" else given
        check_equal(given, self.signatures(content, account))

    def _key(self, secret: str) -> bytes:
        if self.key == "text":
            return secret.encode()
        try:
            key = bytes.fromhex(secret) if self.key == "hex" else base64.b64decode(secret, validate=True)
        except ValueError:
            key = b""
        if not key:
            raise WebhookRejected(f"the configured {self.secret} is not {self.key}")
        return key


def accepted_secrets(account: Account, name: str) -> list[str]:
    """The secret in force, then the one before it while both are accepted.

    Raises:
        WebhookRejected: none is in force, so nothing can be proven.
    """
    current, previous = account.secrets.get(name, ""), account.secrets.get(f"{name}_previous", "")
    if not current.strip():
        raise WebhookRejected(f"no secret {name} is configured")
    return [current, previous] if previous.strip() else [current]


def check_equal(given: str, accepted: Sequence[str]) -> None:
    """Raises WebhookRejected unless a text is one of these; takes as long whether it is or not."""
    # Every comparison is made, each in constant time; bytes, because compare_digest takes text only in ASCII.
    if not any([hmac.compare_digest(as_bytes(given), as_bytes(secret)) for secret in accepted]):
        raise WebhookRejected("the proof is false")


def as_bytes(text: str) -> bytes:
    """UTF-8 of any text, also of what no encoding takes."""
    return text.encode("utf-8", "backslashreplace")


def header_of(call: WebhookCall, name: str) -> str:
    """What stands in a header; raises WebhookRejected when nothing does."""
    found = call.headers.get(name.lower(), "").strip()
    if not found:
        raise WebhookRejected(f"the call has no header {name}")
    return found


def with_header(call: WebhookCall, name: str, value: str) -> WebhookCall:
    """The call with one more header."""
    return replace(call, headers={**call.headers, name.lower(): value})


def after(prefix: str, text: str) -> str:
    """What follows a prefix; raises WebhookRejected when it is not there."""
    if not text.startswith(prefix):
        raise WebhookRejected(f"the proof does not start with {prefix.strip()}")
    return text[len(prefix) :]


def check_fresh(stamp: str, call: WebhookCall, tolerance_s: int) -> None:
    """Raises WebhookRejected for a call sent longer ago than the tolerance, or as far in the future."""
    sent_at = _moment(stamp)
    if sent_at is None or abs(call.received_at - sent_at) > timedelta(seconds=tolerance_s):
        raise WebhookRejected("the call is too old or too early")


def _moment(stamp: str) -> datetime | None:
    """A timestamp in seconds or milliseconds since 1970, or in ISO 8601."""
    if re.fullmatch("[0-9]{1,13}", stamp):
        return datetime.fromtimestamp(int(stamp) / (1000 if len(stamp) > MILLISECOND_DIGITS else 1), UTC)
    return Reading({"stamp": stamp}).maybe_time("stamp")
