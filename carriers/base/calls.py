"""What goes out and what comes back: one HTTP exchange as data, and its redaction for people to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from carriers.base.reading import Reading

MAX_BODY_BYTES = 2 * 1024 * 1024
CONNECT_LIMIT_S = 3.0
SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|password|uid|signature", re.IGNORECASE)
SECRET_FIELD = re.compile(
    rb'("?[\w-]*(?:secret|token|password|api_?key)[\w-]*"?\s*[:=]\s*)("[^"]*"|[^&\s,}]+)', re.IGNORECASE
)
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `repeatable`: sending it twice does what sending it once does."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool
    limit_bytes: int = MAX_BODY_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. Header names are lower case; the body is decompressed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = ""

    def reading(self) -> Reading:
        """The body as strict JSON. Raises BadCarrierResponse."""
        return Reading.parse(self.body)

    def text(self) -> str:
        """The body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No usable answer. `sent`: bytes of the request went out, so it may have been applied."""

    sent: bool
    why: str
    bad_answer: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and what came of it."""

    call: Call
    reply: Reply | None


def redacted(exchange: Exchange) -> dict[str, object]:
    """An exchange as people may see it: no credentials, tokens or cookies."""
    call, reply = exchange.call, exchange.reply
    shown: dict[str, object] = {
        "method": call.method,
        "url": call.url.partition("?")[0],
        "headers": _shown_headers(call.headers),
        "body": _shown_body(call.body or b""),
    }
    if reply is not None:
        shown |= {
            "status": reply.status,
            "reply_headers": _shown_headers(reply.headers),
            "reply_body": _shown_body(reply.body),
        }
    return shown


def _shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: HIDDEN if SECRET_HEADER.search(name) else value for name, value in headers.items()}


def _shown_body(body: bytes) -> str:
    return SECRET_FIELD.sub(rb"\1(hidden)", body).decode("utf-8", "replace")
