"""HTTP/1.1 as the bench's own client and carriers speak it: messages with a Content-Length, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Messages:
    """Cuts a stream of bytes into messages. The head is everything before the empty line."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The messages that are complete now, as (head, body)."""
        self._rest += data
        while (end := self._rest.find(_END)) >= 0:
            head = self._rest[:end]
            length = _LENGTH.search(head)
            start = end + len(_END)
            stop = start + (int(length[1]) if length else 0)
            if len(self._rest) < stop:
                return
            body, self._rest = self._rest[start:stop], self._rest[stop:]
            yield head, body


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request's bytes; `_` in a header's name stands for `-`."""
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _END + body


def reply(body: bytes) -> bytes:
    """A good JSON answer's bytes."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
