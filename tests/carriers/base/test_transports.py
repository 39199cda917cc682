"""What both transports do for honest carriers: reuse connections, verify them, take turns, tell when a call is out."""

from __future__ import annotations

import gzip
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from queue import SimpleQueue

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carriers.base.calls import Call, Failure, Reply
from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Transport, drive, run
from carriers.base.errors import CarrierUnavailable
from carriers.base.flight import DEADLINE, Flight
from carriers.base.transports import RequestsTransport
from tests.carriers.base.peers import HOST, Crowded, Peer, answer, drips, outlet, peer, raw, says, silent

PATIENT_S = 15.0
SHORT_S = 0.5
MAKERS = pytest.mark.parametrize("maker", [RequestsTransport, CurlTransport])
Maker = Callable[..., Transport]


def test_a_request_arrives_as_it_was_meant(transport: Transport) -> None:
    with peer(says(201, b'{"id": "B1"}', {"X-Trace": "t1", "Set-Cookie": "a=1"})) as swift:
        http = outlet(swift.url, credentials={"Authorization": "Bearer abc", "Accept": "application/pdf"})
        call = http.post("api", "/v1/book", repeatable=False, json={"näme": "Åse"}, params={"q": "a b&c"})
        reply = run(call, transport, deadline_s=PATIENT_S)
        head, _, body = swift.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "POST /v1/book?q=a+b%26c HTTP/1.1"
    assert body.decode() == '{"näme":"Åse"}'
    assert headers == {
        "host": f"{HOST}:{swift.port}",
        "user-agent": "Doorstep/1",
        "accept-encoding": "gzip, deflate",
        "accept": "application/pdf",
        "authorization": "Bearer abc",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    assert (reply.status, reply.body, reply.headers["x-trace"]) == (201, b'{"id": "B1"}', "t1")


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_methods_without_a_body_send_none(method: str, transport: Transport) -> None:
    with peer(says()) as swift:
        repeatable = {} if method == "get" else {"repeatable": True}
        run(getattr(outlet(swift.url), method)("api", **repeatable), transport, deadline_s=PATIENT_S)
        request = swift.requests[0].lower()
    assert request.startswith(method.encode())
    assert b"content-type" not in request
    assert b"transfer-encoding" not in request
    assert (b"content-length: 0" in request) == (method != "get")


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(says(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}), id="gzip"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), id="chunks"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\n\r\n{}", close=True), id="no length"),
        pytest.param(raw(b"HTTP/1.0 200 OK\r\n\r\n{}", close=True), id="HTTP/1.0"),
        pytest.param(raw(b"HTTP/1.1 100 Continue\r\n\r\n" + answer()), id="an interim answer"),
    ],
)
def test_every_honest_form_of_an_answer_is_read(
    behaviour: Callable[[Peer, socket.socket, bytes], None], transport: Transport
) -> None:
    with peer(behaviour) as swift:
        assert run(outlet(swift.url).get("api"), transport, deadline_s=PATIENT_S).body == b"{}"


def test_no_content_is_an_answer(transport: Transport) -> None:
    with peer(raw(b"HTTP/1.1 204 No Content\r\n\r\n")) as swift:
        call = outlet(swift.url).delete("api", repeatable=False, expect=(204,))
        assert run(call, transport, deadline_s=PATIENT_S).body == b""


def test_connections_are_kept_for_reads(transport: Transport) -> None:
    with peer(says()) as swift:
        for _ in range(5):
            run(outlet(swift.url).get("api"), transport, deadline_s=PATIENT_S)
        assert (len(swift.requests), swift.connections) == (5, 1)


