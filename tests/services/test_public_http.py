"""Calls to a stranger's URL: nothing that is not public is reached, and nothing the other side does hurts.

The resolver is made up and every connection is recorded; only those to loopback come about.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pycurl
import pytest
from pytest_httpserver import HTTPServer

from gateway.services.public_http import Answer, NotPublic, check_url, post
from tests.carriers.base.peers import HOST, Behaviour, closes, drips, free_port, peer, raw, resets, says, silent
from tests.carriers.base.test_transports import certified

PUBLIC, OTHER_PUBLIC, PUBLIC_6 = "93.184.216.34", "1.1.1.1", "2606:4700::1111"
NOT_PUBLIC = (
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104  # an address not to be called
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::ffff:0:7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:db8::1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)
OTHERWISE_WRITTEN = (
    "2130706433",
    "0x7f000001",
    "0X7F000001",
    "0177.0.0.1",
    "127.1",
    "0x7f.1",
    "0",
    "2852039166",
    "LocalHost",
)


class Resolver:
    """`socket.getaddrinfo` over a table: each look-up of a name takes its next answer, the last one stays."""

    def __init__(self) -> None:
        self.names: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []
        self._numbers = socket.getaddrinfo

    def __call__(self, host: str, port: int, *, type: int, flags: int = 0) -> list[Any]:
        try:
            return self._numbers(host, port, type=type, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            if flags & socket.AI_NUMERICHOST or host not in self.names:
                raise
        self.asked.append(host)
        answers = self.names[host]
        return [self._found(address, port) for address in (answers.pop(0) if len(answers) > 1 else answers[0])]

    def _found(self, address: str, port: int) -> tuple[object, ...]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """Nobody is asked about names."""
    made_up = Resolver()
    made_up.names = {"shop.example": [[PUBLIC]], "localhost": [[HOST]]}
    monkeypatch.setattr(socket, "getaddrinfo", made_up)
    return made_up


class Watched(pycurl.Curl):
    """libcurl, connecting to loopback only."""

    def __init__(self, dialled: list[tuple[str, int]]) -> None:
        super().__init__()
        self._dialled = dialled
        self._opened: list[socket.socket] = []
        self.setopt(pycurl.OPENSOCKETFUNCTION, self._connect)

    def close(self) -> None:
        super().close()
        for each in self._opened:
            each.close()

    def _connect(self, _: int, to: Any) -> socket.socket | int:
        host, port = str(to.addr[0]), int(to.addr[1])
        self._dialled.append((host, port))
        if not ipaddress.ip_address(host).is_loopback:
            return pycurl.SOCKET_BAD
        self._opened.append(socket.socket(to.family, to.socktype, to.protocol))
        return self._opened[-1]


@pytest.fixture(autouse=True)
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where connections were opened to."""
    seen: list[tuple[str, int]] = []
    monkeypatch.setattr(pycurl, "Curl", lambda: Watched(seen))
    return seen


def send(url: str, *, allow_private: bool = False, timeout_s: float = 5) -> Answer:
    return post(url, b'{"a":1}', {"x-mark": "1"}, timeout_s=timeout_s, allow_private=allow_private)


def local(url: str, timeout_s: float = 5) -> Answer:
    return send(url, allow_private=True, timeout_s=timeout_s)


def in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("host", [*map(in_url, NOT_PUBLIC), *OTHERWISE_WRITTEN])
def test_a_number_that_is_not_public_is_refused_when_it_is_saved_and_when_it_is_called(
    host: str, dialled: list[tuple[str, int]]
) -> None:
    with pytest.raises(NotPublic):
        check_url(f"https://{host}/hook", allow_private=False)
    with pytest.raises(NotPublic):
        send(f"https://{host}/hook")
    assert dialled == []


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_called(
    address: str, resolver: Resolver, dialled: list[tuple[str, int]]
) -> None:
    resolver.names["shop.example"] = [[address]]
    with pytest.raises(NotPublic, match=r"shop\.example resolves to"):
        send("https://shop.example/hook")
    assert dialled == []


