"""Carriers as servers on raw sockets, which can do what no decent server does."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from carriers.base.errors import CarrierError
from carriers.base.http import Http, Reply
from carriers.base.messages import Account

HOST = "127.0.0.1"
Behaviour = Callable[["Peer", socket.socket, bytes], None]


class Peer:
    """A server that reads requests and leaves each to a behaviour. Keeps connections unless that closes them."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.busiest = 0
        self.stopping = threading.Event()
        self._busy = 0
        self._lock = threading.Lock()
        self._behaviour = behaviour
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((HOST, 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{HOST}:{self.port}"

    def start(self) -> None:
        """Accept connections."""
        self._in_thread(self._accept)

    def stop(self) -> None:
        """End every behaviour and close every connection."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _in_thread(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._in_thread(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with contextlib.suppress(OSError), connection:
            wrapped = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            self._open.add(wrapped)
            with wrapped:
                while request := read_request(wrapped):
                    with self._lock:
                        self.requests.append(request)
                        self._busy += 1
                        self.busiest = max(self.busiest, self._busy)
                    try:
                        self._behaviour(self, wrapped, request)
                    finally:
                        with self._lock:
                            self._busy -= 1


@contextmanager
def peer(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A running peer, until the end of the block."""
    running = Peer(behaviour, tls)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def read_request(connection: socket.socket) -> bytes:
    """One request with its body; empty when the other side has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        more = connection.recv(65_536)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body


def answer(status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> bytes:
    """An HTTP answer as bytes."""
    lines = {"Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def says(status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Behaviour:
    """A behaviour: a decent answer."""
    return raw(answer(status, body, headers))


def raw(data: bytes, *, close: bool = False) -> Behaviour:
    """A behaviour: these bytes, whatever they are."""

    def behave(_: Peer, connection: socket.socket, __: bytes) -> None:
        connection.sendall(data)
        if close:
            connection.close()

    return behave


def drips(head: bytes, drop: bytes, pause_s: float = 0.02) -> Behaviour:
    """A behaviour: a beginning, then drop after drop for as long as anybody listens."""

    def behave(self: Peer, connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while not self.stopping.wait(pause_s):
            connection.sendall(drop)

    return behave


def silent(self: Peer, _: socket.socket, __: bytes) -> None:
    """A behaviour: no answer."""
    self.stopping.wait()


def closes(_: Peer, connection: socket.socket, __: bytes) -> None:
    """A behaviour: the connection ends without an answer."""
    connection.shutdown(socket.SHUT_RDWR)


def resets(_: Peer, connection: socket.socket, __: bytes) -> None:
    """A behaviour: the connection breaks without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Crowded:
    """A listener whose queue is full: the kernel answers no more attempts to connect."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0), backlog=0)
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._queue: list[socket.socket] = []

    def __enter__(self) -> Crowded:
        for _ in range(3):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(self._listener.getsockname())
            self._queue.append(waiting)
        return self

    def __exit__(self, *_: object) -> None:
        for waiting in (*self._queue, self._listener):
            waiting.close()

    def let_in(self) -> None:
        """Make room; the kernel's next attempt to connect, after a second or two, succeeds."""
        for waiting in self._queue:
            waiting.close()
        self._listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()

    def received(self) -> bytes:
        """What is sent by whoever connects within the time of such an attempt."""
        received = b""
        self._listener.settimeout(1.5)
        try:
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(1.0)
                    received += connection.recv(65_536)
        except (TimeoutError, ConnectionError):
            return received


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def outlet(
    url: str,
    *,
    credentials: Mapping[str, str] | None = None,
    refusal: Callable[[Reply], CarrierError | None] = lambda reply: None,
    secrets: Mapping[str, str] | None = None,
) -> Http:
    """An account's way out, to a peer."""

    async def headers() -> Mapping[str, str]:
        return credentials or {}

    account = Account(id="acc1", name="swift", mode="test", urls={"api": url}, secrets=secrets or {})
    return Http(account, headers=headers, refusal=refusal)
