"""Peers that do their worst, over both transports: no call outlives its deadline, no lost booking is called safe."""

from __future__ import annotations

import gzip
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable

import pytest

from carriers.base.drive import Outcome, Transport, drive
from carriers.base.errors import BadCarrierResponse, CarrierUnavailable, OutcomeUnknown
from carriers.base.http import Reply
from tests.carriers.base.peers import (
    HOST,
    Behaviour,
    Crowded,
    Peer,
    answer,
    closes,
    drips,
    free_port,
    outlet,
    peer,
    raw,
    resets,
    says,
    silent,
)

# Generous: the machine may be busy. What matters is that a call ends at all.
SHORT_S = 0.8
PATIENT_S = 15.0
LATE_S = 5.0

OK_HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(100_000_000))


def booking(url: str, transport: Transport, deadline_s: float = PATIENT_S) -> Outcome[Reply]:
    return drive([outlet(url).post("api", "/b", repeatable=False, json={"n": 1})], transport, deadline_s=deadline_s)[0]


def reading(url: str, transport: Transport, deadline_s: float = PATIENT_S) -> Outcome[Reply]:
    return drive([outlet(url).get("api", "/r")], transport, deadline_s=deadline_s)[0]


def endless(head: bytes, more: bytes) -> Behaviour:
    """As fast as it is read, without end."""

    def behave(self: Peer, connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK_HEAD + head)
        while not self.stopping.is_set():
            connection.sendall(more * 100)

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(silent, id="silence"),
        pytest.param(drips(b"HTTP/1.1 200 ", b"O"), id="drip of the first line"),
        pytest.param(drips(OK_HEAD, b"a: b\r\n", 0.1), id="drip of headers"),
        pytest.param(drips(OK_HEAD + b"a: ", b"b"), id="drip of one header"),
        pytest.param(drips(OK_HEAD + b"content-length: 100000\r\n\r\n", b" "), id="drip of a body"),
        pytest.param(drips(OK_HEAD + CHUNKED, b"1\r\n \r\n"), id="drip of chunks"),
        pytest.param(drips(OK_HEAD + b"\r\n", b" "), id="drip of a body without a length"),
        pytest.param(drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.1), id="drip of interim answers"),
    ],
)
def test_a_slow_peer_is_given_up_at_the_deadline(behaviour: Behaviour, transport: Transport) -> None:
    with peer(behaviour) as slow:
        http = outlet(slow.url)
        calls = [http.post("api", "/b", repeatable=False, json={"n": 1}), http.get("api", "/r")]
        started = time.monotonic()
        lost, unread = drive(calls, transport, deadline_s=SHORT_S)
        assert time.monotonic() - started < SHORT_S + LATE_S
    assert (type(lost.error), lost.timed_out) == (OutcomeUnknown, True)
    assert (type(unread.error), unread.timed_out) == (CarrierUnavailable, True)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(endless(b"", b"a: b\r\n"), id="headers without end"),
        pytest.param(endless(b"", b"a"), id="a header without end"),
        pytest.param(raw(OK_HEAD + b"x: y\r\n" * 5000 + b"\r\n"), id="5000 headers"),
        pytest.param(says(headers={"x": "y" * 70_000}), id="a header of 70 kB"),
        pytest.param(says(body=bytes(10_000_000)), id="10 MB"),
        pytest.param(endless(CHUNKED, b"800\r\n" + b" " * 0x800 + b"\r\n"), id="chunks without end"),
        pytest.param(endless(b"\r\n", b" "), id="a body without end"),
        pytest.param(says(body=BOMB, headers={"Content-Encoding": "gzip"}), id="a gzip bomb"),
        pytest.param(says(body=gzip.compress(BOMB), headers={"Content-Encoding": "gzip, gzip"}), id="a bomb in a bomb"),
        pytest.param(
            says(body=zlib.compress(bytes(100_000_000)), headers={"Content-Encoding": "deflate"}), id="deflate"
        ),
        pytest.param(says(body=b"no gzip", headers={"Content-Encoding": "gzip"}), id="gzip that is none"),
        pytest.param(raw(b"\x00\x01\xff" * 50 + b"\r\n\r\n", close=True), id="garbage"),
        pytest.param(raw(b"<html>Hello</html>", close=True), id="HTTP/0.9"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.6\r\n", close=True), id="another protocol"),
    ],
)
def test_an_answer_that_no_carrier_gives_is_not_read_on(behaviour: Behaviour, transport: Transport) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with peer(behaviour) as odd:
        lost, unread = (ask(odd.url, transport) for ask in (booking, reading))
    assert (type(lost.error), lost.timed_out) == (OutcomeUnknown, False)
    assert (type(unread.error), unread.timed_out) == (BadCarrierResponse, False)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(closes, id="closed"),
        pytest.param(resets, id="reset"),
        pytest.param(raw(OK_HEAD + b"content-length: 100\r\n\r\n{}", close=True), id="half a body"),
        pytest.param(raw(OK_HEAD + CHUNKED + b"5\r\n{", close=True), id="half a chunk"),
        pytest.param(raw(OK_HEAD + b"content-le", close=True), id="half a header"),
        pytest.param(raw(OK_HEAD + b"a: b\r\n", close=True), id="half a head"),
        pytest.param(raw(b"HTTP/1.1 200", close=True), id="half a first line"),
    ],
)
def test_an_answer_that_breaks_off_leaves_the_outcome_unknown(behaviour: Behaviour, transport: Transport) -> None:
    with peer(behaviour) as broken:
        lost = booking(broken.url, transport)
        assert len(broken.requests) == 1
        unread = reading(broken.url, transport)
        assert len(broken.requests) >= 3, "a read is tried once more"
    assert (type(lost.error), lost.timed_out) == (OutcomeUnknown, False)
    assert (type(unread.error), unread.timed_out) == (CarrierUnavailable, False)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"price": NaN}', id="NaN"),
        pytest.param(b'{"id": 1, "id": 2}', id="the same member twice"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100000 deep"),
        pytest.param(b'{"name": "\xff\xfe"}', id="no UTF-8"),
        pytest.param(b"<html>Please log in</html>", id="a page"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_json_that_is_not_strict_is_a_bad_response(body: bytes, transport: Transport) -> None:
    with peer(says(body=body)) as odd:
        outcome = booking(odd.url, transport)
    assert outcome.value is not None
    with pytest.raises(BadCarrierResponse):
        outcome.value.reading()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status: int, transport: Transport) -> None:
    with peer(says()) as elsewhere, peer(says(status, headers={"Location": elsewhere.url})) as pointing:
        for ask in (booking, reading):
            assert isinstance(ask(pointing.url, transport).error, BadCarrierResponse)
        assert not elsewhere.requests


def refused() -> str:
    return f"http://{HOST}:{free_port()}"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(refused, id="nobody listens"),
        pytest.param(lambda: "http://nowhere.invalid", id="no such name"),
        pytest.param(lambda: f"http://{HOST}:0", id="no such port"),
        pytest.param(lambda: "gopher://127.0.0.1/", id="no such protocol"),
        pytest.param(lambda: "http://[::1/", id="no address"),
    ],
)
def test_without_a_connection_nothing_was_sent(url: Callable[[], str], transport: Transport) -> None:
    outcome = booking(url(), transport)
    assert isinstance(outcome.error, CarrierUnavailable), outcome


