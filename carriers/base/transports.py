"""The transport over `requests`: threads, one pool of connections, and a bulkhead for each host.

Of requests only its adapter is used. A session would keep cookies, follow redirects and read proxies, `.netrc` and
certificates from the environment: nothing of that is wanted here.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from carriers.base.calls import Call, Failure, Reply
from carriers.base.flight import (
    ACCEPT_ENCODING,
    CONNECT_LIMIT_S,
    MAX_HEADER_BYTES,
    PER_HOST,
    TOO_LARGE,
    TOO_MANY_HEADERS,
    USER_AGENT,
    Answered,
    Flight,
)

# Eight hosts that hang at the same time leave no thread for the others.
THREADS = 256
HOSTS = 256
CHUNK = 65_536
_here = threading.local()


class _GivenUp(OSError):
    """The driver no longer waits."""


class _WireFlight(Flight):
    """A flight with a handle on its socket, to end a thread's waiting at the deadline.

    The time-outs of sockets are for each read: a peer that drips would hold the thread for ever.
    """

    _wire: socket.socket | None = None

    def on(self, connected: socket.socket) -> None:
        """This socket is used. A duplicate is kept: wrapping in TLS takes the socket's own number away."""
        with self._lock:
            if self.given_up:
                raise _GivenUp
            self._close_wire()
            self._wire = socket.socket(fileno=os.dup(connected.fileno()))

    def off(self) -> None:
        """The thread is done with the socket."""
        with self._lock:
            self._close_wire()

    def cancel(self) -> Failure:
        """Give up, and wake the thread."""
        failure = self.give_up()
        with self._lock, contextlib.suppress(OSError):
            if self._wire is not None:
                self._wire.shutdown(socket.SHUT_RDWR)
        return failure

    def _close_wire(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class _Watched(HTTPConnection):
    """A connection that tells its thread's flight which socket it uses, and asks before the first byte goes out."""

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        try:
            _here.flight.on(connected)
        except _GivenUp:
            connected.close()
            raise
        return connected

    used = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request; one that is not repeatable never on a connection that the other side may have closed."""
        flight: _WireFlight = _here.flight
        if self.sock is not None and self.used:
            if flight.call.repeatable:
                flight.on(self.sock)
            else:
                self.close()
        self.used = True
        super().request(*args, **kwargs)
        if flight.on_sent is not None:
            flight.on_sent()

    def send(self, data: Any) -> None:
        """Send bytes, connected before."""
        if self.sock is None:
            self.connect()
        if not _here.flight.may_send():
            raise _GivenUp
        super().send(data)


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    """Pools of watched connections, with certificates checked against certifi's list, read once."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        self._trusted = ssl.create_default_context(cafile=certifi.where())

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: object, cert: object = None
    ) -> tuple[Any, Any]:
        parts = urlsplit(request.url or "")
        where = {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port}
        return where, {"ssl_context": self._trusted} if parts.scheme == "https" else {}

    def cert_verify(self, *_: Any) -> None:
        """The context does."""


class RequestsTransport:
    """Sends calls from an executor's threads. Calls beyond a host's connections wait in line, without a thread."""

    def __init__(self, threads: int = THREADS, per_host: int = PER_HOST) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="carrier")
        self._adapter = _Adapter(pool_connections=HOSTS, pool_maxsize=per_host, max_retries=0)
        self._per_host = per_host
        self._lock = threading.Lock()
        self._busy: dict[str, int] = {}
        self._lines: dict[str, deque[_WireFlight]] = {}
        # It logs whole URLs, and some carriers want keys in them.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> _WireFlight:
        """See `Transport`."""
        flight = _WireFlight(call, deadline, answered, on_sent)
        host = urlsplit(call.url).netloc
        with self._lock:
            busy = self._busy.get(host, 0)
            if busy >= self._per_host:
                self._lines.setdefault(host, deque()).append(flight)
                return flight
            self._busy[host] = busy + 1
        self._executor.submit(self._serve, host, flight)
        return flight

    def go(self) -> None:
        """See `Transport`: the executor has begun already."""

    def _serve(self, host: str, flight: _WireFlight) -> None:
        """Fly one call after the other, as long as some wait for this host."""
        following: _WireFlight | None = flight
        while following is not None:
            _here.flight = following
            answer = self._exchange(following)
            following.off()
            following.answered(answer)
            following = self._next(host)
        _here.flight = None

    def _next(self, host: str) -> _WireFlight | None:
        with self._lock:
            line = self._lines.get(host)
            if line:
                return line.popleft()
            self._lines.pop(host, None)
            self._busy[host] -= 1
            if not self._busy[host]:
                del self._busy[host]
            return None

    def _exchange(self, flight: _WireFlight) -> Reply | Failure:
        left_s = flight.left_s
        if left_s <= 0 or flight.given_up:
            return flight.failure("")
        try:
            request = _prepared(flight.call)
            timeout = (min(CONNECT_LIMIT_S, left_s), left_s)
            with self._adapter.send(request, stream=True, timeout=timeout) as response:
                return _read(response, flight)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return _failure(flight, error)


def _prepared(call: Call) -> requests.PreparedRequest:
    """Prepared by hand: nothing merged in from anywhere."""
    prepared = requests.PreparedRequest()
    prepared.method, prepared.url, prepared.body = call.method, call.url, call.body
    headers = {"user-agent": USER_AGENT, "accept-encoding": ACCEPT_ENCODING, **call.headers}
    if call.body is not None or call.method != "GET":
        headers["content-length"] = str(len(call.body or b""))
    prepared.headers = requests.structures.CaseInsensitiveDict(headers)
    return prepared


def _read(response: requests.Response, flight: _WireFlight) -> Reply | Failure:
    """The answer, decompressed, no more of it than the call allows."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_HEADER_BYTES:
        return flight.failure(TOO_MANY_HEADERS, bad_answer=True)
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > flight.call.limit_bytes:
            return flight.failure(TOO_LARGE, bad_answer=True)
    return flight.reply(response.status_code, headers, bytes(body))


def _failure(flight: _WireFlight, error: Exception) -> Failure:
    causes = list(_causes(error))
    broken_off = (http.client.RemoteDisconnected, http.client.IncompleteRead)
    no_http = (http.client.HTTPException, urllib3.exceptions.DecodeError, requests.exceptions.ContentDecodingError)
    bad = any(isinstance(cause, no_http) and not isinstance(cause, broken_off) for cause in causes)
    return flight.failure(type(causes[-1]).__name__, bad_answer=bad)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """What happened, outermost first. Only the kinds are told: texts hold URLs."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
