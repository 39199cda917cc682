"""What goes out and what comes back: one HTTP exchange as data, and what of it people may see."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from carriers.base.errors import BadCarrierResponse
from carriers.base.reading import Reading
from carriers.base.xml import XmlReading

MAX_BODY_BYTES = 2 * 1024 * 1024
HIDDEN = "(hidden)"
# A shorter secret hides nothing: it would be found in every second word.
SHORTEST_SECRET = 4
SECRET_NAME = re.compile(r"auth|key|token|secret|cookie|passw|uid|signature", re.IGNORECASE)
# Source: ISO/IEC 15948, 5.2 (PNG signature); ISO/IEC 10918-1, B.1.1.3 (JPEG: start of image, then a marker).
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_SECRET_WORD = re.compile(rb"secret|token|passw|api_?key", re.IGNORECASE)
_SECRET_MEMBER = re.compile(
    rb"""("?[\w-]*(?:secret|token|passw|api_?key)[\w-]*"?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|[^&\s,}]+)""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Call:
    """One request. `repeatable`: sending it twice does what sending it once does.

    `limit_bytes` is the most that is read of the answer's body, decompressed. `secrets` are hidden wherever the call
    or its answer is shown.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool
    limit_bytes: int = MAX_BODY_BYTES
    secrets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Call {self.method} {self.shown_url}>"

    @property
    def shown_url(self) -> str:
        """The URL without its query, where keys and personal data travel."""
        return hidden(self.url.partition("?")[0].encode(), self.secrets).decode()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reply:
    """One answer. Header names are lower case; the body is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""

    def __repr__(self) -> str:
        return f"<Reply {self.status}, {len(self.body)} bytes>"

    def reading(self) -> Reading:
        """The body as strict JSON.

        Raises:
            BadCarrierResponse: it is something else.
        """
        return Reading.parse(self.body)

    def image(self) -> bytes:
        """The body as a photo or a signature.

        Raises:
            BadCarrierResponse: it begins like neither a PNG nor a JPEG, such as a page for people.
        """
        if not self.body.startswith(_IMAGES):
            raise BadCarrierResponse("what was to be an image is none")
        return self.body

    def xml(self) -> XmlReading:
        """The body as XML without a DTD.

        Raises:
            BadCarrierResponse: it is something else.
        """
        return XmlReading.parse(self.body)

    def text(self) -> str:
        """The body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No usable answer.

    `sent`: bytes of the request may have gone out, so that it may have been applied. `bad_answer`: something came, but
    no HTTP, or more than anyone sends. `late`: the deadline came first.
    """

    sent: bool
    why: str
    bad_answer: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and what came of it: an answer after so many seconds, or why there is none."""

    call: Call
    reply: Reply | None
    seconds: float = 0.0
    failure: str = ""


def hidden(data: bytes, secrets: Collection[str]) -> bytes:
    """Bytes without these secrets, in the forms in which they travel: bare, in a URL or form, in JSON, in XML."""
    for form in _forms(frozenset(secrets)):
        data = data.replace(form, HIDDEN.encode())
    return data


@lru_cache(maxsize=64)  # of the accounts that are asked now: a quote's log hides the same ones a hundred times
def _forms(secrets: frozenset[str]) -> Sequence[bytes]:
    """The longest secret first: another may be a part of it."""
    return [
        form.encode("utf-8", "replace")
        for secret in sorted(secrets, key=len, reverse=True)
        if len(secret) >= SHORTEST_SECRET
        for form in {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], escape(secret)}
    ]


def redacted(exchange: Exchange) -> dict[str, object]:
    """An exchange as people may see it: without credentials, cookies and tokens, ours or new ones."""
    call, reply = exchange.call, exchange.reply
    shown: dict[str, object] = {
        "method": call.method,
        "url": call.shown_url,
        "headers": _shown_headers(call.headers, call.secrets),
        "body": _shown_body(call.body or b"", call.secrets),
    }
    if reply is not None:
        shown |= {
            "status": reply.status,
            "reply_headers": _shown_headers(reply.headers, call.secrets),
            "reply_body": _shown_body(reply.body, call.secrets),
        }
    return shown


def _shown_headers(headers: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
    return {
        name: HIDDEN if SECRET_NAME.search(name) else hidden(value.encode(), secrets).decode()
        for name, value in headers.items()
    }


def _shown_body(body: bytes, secrets: Collection[str]) -> str:
    bare = hidden(body, secrets)
    if _SECRET_WORD.search(bare):  # looking for whole members takes ten times as long
        bare = _SECRET_MEMBER.sub(rb'\1"(hidden)"', bare)
    return bare.decode("utf-8", "replace")