def test_nothing_is_taken_from_the_environment(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text(f"machine {HOST} login admin password secret\ndefault login a password b\n")
    (tmp_path / ".netrc").chmod(0o600)
    (tmp_path / ".curlrc").write_text("header = x-from-curlrc: 1\n")
    with peer(says()) as proxy, peer(says(headers={"Set-Cookie": "session=1; Path=/"})) as swift:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        for _ in range(2):
            run(outlet(swift.url).get("api"), transport, deadline_s=PATIENT_S)
        assert not proxy.requests
        sent = b"".join(swift.requests).lower()
    assert b"authorization" not in sent
    assert b"cookie" not in sent
    assert b"curlrc" not in sent


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own, and a server's side of TLS with a certificate from it."""

    bundle: Path
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return certified(tmp_path_factory.mktemp("tls"), HOST)


def certified(folder: Path, host: str) -> Authority:
    """A self-signed certificate for an address, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "swift")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    bundle = folder / "cert.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(bundle, secret)
    return Authority(bundle, server)


def trusting(bundle: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> Transport:
    """A transport that finds this authority where it looks for the ones it trusts."""
    monkeypatch.setattr(certifi, "where", lambda: str(bundle))
    return maker()


@MAKERS
def test_tls_works_and_connections_are_kept(
    maker: Maker, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = trusting(authority.bundle, maker, monkeypatch)
    with peer(says(), authority.server) as swift:
        for _ in range(3):
            assert run(outlet(swift.url).get("api"), transport, deadline_s=PATIENT_S).status == 200
        assert swift.connections == 1
        for _ in range(2):
            booked = outlet(swift.url).post("api", repeatable=False, json={})
            assert run(booked, transport, deadline_s=PATIENT_S).status == 200
        assert swift.connections == 3, "a booking goes over a connection of its own"


@MAKERS
def test_a_drip_over_tls_ends_at_the_deadline(
    maker: Maker, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = trusting(authority.bundle, maker, monkeypatch)
    with peer(silent, authority.server) as swift:
        outcome = drive([outlet(swift.url).get("api")], transport, deadline_s=SHORT_S)[0]
    assert outcome.timed_out


def test_an_unknown_authority_is_not_trusted_whatever_the_environment_says(
    transport: Transport, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority.bundle))
    with peer(says(), authority.server) as swift:
        not_sent(swift.url, transport)
        assert not swift.requests


@MAKERS
def test_a_certificate_for_somebody_else_is_not_trusted(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = certified(tmp_path, "127.0.0.2")
    transport = trusting(other.bundle, maker, monkeypatch)
    with peer(says(), other.server) as swift:
        not_sent(swift.url, transport)
        assert not swift.requests


def test_tls_that_is_none_or_hangs_means_nothing_was_sent(transport: Transport) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        not_sent(f"https://{HOST}:{port}", transport, SHORT_S)
        plain = threading.Thread(target=talks_plainly, args=(listener,))
        plain.start()
        not_sent(f"https://{HOST}:{port}", transport)
        plain.join()


def talks_plainly(listener: socket.socket) -> None:
    """Answers whoever is in the queue with HTTP, though TLS was asked for; ends with the second."""
    for _ in range(2):
        connection, _address = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer(400))


def not_sent(url: str, transport: Transport, deadline_s: float = PATIENT_S) -> None:
    outcome = drive([outlet(url).post("api", repeatable=False)], transport, deadline_s=deadline_s)[0]
    assert isinstance(outcome.error, CarrierUnavailable), outcome


@MAKERS
def test_a_host_gets_no_more_connections_than_its_share(maker: Maker) -> None:
    released = threading.Event()

    def waits(self: Peer, connection: socket.socket, _: bytes) -> None:
        released.wait(PATIENT_S)
        connection.sendall(answer())

    transport = maker(per_host=3)
    with peer(waits) as busy, peer(says()) as idle:

        def release(_: object) -> None:
            released.set()

        async def last() -> None:
            await outlet(idle.url).get("api")
            release(None)

        calls = [outlet(busy.url).get("api") for _ in range(10)]
        outcomes = drive([*calls, last()], transport, deadline_s=PATIENT_S)
        assert [outcome.error for outcome in outcomes] == [None] * 11
        assert len(busy.requests) == 10
        assert busy.busiest <= 3


@MAKERS
def test_a_call_given_up_leaves_its_place_to_others(maker: Maker) -> None:
    drip = drips(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b" ")

    def first_drips(self: Peer, connection: socket.socket, request: bytes) -> None:
        (drip if len(self.requests) == 1 else says())(self, connection, request)

    async def buggy() -> None:
        while not dripping.requests:
            await outlet(swift.url).get("api")
        raise KeyError("price")

    transport = maker(per_host=1)
    with peer(first_drips) as dripping, peer(says()) as swift:
        with pytest.raises(KeyError):
            drive([outlet(dripping.url).get("api"), buggy()], transport, deadline_s=10 * PATIENT_S)
        assert run(outlet(dripping.url).get("api"), transport, deadline_s=PATIENT_S).status == 200


@MAKERS
def test_a_call_given_up_in_line_is_never_sent(maker: Maker) -> None:
    transport = maker(per_host=1)
    released = threading.Event()

    def waits(self: Peer, connection: socket.socket, _: bytes) -> None:
        released.wait(PATIENT_S)
        connection.sendall(answer())

    with peer(waits) as busy:
        first = threading.Thread(
            target=lambda: run(outlet(busy.url).get("api", "/first"), transport, deadline_s=PATIENT_S)
        )
        first.start()
        while not busy.requests:
            first.join(0.01)
        outcome = drive([outlet(busy.url).post("api", "/second", repeatable=False)], transport, deadline_s=SHORT_S)[0]
        assert (type(outcome.error), outcome.timed_out) == (CarrierUnavailable, True)
        released.set()
        first.join()
        run(outlet(busy.url).get("api", "/third"), transport, deadline_s=PATIENT_S)
        assert [request.split()[1] for request in busy.requests] == [b"/first", b"/third"]


@MAKERS
def test_one_hanging_carrier_costs_its_neighbours_nothing(maker: Maker) -> None:
    transport = maker()
    with peer(silent) as hanging, peer(says()) as healthy:
        answered: list[int] = []

        def quote() -> None:
            calls = [outlet(hanging.url).get("api"), *(outlet(healthy.url).get("api") for _ in range(9))]
            outcomes = drive(calls, transport, deadline_s=5.0)
            answered.append(sum(outcome.error is None for outcome in outcomes))

        threads = [threading.Thread(target=quote) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answered == [9] * 40


def test_a_flight_is_sent_or_given_up_but_never_both() -> None:
    call = Call(method="POST", url="http://swift.example", repeatable=False)
    sent, given_up = (Flight(call, time.monotonic() + PATIENT_S, print) for _ in range(2))
    assert sent.may_send()
    assert sent.give_up() == Failure(sent=True, why=DEADLINE, late=True)
    assert given_up.give_up() == Failure(sent=False, why=DEADLINE, late=True)
    assert not given_up.may_send()
    assert given_up.give_up() == Failure(sent=False, why=DEADLINE, late=True)


def test_a_connection_that_comes_about_too_late_is_not_used(transport: Transport) -> None:
    answers: SimpleQueue[Reply | Failure] = SimpleQueue()
    with Crowded() as crowded, peer(says()) as swift:
        call = Call(method="POST", url=crowded.url, repeatable=False)
        flight = transport.start(call, time.monotonic() + PATIENT_S, answers.put, None)
        assert isinstance(flight, Flight)
        run(outlet(swift.url).get("api"), transport, deadline_s=PATIENT_S)  # by now the other is connecting
        flight.give_up()
        crowded.let_in()
        assert crowded.received() == b""
        assert answers.get(timeout=PATIENT_S) == Failure(sent=False, why=DEADLINE, late=True)


def test_on_sent_is_told_of_what_must_not_be_repeated(transport: Transport) -> None:
    told: list[int] = []
    with peer(says()) as swift:

        async def journey() -> None:
            http = outlet(swift.url)
            await http.get("api")
            await http.post("api", repeatable=True, json={})
            assert not told
            await http.post("api", repeatable=False, body=b"x" * 300_000)
            await http.delete("api", repeatable=False)

        run(journey(), transport, deadline_s=PATIENT_S, on_sent=lambda: told.append(1))
    assert told == [1, 1]


KILLED = """
import os, signal
from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import run
from carriers.base.transports import RequestsTransport
from tests.carriers.base.peers import outlet
run(outlet("{url}").post("api", repeatable=False, body=b"x" * 100_000), {transport}(), deadline_s=60,
    on_sent=lambda: os.kill(os.getpid(), signal.SIGKILL))
"""


@MAKERS
def test_a_process_killed_after_sending_has_sent_all(maker: type[Transport]) -> None:
    with peer(silent) as swift:
        program = KILLED.format(url=swift.url, transport=maker.__name__)
        done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
        for _ in range(500):
            if swift.requests or swift.stopping.wait(0.01):
                break
        assert [request.endswith(b"x" * 100_000) for request in swift.requests] == [True]
