"""The transport over libcurl: one loop in one thread of the process drives every call.

Source of the options: https://curl.se/libcurl/c/curl_easy_setopt.html; of the loop's two callbacks:
https://curl.se/libcurl/c/libcurl-multi.html ("multi_socket").
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

import certifi
import pycurl

from carriers.base.calls import Call, Failure
from carriers.base.flight import (
    ACCEPT_ENCODING,
    CONNECT_LIMIT_S,
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    PER_HOST,
    TOO_LARGE,
    TOO_MANY_HEADERS,
    USER_AGENT,
    Answered,
    Flight,
)

SPARE_HANDLES = 128
KEPT_CONNECTIONS = 1024
IDLE_S = 60.0
# 1: HTTP/0.9, which is no HTTP; 8: no status line; 61: no such compression; 100: too much of something.
# Source: https://curl.se/libcurl/c/libcurl-errors.html
NO_HTTP = frozenset({1, 8, 61, 100})
OPTIONS = (
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
    (pycurl.FOLLOWLOCATION, False),
    (pycurl.NETRC, pycurl.NETRC_IGNORED),
    (pycurl.PROXY, ""),
    (pycurl.NOSIGNAL, True),
    (pycurl.ACCEPT_ENCODING, ACCEPT_ENCODING),
    (pycurl.USERAGENT, USER_AGENT),
)


class _CurlFlight(Flight):
    """A flight with what has come in so far."""

    def __init__(
        self, loop: _Loop, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None
    ):
        super().__init__(call, deadline, answered, on_sent)
        self.handle: pycurl.Curl | None = None
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.refused = ""
        self._loop = loop
        self._header_lines = 0
        self._header_bytes = 0
        self._to_go = len(call.body or b"")

    def cancel(self) -> Failure:
        """Give up; the loop drops the connection when it comes round."""
        failure = self.give_up()
        self._loop.wish(lambda: self._loop.end(self))
        return failure

    def on_connected(self, *_: object) -> int:
        """The connection stands, nothing is sent yet. libcurl asks again when it would send again."""
        again = self.sent and not self.call.repeatable
        return pycurl.PREREQFUNC_OK if not again and self.may_send() else pycurl.PREREQFUNC_ABORT

    def on_debug(self, kind: int, data: bytes) -> None:
        """Bytes went out."""
        if kind == pycurl.INFOTYPE_DATA_OUT:
            self._to_go -= len(data)
        going_out = kind in (pycurl.INFOTYPE_DATA_OUT, pycurl.INFOTYPE_HEADER_OUT)
        if going_out and self._to_go <= 0 and self.on_sent is not None:
            told, self.on_sent = self.on_sent, None
            told()

    def on_header(self, line: bytes) -> int:
        """One line of the answer's head."""
        self._header_lines += 1
        self._header_bytes += len(line)
        if self._header_lines > MAX_HEADERS or self._header_bytes > MAX_HEADER_BYTES:
            self.refused = TOO_MANY_HEADERS
            return -1
        if line.startswith(b"HTTP/"):
            self.headers.clear()  # the one before was only an interim answer
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            name, value = name.strip().lower(), value.strip()
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        return len(line)

    def on_body(self, data: bytes) -> int:
        """A piece of the answer's body, decompressed."""
        if len(self.body) + len(data) > self.call.limit_bytes:
            self.refused = TOO_LARGE
            return -1
        self.body += data
        return len(data)


class CurlTransport:
    """Sends calls from one loop, which begins with the first call: after the server has forked its workers."""

    def __init__(self, per_host: int = PER_HOST) -> None:
        self._per_host = per_host
        self._lock = threading.Lock()
        self._loop: _Loop | None = None

    def start(self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None) -> _CurlFlight:
        """See `Transport`."""
        with self._lock:
            if self._loop is None or self._loop.pid != os.getpid():
                self._loop = _Loop(self._per_host)
            loop = self._loop
        flight = _CurlFlight(loop, call, deadline, answered, on_sent)
        loop.wish(lambda: loop.begin(flight), later=True)
        return flight

    def go(self) -> None:
        """See `Transport`. One ring of the bell for all carriers of a quote: each makes two threads change places."""
        if self._loop is not None:
            self._loop.ring()


