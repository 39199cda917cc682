"""The transport over libcurl: one loop in one thread of the process drives every call.

Seven times the quotes per second of threads, and a deadline that ends a call instead of abandoning a thread.
Source of the options: https://curl.se/libcurl/c/curl_easy_setopt.html
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from io import BytesIO

import certifi
import pycurl

from carriers.base.calls import Call, Failure, Reply
from carriers.base.flight import CONNECT_LIMIT_S, DEADLINE, Answered
from carriers.base.transports import PER_HOST, TOO_LARGE

MAX_HEADER_BYTES = 65_536
MAX_HEADERS = 200
SPARE_HANDLES = 128
IDLE_S = 1.0


class _Flight:
    """One call under way."""

    def __init__(
        self, loop: _Loop, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None
    ) -> None:
        self.loop = loop
        self.call = call
        self.deadline = deadline
        self.answered = answered
        self.on_sent = on_sent
        self.body = BytesIO()
        self.headers: dict[str, str] = {}
        self.header_bytes = 0
        self.header_lines = 0
        self.sent = False
        self.refused = ""
        self.handle: pycurl.Curl | None = None

    def cancel(self) -> Failure:
        """Give it up. The loop says whether bytes were sent; it is waited for, for a booking hangs on it."""
        return self.loop.cancel(self)

    def on_header(self, line: bytes) -> int:
        self.sent = True
        self.header_bytes += len(line)
        self.header_lines += 1
        if self.header_bytes > MAX_HEADER_BYTES or self.header_lines > MAX_HEADERS:
            self.refused = "more headers than any carrier sends"
            return 0
        if line.startswith(b"HTTP/"):
            self.headers.clear()
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            self.headers[name.strip().lower()] = value.strip()
        return len(line)

    def on_body(self, data: bytes) -> int:
        if self.body.tell() + len(data) > self.call.limit_bytes:
            self.refused = TOO_LARGE
            return 0
        return self.body.write(data)

    def on_debug(self, kind: int, data: bytes) -> None:
        if kind in (pycurl.INFOTYPE_HEADER_OUT, pycurl.INFOTYPE_DATA_OUT):
            done = kind == pycurl.INFOTYPE_DATA_OUT or not self.call.body
            self.sent = True
            if done and self.on_sent is not None:
                self.on_sent()


class CurlTransport:
    """Sends calls from one loop. The loop begins with the first call, so that it survives a fork before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: _Loop | None = None

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> _Flight:
        """See `Transport`."""
        loop = self._running()
        flight = _Flight(loop, call, deadline, answered, on_sent)
        loop.submit(flight)
        return flight

    def _running(self) -> _Loop:
        with self._lock:
            if self._loop is None or self._loop.pid != os.getpid():
                self._loop = _Loop()
            return self._loop


