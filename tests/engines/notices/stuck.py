"""A mail server on loopback that never comes to an end of its greeting."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Semaphore, Thread

DRIP_S = 0.02
MOST_DRIPS = 1000


@dataclass
class Stuck:
    """`called` is released once for each connection; all of them end with `over`."""

    port: int
    called: Semaphore = field(default_factory=lambda: Semaphore(0))
    over: Event = field(default_factory=Event)


@contextmanager
def stuck() -> Iterator[Stuck]:
    """It says a byte of its greeting now and then: no read ever waits for long."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Stuck(listening.getsockname()[1])
        Thread(target=_serve, args=(listening, server), daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, server: Stuck) -> None:
    while not server.over.is_set():
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        server.called.release()
        Thread(target=_drip, args=(connection, server), daemon=True).start()


def _drip(connection: socket.socket, server: Stuck) -> None:
    with connection:
        try:
            connection.sendall(b"220-")
            for _ in range(MOST_DRIPS):
                if server.over.wait(DRIP_S):
                    return
                connection.sendall(b"x")
        except OSError:
            return