class _Loop:
    """libcurl's multi interface and its thread. Only `wish` and `ring` may be called from other threads."""

    def __init__(self, per_host: int) -> None:
        self.pid = os.getpid()
        self._wishes: deque[Callable[[], None]] = deque()
        self._flying: dict[pycurl.Curl, _CurlFlight] = {}
        self._spare: list[pycurl.Curl] = []
        self._wake_at = math.inf
        self._rung = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.epoll()
        self._poll.register(self._bell, select.EPOLLIN)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, per_host)
        self._multi.setopt(pycurl.M_MAXCONNECTS, KEPT_CONNECTIONS)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        threading.Thread(target=self._run, name="curl", daemon=True).start()

    def wish(self, wish: Callable[[], None], *, later: bool = False) -> None:
        """Have something done in the loop's thread, where it is `later` not before the next ring."""
        self._wishes.append(wish)
        if not later:
            self.ring()

    def ring(self) -> None:
        """Wake the loop if there is something to do, unless it was rung for already."""
        if self._wishes and not self._rung:
            self._rung = True
            os.eventfd_write(self._bell, 1)

    def begin(self, flight: _CurlFlight) -> None:
        """Start a call."""
        if flight.given_up or flight.left_s <= 0:
            flight.answered(flight.failure(""))
            return
        handle = self._spare.pop() if self._spare else pycurl.Curl()
        _configure(handle, flight)
        flight.handle = handle
        self._flying[handle] = flight
        self._multi.add_handle(handle)

    def end(self, flight: _CurlFlight) -> None:
        """Take a call out of the loop, whatever its state."""
        handle, flight.handle = flight.handle, None
        if handle is None:
            return
        del self._flying[handle]
        self._multi.remove_handle(handle)
        handle.reset()
        if len(self._spare) < SPARE_HANDLES:
            self._spare.append(handle)
        else:
            handle.close()

    def _run(self) -> None:
        while True:
            for descriptor, ready in self._poll.poll(min(max(self._wake_at - time.monotonic(), 0.0), IDLE_S)):
                if descriptor == self._bell:
                    os.eventfd_read(self._bell)
                    self._rung = False  # after the bell, before the wishes: none is overlooked
                else:
                    self._multi.socket_action(descriptor, _for_curl(ready))
            while self._wishes:
                self._wishes.popleft()()
            if time.monotonic() >= self._wake_at:
                self._wake_at = math.inf
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            self._collect()

    def _set_timer(self, timeout_ms: int) -> None:
        """libcurl says when it wants to be called again; -1 takes the wish back."""
        self._wake_at = math.inf if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000

    def _watch(self, action: int, descriptor: int, multi: object, known: object) -> None:
        """libcurl says for which sockets it waits, and for what. `known` is what was assigned here before."""
        if action == pycurl.POLL_REMOVE:
            with contextlib.suppress(OSError):  # closed already, and so gone from the poll set
                self._poll.unregister(descriptor)
            return
        wanted = (select.EPOLLIN if action & pycurl.POLL_IN else 0) | (
            select.EPOLLOUT if action & pycurl.POLL_OUT else 0
        )
        try:
            self._poll.modify(descriptor, wanted)
        except FileNotFoundError:
            self._poll.register(descriptor, wanted)

    def _collect(self) -> None:
        """Answer the calls that have ended."""
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            for handle in done:
                flight = self._flying[handle]
                status = handle.getinfo(pycurl.RESPONSE_CODE)
                self.end(flight)
                flight.answered(flight.reply(status, flight.headers, bytes(flight.body)))
            for handle, code, text in failed:
                flight = self._flying[handle]
                self.end(flight)
                bad = bool(flight.refused) or code in NO_HTTP
                flight.answered(flight.failure(flight.refused or text or f"libcurl error {code}", bad_answer=bad))


def _for_curl(ready: int) -> int:
    """epoll's events in libcurl's words."""
    action = 0
    if ready & (select.EPOLLIN | select.EPOLLHUP):
        action |= pycurl.CSELECT_IN
    if ready & select.EPOLLOUT:
        action |= pycurl.CSELECT_OUT
    if ready & select.EPOLLERR:
        action |= pycurl.CSELECT_ERR
    return action


def _configure(handle: pycurl.Curl, flight: _CurlFlight) -> None:
    call, left_ms = flight.call, math.ceil(flight.left_s * 1000)
    for option, value in OPTIONS:
        handle.setopt(option, value)
    handle.setopt(pycurl.CAINFO, certifi.where())
    handle.unsetopt(pycurl.CAPATH)
    handle.setopt(pycurl.URL, call.url)
    handle.setopt(pycurl.CUSTOMREQUEST, call.method)
    # Without a value: libcurl adds none of its own.
    headers = {"accept": "", "content-type": "", "expect": "", **call.headers}
    handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" if value else f"{name}:" for name, value in headers.items()])
    if call.body is not None or call.method != "GET":
        handle.setopt(pycurl.POSTFIELDS, call.body or b"")
    handle.setopt(pycurl.TIMEOUT_MS, left_ms)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, min(int(CONNECT_LIMIT_S * 1000), left_ms))
    handle.setopt(pycurl.PREREQFUNCTION, flight.on_connected)
    handle.setopt(pycurl.HEADERFUNCTION, flight.on_header)
    handle.setopt(pycurl.WRITEFUNCTION, flight.on_body)
    # A kept connection may have been closed by the other side, and libcurl then sends again by itself.
    handle.setopt(pycurl.FRESH_CONNECT, not call.repeatable)
    if flight.on_sent is not None:
        handle.setopt(pycurl.VERBOSE, True)
        handle.setopt(pycurl.DEBUGFUNCTION, flight.on_debug)