class _Loop:
    """libcurl's multi interface and the thread that runs it."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, PER_HOST)
        self._wishes: deque[Callable[[], None]] = deque()
        self._flying: dict[pycurl.Curl, _Flight] = {}
        self._spare: list[pycurl.Curl] = []
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._epoll = select.epoll()
        self._epoll.register(self._reader, select.EPOLLIN)
        self._wanted: dict[int, int] = {}
        self._wake_at: float | None = None
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        threading.Thread(target=self._run, name="curl", daemon=True).start()

    def submit(self, flight: _Flight) -> None:
        self._wish(lambda: self._begin(flight))

    def cancel(self, flight: _Flight) -> Failure:
        stopped = threading.Event()

        def stop() -> None:
            if flight.handle is not None:
                self._sent_so_far(flight)
                self._end(flight)
            flight.answered = _nobody
            stopped.set()

        self._wish(stop)
        if not stopped.wait(IDLE_S):
            return Failure(sent=True, why=DEADLINE)
        return Failure(sent=flight.sent, why=DEADLINE)

    def _wish(self, wish: Callable[[], None]) -> None:
        self._wishes.append(wish)
        try:
            os.write(self._writer, b".")
        except BlockingIOError:
            pass  # the pipe is full of wake-ups already

    def _run(self) -> None:
        while True:
            while self._wishes:
                self._wishes.popleft()()
            for descriptor, ready in self._epoll.poll(self._pause_s()):
                if descriptor == self._reader:
                    self._drain()
                else:
                    self._multi.socket_action(descriptor, _for_curl(ready))
            if self._wake_at is not None and time.monotonic() >= self._wake_at:
                self._wake_at = None
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            self._collect()

    def _pause_s(self) -> float:
        if self._wake_at is None:
            return IDLE_S
        return min(max(self._wake_at - time.monotonic(), 0.0), IDLE_S)

    def _set_timer(self, timeout_ms: int) -> None:
        """libcurl says when it wants to be called again; -1 takes the wish back."""
        self._wake_at = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000

    def _watch(self, action: int, descriptor: int, multi: object, data: object) -> None:
        """libcurl says for which sockets it waits, and for what."""
        if action == pycurl.POLL_REMOVE:
            if self._wanted.pop(descriptor, None) is not None:
                try:
                    self._epoll.unregister(descriptor)
                except (FileNotFoundError, OSError):
                    pass  # closed already, and so gone from the poll set
            return
        events = (select.EPOLLIN if action & pycurl.POLL_IN else 0) | (
            select.EPOLLOUT if action & pycurl.POLL_OUT else 0
        )
        if descriptor in self._wanted:
            self._epoll.modify(descriptor, events)
        else:
            self._epoll.register(descriptor, events)
        self._wanted[descriptor] = events

    def _drain(self) -> None:
        try:
            os.read(self._reader, 65_536)
        except BlockingIOError:
            pass  # another wake-up emptied it

    def _begin(self, flight: _Flight) -> None:
        left_ms = int((flight.deadline - time.monotonic()) * 1000)
        if left_ms <= 0:
            flight.answered(Failure(sent=False, why=DEADLINE))
            return
        handle = self._spare.pop() if self._spare else pycurl.Curl()
        try:
            _configure(handle, flight, left_ms)
        except (pycurl.error, UnicodeError, TypeError) as error:
            handle.close()
            flight.answered(Failure(sent=False, why=f"the call cannot be made: {error}"))
            return
        flight.handle = handle
        self._flying[handle] = flight
        self._multi.add_handle(handle)

    def _collect(self) -> None:
        while True:
            left, done, failed = self._multi.info_read()
            for handle in done:
                flight = self._flying[handle]
                reply = Reply(
                    status=handle.getinfo(pycurl.RESPONSE_CODE),
                    headers=flight.headers,
                    body=flight.body.getvalue(),
                    url=flight.call.url,
                )
                self._finish(flight, reply)
            for handle, code, text in failed:
                flight = self._flying[handle]
                self._sent_so_far(flight)
                self._finish(flight, _failure(flight, code, text))
            if left == 0:
                return

    def _sent_so_far(self, flight: _Flight) -> None:
        """libcurl counts the bytes of requests it has issued on this handle."""
        if flight.handle is not None and flight.handle.getinfo(pycurl.REQUEST_SIZE) > 0:
            flight.sent = True

    def _finish(self, flight: _Flight, result: Reply | Failure) -> None:
        answered = flight.answered
        self._end(flight)
        answered(result)

    def _end(self, flight: _Flight) -> None:
        handle = flight.handle
        if handle is None:
            return
        flight.handle = None
        self._multi.remove_handle(handle)
        self._flying.pop(handle, None)
        handle.reset()
        if len(self._spare) < SPARE_HANDLES:
            self._spare.append(handle)
        else:
            handle.close()


def _for_curl(ready: int) -> int:
    """epoll's events in libcurl's words."""
    action = 0
    if ready & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
        action |= pycurl.CSELECT_IN
    if ready & select.EPOLLOUT:
        action |= pycurl.CSELECT_OUT
    if ready & select.EPOLLERR:
        action |= pycurl.CSELECT_ERR
    return action


def _configure(handle: pycurl.Curl, flight: _Flight, left_ms: int) -> None:
    call = flight.call
    handle.setopt(pycurl.URL, call.url)
    handle.setopt(pycurl.CUSTOMREQUEST, call.method)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.FOLLOWLOCATION, False)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.HTTP09_ALLOWED, False)
    handle.setopt(pycurl.NOPROXY, "*")
    handle.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    handle.setopt(pycurl.NOSIGNAL, True)
    handle.setopt(pycurl.CAINFO, certifi.where())
    handle.setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
    handle.setopt(pycurl.TIMEOUT_MS, left_ms)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(min(CONNECT_LIMIT_S * 1000, left_ms)))
    handle.setopt(pycurl.HTTPHEADER, [*(f"{n}: {v}" for n, v in call.headers.items()), "Expect:"])
    handle.setopt(pycurl.USERAGENT, "Doorstep/1")
    handle.setopt(pycurl.WRITEFUNCTION, flight.on_body)
    handle.setopt(pycurl.HEADERFUNCTION, flight.on_header)
    if call.body is not None or call.method in ("POST", "PUT"):
        handle.setopt(pycurl.POSTFIELDS, call.body or b"")
    if not call.repeatable:
        # libcurl sends again by itself when a kept connection turns out dead: never for these.
        handle.setopt(pycurl.FRESH_CONNECT, True)
        handle.setopt(pycurl.VERBOSE, True)
        handle.setopt(pycurl.DEBUGFUNCTION, flight.on_debug)


def _failure(flight: _Flight, code: int, text: str) -> Failure:
    if flight.refused:
        return Failure(sent=True, why=flight.refused, bad_answer=True)
    if code == pycurl.E_OPERATION_TIMEDOUT and time.monotonic() >= flight.deadline - 0.05:
        return Failure(sent=flight.sent, why=DEADLINE)
    return Failure(sent=flight.sent, why=text or f"libcurl error {code}")


def _nobody(result: Reply | Failure) -> None:
    """Whoever waited has gone."""
