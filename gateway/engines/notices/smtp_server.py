"""A stranger's mail server: reached at an address that was checked, and spoken to for so long and no longer.

smtplib's timeout is one for each read, so a server that sends a byte now and then would hold its thread for ever.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from threading import Timer
from time import monotonic

from gateway.services.public_http import public_address


class Deadline:
    """Ends a conversation when its time is up, whatever is being waited for: seconds from the moment it is made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self._until = monotonic() + seconds
        self._wire: socket.socket | None = None
        self._timer: Timer | None = None

    @property
    def left(self) -> float:
        """Seconds; a moment at least."""
        return max(self._until - monotonic(), 0.001)

    def watch(self, wire: socket.socket) -> None:
        """From now on. A duplicate of the socket is kept, which stays what it is when TLS wraps the other."""
        self._wire = wire.dup()
        self._timer = Timer(self.left, self._end)
        self._timer.daemon = True
        self._timer.start()

    def lift(self) -> None:
        """The conversation is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._wire is not None:
            self._wire.close()

    def _end(self) -> None:
        self.passed = True
        try:
            if self._wire is not None:
                self._wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was faster


class Server(smtplib.SMTP):
    """Connected; the certificate is checked against the host's name. Raises what smtplib raises, NotPublic."""

    def __init__(
        self,
        host: str,
        port: int,
        own_name: str,
        *,
        answer_s: float,
        deadline: Deadline,
        tls: ssl.SSLContext | None,
        private: bool,
    ) -> None:
        self._deadline = deadline
        self._wrap = tls
        self._private = private
        super().__init__(host, port, own_name, answer_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        address = public_address(host, port, allow_private=self._private)
        plain = socket.create_connection((str(address), port), min(timeout, self._deadline.left))
        plain.settimeout(timeout)
        self._deadline.watch(plain)
        return plain if self._wrap is None else self._wrap.wrap_socket(plain, server_hostname=host)
