"""Between the server and the WSGI application: a request takes a thread when its body is there, not before.

A WSGI application reads bodies itself, so that a client which sends a byte a second holds a thread for as long as it
likes; a dozen of them stopped a process. Here bodies are read on the event loop, within a time and up to the size
that the application allows, and only then a thread answers. Source: RSGI 1.5, granian's own interface.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # it is there for users of RSGI

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
FAULT = "doorstep.fault"
"""In the environ of a request whose body is LATE or SHORT: the application refuses it, and counts that."""
LATE = "the body did not come in time"
SHORT = "the body ended before it was whole: before its Content-Length, or its last chunk"
ROOM = "doorstep.room"
"""In the environ of a request whose body is longer than usual: a `Room`, which the application may make larger."""
BODILESS = ("GET", "HEAD", "OPTIONS")
IN_MEMORY = 1 << 18
"""Bytes of one body that are kept in memory; when there are more, they lie in a temporary file."""
SLOWEST_BYTES_PER_S = 50_000
"""What is longer has more time: so many bytes must come in a second."""
HEADERS_APART = ("CONTENT_TYPE", "CONTENT_LENGTH")
BASE: Mapping[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


@dataclass(slots=True)
class Room:
    """How many bytes the application takes of this request; none: it answers without them."""

    bytes: int = 0


class Beginning:
    """A body that was not read to its end, for those who refuse it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """What came. Raises RuntimeError where more than that is wanted: the route lacks its `@larger`."""
        part = self._file.read(size)
        if not part and size:
            raise RuntimeError("this body is longer than usual, and its route did not say that it takes such: @larger")
        return part


class Body:
    """What has come of a body."""

    def __init__(self, protocol: Any, environ: Environ, file: IO[bytes]) -> None:
        self.file = file
        self._parts = protocol.__aiter__()
        declared = environ.get("CONTENT_LENGTH", "")
        self._declared = int(declared) if declared.isdecimal() else 0
        self._trailers = "HTTP_TRAILER" in environ
        self._size = 0

    async def read(self, limit: int, seconds: float) -> bool:
        """Read on; whether it is whole. It is not when it is longer than the limit, by what was declared or came.

        Raises:
            TimeoutError: it took longer.
            EOFError: it ended too soon.
        """
        if self._declared > limit:
            return False
        self.file.seek(self._size)  # behind what came before, which was read to be refused
        reading = asyncio.ensure_future(self._read(limit))
        done, _ = await asyncio.wait((reading,), timeout=seconds)
        if not done:  # it cannot be cancelled, which the server does not know; it ends with the connection
            reading.add_done_callback(asyncio.Future.exception)
            raise TimeoutError
        self.file.seek(0)
        return reading.result()

    def measure(self, environ: Environ) -> None:
        """Tell the application how long it is, also one in chunks: what is too long must not pass for whole."""
        if environ.pop("HTTP_TRANSFER_ENCODING", "") or "CONTENT_LENGTH" in environ:
            environ["CONTENT_LENGTH"] = str(max(self._declared, self._size))

    async def _read(self, limit: int) -> bool:
        while self._size <= limit:
            part = await anext(self._parts, b"")
            if not part:
                if self._size < self._declared or await self._broke():
                    raise EOFError
                return True
            self._size += self.file.write(part)
        return False

    async def _broke(self) -> bool:
        """Whether the connection ended, or spoke nonsense, before the last chunk: the server tells of it by another
        empty part after the first. It does so for trailers too; who sends them says so in a header (RFC 9110, 6.6.2).
        """
        try:
            await anext(self._parts)
        except StopAsyncIteration:
            return False
        return not self._trailers


class Front:
    """An RSGI application over a WSGI application with so many threads; `stop` is called when the process must end.

    `body_bytes` is the length of a usual body, `wait_s` how long one is waited for, and how long for a client that
    does not read what it is told.
    """

    def __init__(
        self, application: Application, *, threads: int, body_bytes: int, wait_s: float, stop: Callable[[], None]
    ) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, "web")
        self._body_bytes = body_bytes
        self._wait_s = wait_s
        self._stop = stop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear of signals beside the server, which is told of them by the event loop's own file descriptor."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """One request."""
        environ = environ_of(scope)
        if scope.method not in BODILESS or "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            with SpooledTemporaryFile(IN_MEMORY) as file:
                await self._with_body(environ, Body(protocol, environ, file), protocol)
        else:
            await self._in_a_thread(environ, protocol)

    async def _with_body(self, environ: Environ, body: Body, protocol: Any) -> None:
        try:
            whole = await body.read(self._body_bytes, self._wait_s)
            body.measure(environ)
            if not whole:
                environ[ROOM] = room = Room()
                environ["wsgi.input"] = Beginning(body.file)
                await self._in_a_thread(environ, protocol)
                if not room.bytes:
                    return
                del environ[ROOM]
                await body.read(room.bytes, self._wait_s + room.bytes / SLOWEST_BYTES_PER_S)
                body.measure(environ)
        except TimeoutError:
            environ[FAULT] = LATE
        except EOFError:
            environ[FAULT] = SHORT
        environ["wsgi.input"] = body.file
        await self._in_a_thread(environ, protocol)

    async def _in_a_thread(self, environ: Environ, protocol: Any) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._answer, environ, protocol, loop)

    def _answer(self, environ: Environ, protocol: Any, loop: asyncio.AbstractEventLoop) -> None:
        told: list[Any] = []
        # What is asked twice must not find what the first time left in it; who sent no body has an empty one.
        asked = {"wsgi.input": BytesIO(), **environ}
        parts = self._application(asked, lambda *start: told.extend(start))
        try:
            if ROOM in environ and environ[ROOM].bytes:
                return
            status, headers = int(told[0].partition(" ")[0]), told[1]
            if any(name.lower() == "content-length" for name, _ in headers):
                protocol.response_bytes(status, headers, b"".join(parts))
            else:
                stream = protocol.response_stream(status, headers)
                for part in parts:
                    asyncio.run_coroutine_threadsafe(_send(stream, part), loop).result(self._wait_s)
        except ProtocolClosed:  # the client has left, as viewers of a live stream all do: no fault of anybody's
            return
        finally:
            if (close := getattr(parts, "close", None)) is not None:
                close()


async def _send(stream: Any, part: bytes) -> None:
    await stream.send_bytes(part)


def environ_of(scope: Any) -> Environ:
    """The WSGI environment of a request. Source: PEP 3333; RFC 3875, section 4.1.18 for the headers' names.

    Headers with `_` in their names are left out: they would be taken for those with `-`, which proxies set.
    """
    server, _, port = scope.server.rpartition(":")
    environ = {
        **BASE,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.url_scheme": scope.scheme,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in HEADERS_APART else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    return environ