def test_a_connection_that_hangs_is_given_up_after_three_seconds(transports: dict[str, Transport]) -> None:
    found: dict[str, Outcome[Reply]] = {}
    with Crowded() as crowded:
        threads = [
            threading.Thread(target=lambda name=name: found.update({name: booking(crowded.url, transports[name])}))
            for name in transports
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for outcome in found.values():
        assert isinstance(outcome.error, CarrierUnavailable)
        assert not outcome.timed_out
        assert 2.5 < outcome.latency_s < 3 + LATE_S


def test_a_call_given_up_before_it_was_connected_is_not_sent_later(transport: Transport) -> None:
    with Crowded() as crowded:
        outcome = booking(crowded.url, transport, SHORT_S)
        assert (type(outcome.error), outcome.timed_out) == (CarrierUnavailable, True)
        crowded.let_in()
        assert crowded.received() == b""


def test_a_kept_connection_that_died_is_not_used_for_a_booking(transport: Transport) -> None:
    seen: dict[int, int] = {}

    def once(_: Peer, connection: socket.socket, request: bytes) -> None:
        """Answers the first request of a connection and breaks off at the second."""
        seen[id(connection)] = seen.get(id(connection), 0) + 1
        if seen[id(connection)] == 1:
            connection.sendall(answer())
        else:
            resets(_, connection, request)

    with peer(once) as stale:
        for _ in range(3):
            assert reading(stale.url, transport).value is not None
            booked = booking(stale.url, transport)
            assert booked.value is not None, booked
        posts = [request for request in stale.requests if request.startswith(b"POST")]
        assert len(posts) == 3


def test_a_booking_is_never_sent_twice(transport: Transport) -> None:
    def only_reads(_: Peer, connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"GET"):
            connection.sendall(answer())
        else:
            closes(_, connection, request)

    with peer(only_reads) as forgetful:
        for _ in range(3):
            assert reading(forgetful.url, transport).value is not None
            assert isinstance(booking(forgetful.url, transport).error, OutcomeUnknown)
        assert sum(request.startswith(b"POST") for request in forgetful.requests) == 3