@pytest.mark.parametrize("addresses", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC_6, PUBLIC, "::1"]])
def test_one_private_address_among_public_ones_is_enough(
    addresses: list[str], resolver: Resolver, dialled: list[tuple[str, int]]
) -> None:
    resolver.names["shop.example"] = [addresses]
    with pytest.raises(NotPublic):
        send("https://shop.example/hook")
    assert dialled == []


def test_a_name_that_changes_after_it_was_checked_is_called_where_it_was_checked(
    resolver: Resolver, dialled: list[tuple[str, int]]
) -> None:
    resolver.names["shop.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert send("https://shop.example/hook").status is None
    assert resolver.asked == ["shop.example"]
    assert dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("https://shop.example/hook", (PUBLIC, 443)),
        ("https://shop.example", (PUBLIC, 443)),
        ("HTTPS://Shop.Example/hook?a=b#c", (PUBLIC, 443)),
        ("https://shop.example:/hook", (PUBLIC, 443)),
        ("https://shop.example:8443/hook", (PUBLIC, 8443)),
        ("https://shop.example:1024/hook", (PUBLIC, 1024)),
        (f"https://{OTHER_PUBLIC}/hook", (OTHER_PUBLIC, 443)),
        ("https://16843009/hook", (OTHER_PUBLIC, 443)),
        (f"https://[{PUBLIC_6}]:8443/hook", (PUBLIC_6, 8443)),
        ("https://[64:ff9b::1.1.1.1]/hook", ("64:ff9b::101:101", 443)),
        (f"https://shop.example/{'a' * (2048 - 21)}", (PUBLIC, 443)),
    ],
)
def test_a_public_url_is_called_at_the_address_that_was_checked(
    url: str, where: tuple[str, int], dialled: list[tuple[str, int]]
) -> None:
    check_url(url, allow_private=False)
    assert send(url).status is None
    assert dialled == [where]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/hook",
        "//shop.example/hook",
        "https:shop.example/hook",
        "https:///shop.example/hook",
        "https://",
        "http://shop.example/hook",
        "ftp://shop.example/hook",
        "file:///etc/passwd",
        "gopher://shop.example:6379/_FLUSHALL",
        "https://user@shop.example/hook",
        "https://user:word@shop.example/hook",
        "https://@shop.example/hook",
        "https://:@shop.example/hook",
        "https://shop.example\\@127.0.0.1/hook",
        "https://shop.example\\hook",
        "https://shop%2eexample/hook",
        "https://127.0.0.1%2f.shop.example/hook",
        "https://shop.example;127.0.0.1/hook",
        "https://shop..example/hook",
        "https://-shop.example/hook",
        f"https://{'a' * 64}.example/hook",
        f"https://{'.'.join(['a' * 63] * 4)}/hook",
        "https://[::1/hook",
        "https://[fe80::1%25eth0]/hook",
        "https://[shop.example]/hook",
        "https://shop.example:22/hook",
        "https://shop.example:80/hook",
        "https://shop.example:1023/hook",
        "https://shop.example:0/hook",
        "https://shop.example:65536/hook",
        "https://shop.example:-1/hook",
        "https://shop.example:https/hook",
        "https://bücher.example/hook",
        "https://shop。example/hook",
        "https://ⓢhop.example/hook",
        "https://shop.example/bücher",
        "https://shop.example/a b",
        " https://shop.example/hook",
        "https://shop.example/hook\n",
        "https://shop.example/hook\r\nX-Mark: 1",
        "https://shop.exa\tmple/hook",
        "https://shop.example/\x00",
        "https://shop.example/\x7f",
        f"https://shop.example/{'a' * (2049 - 21)}",
    ],
)
def test_a_url_that_could_be_read_in_two_ways_or_is_not_https_is_refused(
    url: str, resolver: Resolver, dialled: list[tuple[str, int]]
) -> None:
    with pytest.raises(NotPublic):
        check_url(url, allow_private=False)
    with pytest.raises(NotPublic):
        send(url)
    assert resolver.asked == []
    assert dialled == []


