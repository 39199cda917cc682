"""Ways in which a carrier misbehaves on request: before it acts, after it, or in the bytes it sends."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from socket import SO_LINGER, SOL_SOCKET, socket
from threading import Event, Lock
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

HUGE_CHUNK = b" " * 65536
HUGE_CHUNKS = 1024  # 64 MiB, far beyond what anybody may read of a carrier's answer
SILENCE_S = 60.0
DRIP_S = 0.2


class FaultKind(StrEnum):
    """What goes wrong. A kind named `_after`, and every kind that spoils the answer, acts first."""

    TIMEOUT_BEFORE = "timeout_before"
    STATUS_429 = "status_429"
    STATUS_500 = "status_500"
    STATUS_503 = "status_503"
    REDIRECT = "redirect"
    SLOW = "slow"
    TIMEOUT_AFTER = "timeout_after"
    RESET_AFTER = "reset_after"
    STATUS_500_AFTER = "status_500_after"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    DRIP = "drip"
    HUGE = "huge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One order to misbehave.

    `operation` "*" is any. `times` -1 is for ever. `delay_s` is how long a silence lasts, how long `slow`
    waits, how long `drip` waits before each byte, and what 429 and 503 say in Retry-After, unless
    `retry_after` does.
    """

    kind: FaultKind
    operation: str = "*"
    times: int = 1
    delay_s: float | None = None
    retry_after: str = ""

    @classmethod
    def from_json(cls, order: Mapping[str, Any]) -> Fault:
        """From the body of `POST /_sim/faults`. Raises BadRequest on a kind or key that does not exist."""
        try:
            return cls(**{**order, "kind": FaultKind(order["kind"])})
        except (KeyError, TypeError, ValueError) as error:
            raise BadRequest(f"no such fault: {error}") from None


class Faults:
    """The orders in force, each used up call by call; the first that fits a call is taken."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Misbehave from now on."""
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Behave."""
        with self._lock:
            self._left.clear()

    def take(self, operation: str) -> Fault | None:
        """The fault for this call, counted as used."""
        with self._lock:
            for place, (fault, times) in enumerate(self._left):
                if fault.operation in ("*", operation):
                    self._left[place : place + 1] = [(fault, times - 1)] if times != 1 else []
                    return fault
        return None


class ConnectionDropped(ConnectionAbortedError):
    """The connection is dealt with on the socket itself; nothing more is to be written."""


def misbehave(fault: Fault, act: Callable[[], Response], connection: socket, stopping: Event) -> Response:
    """Answer a call with a fault. `act` does what was asked and gives the honest answer; it runs once or not.

    Raises:
        ConnectionDropped: the peer gets silence, a reset, or bytes that were sent here already.
    """
    refused = _refused(fault)
    if refused:
        return refused
    if fault.kind is FaultKind.TIMEOUT_BEFORE:
        return _silence(fault, stopping)
    if fault.kind is FaultKind.SLOW:
        stopping.wait(fault.delay_s or 0)
        return act()
    honest = act()
    if fault.kind is FaultKind.STATUS_500_AFTER:
        return _plain(500, "Internal Server Error")
    if fault.kind is FaultKind.GARBAGE:
        return Response("<html><body>Please log in", status=200, content_type="text/html")
    if fault.kind is FaultKind.HUGE:
        return Response((HUGE_CHUNK for _ in range(HUGE_CHUNKS)), status=200, content_type="application/json")
    return _on_the_wire(fault, honest, connection, stopping)


def _refused(fault: Fault) -> Response | None:
    if fault.kind is FaultKind.STATUS_500:
        return _plain(500, "Internal Server Error")
    if fault.kind is FaultKind.REDIRECT:
        return Response(status=307, headers={"Location": "/_sim/redirected"})
    if fault.kind in (FaultKind.STATUS_429, FaultKind.STATUS_503):
        answer = _plain(int(fault.kind[-3:]), "try again later")
        wait = fault.retry_after or ("" if fault.delay_s is None else str(round(fault.delay_s)))
        if wait:
            answer.headers["Retry-After"] = wait
        return answer
    return None


def _plain(status: int, text: str) -> Response:
    return Response(text, status=status, content_type="text/plain")


def _silence(fault: Fault, stopping: Event) -> Response:
    stopping.wait(SILENCE_S if fault.delay_s is None else fault.delay_s)
    raise ConnectionDropped(fault.kind)


def _on_the_wire(fault: Fault, honest: Response, connection: socket, stopping: Event) -> Response:
    if fault.kind is FaultKind.TIMEOUT_AFTER:
        return _silence(fault, stopping)
    if fault.kind is FaultKind.RESET_AFTER:
        # Lingering for zero seconds makes close() send a reset instead of an orderly end.
        connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    elif fault.kind is FaultKind.TRUNCATED:
        raw = _raw(honest)
        connection.sendall(raw[: len(raw) - max(1, len(honest.get_data()) // 2)])
    else:
        pause_s = DRIP_S if fault.delay_s is None else fault.delay_s
        for byte in _raw(honest):
            if stopping.wait(pause_s):
                break
            connection.sendall(bytes([byte]))
    raise ConnectionDropped(fault.kind)


def _raw(answer: Response) -> bytes:
    body = answer.get_data()
    headers = {**dict(answer.headers), "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {answer.status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
