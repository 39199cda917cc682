"""Pages travel shrunk (gzip), a fifth of their size, where nobody else can have asked for them.

How long a packed answer is tells of what is in it: whoever can make a browser ask for pages with words of theirs, and
sees how long the answers are, guesses the rest letter by letter. So only what a page of ours or the reader's own hand
asked for is packed, as browsers say; the token of forms looks otherwise each time; and the length is blurred.

Sources: Gluck, Harris, Prado, "BREACH: Reviving the CRIME attack" (2013); W3C Fetch Metadata, `Sec-Fetch-Site`;
Palacios et al., "HTB: Heal the Breach" (2022), for the random name in the header of gzip.
"""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Response, request

OWN = ("same-origin", "none")
"""Who asked: a page of ours, or the reader by hand."""

LEAST, LEVEL, BLUR = 1400, 6, 100
"""Bytes that fit into a packet anyway; how hard is tried; of how many bytes, at most, the header's name is."""


def shrink(response: Response) -> Response:
    """The same page, packed if it may be."""
    if response.mimetype != "text/html" or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    response.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
    content = response.get_data()
    if (
        len(content) >= LEAST
        and request.headers.get("Sec-Fetch-Site") in OWN
        and request.accept_encodings.best_match(["gzip"])
    ):
        response.set_data(_packed(content))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _packed(content: bytes) -> bytes:
    packed = io.BytesIO()
    name = "a" * secrets.randbelow(BLUR)
    with gzip.GzipFile(name, "wb", LEVEL, packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()