def test_a_name_that_leads_nowhere_is_a_failure_of_the_receiver(dialled: list[tuple[str, int]]) -> None:
    answer = send("https://gone.example/hook")
    assert answer.status is None
    assert "gone.example does not resolve" in answer.error
    assert dialled == []


def test_even_the_demo_needs_a_plain_url() -> None:
    check_url("http://127.0.0.1:81/hook", allow_private=True)
    for url in ("ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1:0/", "http://127%2e0.0.1/"):
        with pytest.raises(NotPublic):
            check_url(url, allow_private=True)


def test_body_and_headers_arrive_and_the_answer_is_reported(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("thanks", 202, {"Retry-After": "17"})
    assert local(httpserver.url_for("/hook?a=1")) == Answer(202, "thanks", "", "17")
    request, _ = httpserver.log[0]
    assert (request.method, request.query_string, request.get_data()) == ("POST", b"a=1", b'{"a":1}')
    assert request.headers["X-Mark"] == "1"
    assert request.headers["Host"] == f"localhost:{httpserver.port}"
    assert "Expect" not in request.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_reported_and_not_followed(status: int, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status, {"Location": httpserver.url_for("/other")})
    assert local(httpserver.url_for("/hook")).status == status
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


def test_proxies_of_the_environment_are_not_used(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody)
    httpserver.expect_request("/hook").respond_with_data("")
    assert local(httpserver.url_for("/hook")).status == 200


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path: Path) -> None:
    with peer(says(), certified(tmp_path, HOST).server) as unknown:
        answer = local(unknown.url)
    assert answer.status is None
    assert "certificate" in answer.error
    assert unknown.requests == []


@pytest.mark.parametrize(
    "behaviour",
    [
        silent,
        drips(b"HTTP/1.1 200 O", b"K"),
        drips(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        drips(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "drops of a status line", "header after header", "continue, continue"],
)
def test_whoever_never_answers_is_given_up_in_time(behaviour: Behaviour) -> None:
    with peer(behaviour) as slow:
        answer = local(slow.url, timeout_s=0.3)
    assert "timed out" in answer.error
    assert len(slow.requests) == 1


def test_a_body_that_never_ends_is_given_up_in_time() -> None:
    with peer(drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x")) as slow:
        answer = local(slow.url, timeout_s=0.3)
    assert answer.status == 200
    assert set(answer.head) == {"x"}
    assert "timed out" in answer.error


def test_of_a_huge_body_only_the_beginning_is_read() -> None:
    with peer(drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b"x" * 500, pause_s=0)) as huge:
        assert local(huge.url) == Answer(200, "x" * 2048)


@pytest.mark.parametrize("size", [0, 1, 2047, 2048, 2049, 100_000])
def test_two_kibibytes_of_the_answer_are_kept(size: int) -> None:
    with peer(says(500, b"x" * size)) as talkative:
        assert local(talkative.url) == Answer(500, "x" * min(size, 2048))


def test_an_answer_is_kept_as_text_that_any_database_takes() -> None:
    with peer(says(200, b"a\x00b\x1b[31m\xff\xc3\tc\r\n")) as odd:
        assert local(odd.url).head == "a\ufffdb\ufffd[31m\ufffd\ufffd\tc\r\n"


@pytest.mark.parametrize(
    "behaviour",
    [closes, resets, raw(b"220 smtp.example ESMTP\r\n", close=True), raw(b"HTTP/9 999\r\n\r\n", close=True)],
    ids=["closed", "reset", "not HTTP", "nonsense"],
)
def test_whoever_does_not_speak_http_said_nothing(behaviour: Behaviour) -> None:
    with peer(behaviour) as rude:
        answer = local(rude.url)
    assert answer.status is None
    assert answer.error


def test_where_nobody_listens_the_failure_says_so() -> None:
    answer = local(f"http://127.0.0.1:{free_port()}")
    assert answer.status is None
    assert "connect" in answer.error.lower()
