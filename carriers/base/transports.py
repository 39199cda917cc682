"""The transport over `requests`: one executor a process, a session per thread, and a watchdog.

The time-outs of requests are per socket read, so a peer that drips holds a call for ever; the watchdog closes the socket
when the call's deadline comes. Our own flag says whether bytes were sent.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from carriers.base.calls import Call, Failure, Reply
from carriers.base.flight import CONNECT_LIMIT_S, DEADLINE, Answered

THREADS = 64
CHUNK = 65_536
PER_HOST = 32
TOO_LARGE = "the answer is larger than any carrier's"


class _Flight:
    """One call under way: its socket, and whether anything was sent on it."""

    def __init__(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> None:
        self.call = call
        self.deadline = deadline
        self.answered = answered
        self.on_sent = on_sent
        self.sent = False
        self.cancelled = False
        self.connection: HTTPConnection | None = None

    def cancel(self) -> Failure:
        """Close the socket under whoever reads from it."""
        self.cancelled = True
        connection = self.connection
        sock = getattr(connection, "sock", None)
        if sock is not None:
            try:
                sock.shutdown(2)
            except OSError:
                pass  # it is closed already, which is what we want
        return Failure(sent=self.sent, why=DEADLINE)


_here = threading.local()


class _Watched:
    """Mixin: tells the flight of this thread which connection it uses and when bytes go out."""

    def connect(self) -> None:
        _here.flight.connection = self
        super().connect()  # type: ignore[misc]  # mixed into urllib3's connections

    def request(self, *args: Any, **kwargs: Any) -> None:
        _here.flight.connection = self
        super().request(*args, **kwargs)  # type: ignore[misc]
        if _here.flight.on_sent is not None:
            _here.flight.on_sent()

    def send(self, data: Any) -> None:
        if getattr(self, "sock", None) is None:
            self.connect()
        _here.flight.sent = True
        super().send(data)  # type: ignore[misc]


class _Http(_Watched, HTTPConnection):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    """Pools of watched connections; never retries by itself."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class RequestsTransport:
    """Sends calls from an executor's threads."""

    def __init__(self, threads: int = THREADS) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="carrier")
        self._watchdog = _Watchdog()

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> _Flight:
        """See `Transport`."""
        flight = _Flight(call, deadline, answered, on_sent)
        self._executor.submit(self._fly, flight)
        return flight

    def _fly(self, flight: _Flight) -> None:
        _here.flight = flight
        try:
            flight.answered(self._exchange(flight))
        finally:
            _here.flight = None

    def _exchange(self, flight: _Flight) -> Reply | Failure:
        left = flight.deadline - time.monotonic()
        if left <= 0 or flight.cancelled:
            return Failure(sent=False, why=DEADLINE)
        self._watchdog.watch(flight)
        try:
            with self._session().send(
                _prepared(flight.call),
                timeout=(min(CONNECT_LIMIT_S, left), left),
                allow_redirects=False,
                stream=True,
                verify=certifi.where(),
                proxies={},
            ) as response:
                return _read(response, flight)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            late = time.monotonic() >= flight.deadline or flight.cancelled
            return Failure(sent=flight.sent, why=DEADLINE if late else _why(error))
        finally:
            self._watchdog.forget(flight)

    def _session(self) -> requests.Session:
        """This thread's session, with nothing taken from the environment."""
        session: requests.Session | None = getattr(_here, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.headers.clear()
            adapter = _Adapter(pool_connections=PER_HOST, pool_maxsize=1, max_retries=0)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            _here.session = session
        return session


class _Watchdog:
    """One thread that closes the sockets of calls whose deadline has come."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._flights: list[tuple[float, int, _Flight]] = []
        self._numbers = itertools.count()
        self._done: set[_Flight] = set()
        self._thread: threading.Thread | None = None

    def watch(self, flight: _Flight) -> None:
        with self._changed:
            heapq.heappush(self._flights, (flight.deadline, next(self._numbers), flight))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            if self._flights[0][2] is flight:
                self._changed.notify()

    def forget(self, flight: _Flight) -> None:
        with self._changed:
            self._done.add(flight)

    def _run(self) -> None:
        with self._changed:
            while True:
                while self._flights and self._flights[0][2] in self._done:
                    self._done.discard(heapq.heappop(self._flights)[2])
                if not self._flights:
                    self._changed.wait()
                    continue
                left = self._flights[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, _, flight = heapq.heappop(self._flights)
                if flight not in self._done:
                    flight.cancel()
                self._done.discard(flight)


def _prepared(call: Call) -> requests.PreparedRequest:
    """Prepared by hand: no merging of cookies, no environment, no credentials from anywhere."""
    prepared = requests.PreparedRequest()
    prepared.method = call.method
    prepared.url = call.url
    headers = {"user-agent": "Doorstep/1", "accept-encoding": "gzip, deflate", **call.headers}
    if call.body is not None:
        headers["content-length"] = str(len(call.body))
    elif call.method != "GET":
        headers["content-length"] = "0"
    prepared.headers = requests.structures.CaseInsensitiveDict(headers)
    prepared.body = call.body
    prepared.hooks = {"response": []}
    return prepared


def _read(response: requests.Response, flight: _Flight) -> Reply | Failure:
    """The body, decompressed, no more of it than the call allows."""
    parts: list[bytes] = []
    size = 0
    for chunk in response.iter_content(CHUNK):
        size += len(chunk)
        if size > flight.call.limit_bytes:
            return Failure(sent=True, why=TOO_LARGE, bad_answer=True)
        parts.append(chunk)
    if time.monotonic() >= flight.deadline:
        return Failure(sent=True, why=DEADLINE)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, body=b"".join(parts), url=flight.call.url)


def _why(error: Exception) -> str:
    """A sentence without addresses of objects or credentials."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return f"{type(reason or error).__name__}"
