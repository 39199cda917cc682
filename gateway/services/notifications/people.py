"""Recipients without their addresses: keyed digests, what may be shown, and the signed links to opt out with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from gateway.domain.errors import NotFound
from gateway.domain.notifications import Channel
from gateway.services.ports import Mode
from gateway.services.recipients.links import Links

DIGEST_BYTES, SIGNATURE_BYTES = 16, 16
LONGEST_TOKEN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """What an opt-out link says: who wants nothing more, from whom, over which channel."""

    merchant_id: str
    mode: Mode
    channel: Channel
    recipient: str
    shown: str
    language: str


class Recipients:
    """Digests and links, keyed with the installation's pepper. `pages` are the links to shipments' pages."""

    def __init__(self, pepper: str, base_url: str, pages: Links) -> None:
        self._key = hmac.new(pepper.encode(), b"recipients", hashlib.sha256).digest()
        self._base_url = base_url
        self.pages = pages

    def digest(self, merchant_id: str, channel: Channel, address: str) -> str:
        """The same for the same address of a merchant's, and useless without the key."""
        kind = {Channel.EMAIL: "email", Channel.PUSH: "push"}.get(channel, "phone")
        return _text(self._keyed(f"{merchant_id} {kind} {address.strip().casefold()}")[:DIGEST_BYTES])

    def opt_out_url(self, opt_out: OptOut) -> str:
        """Where a recipient opts out, with one click (RFC 8058)."""
        said = [opt_out.merchant_id, opt_out.mode, opt_out.channel.value, opt_out.recipient, opt_out.shown]
        content = _text(json.dumps([*said, opt_out.language], separators=(",", ":")).encode())
        return f"{self._base_url}/u/{content}.{self._signature(content)}"

    def read(self, token: str) -> OptOut:
        """What a link of ours says. Raises NotFound for any other."""
        content, _, signature = token[:LONGEST_TOKEN].partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(content).encode()):
            raise NotFound("this is no link of ours")
        merchant_id, mode, channel, recipient, shown, language = json.loads(_bytes(content))
        return OptOut(
            merchant_id=merchant_id,
            mode=mode,
            channel=Channel(channel),
            recipient=recipient,
            shown=shown,
            language=language,
        )

    def receipts_url(self, sender_id: str, notification_id: str) -> str:
        """Where a provider tells what became of a message."""
        return f"{self._base_url}/v1/notification-senders/{sender_id}/receipts?notification={notification_id}"

    def called_url(self, path_and_query: str) -> str:
        """The URL a provider called, as it wrote it: proxies in between may have changed scheme and host."""
        return self._base_url + path_and_query

    def _signature(self, content: str) -> str:
        return _text(self._keyed(f"opt-out {content}")[:SIGNATURE_BYTES])

    def _keyed(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def shown(channel: Channel, address: str) -> str:
    """Enough to recognise an address by, too little to write to: k…@example.com, +47…777."""
    if channel is Channel.PUSH:
        return "browsers"
    if channel is Channel.EMAIL:
        local, _, domain = address.partition("@")
        return f"{local[:1]}…@{domain}"
    return f"{address[:3]}…{address[-3:]}"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
